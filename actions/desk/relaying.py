"""What travels between a customer and the colleague who has their ticket."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.desk.desk import Desk
from actions.desk.events import note_event
from actions.desk.handing_over import begin_handover, open_handover, post_to_desk
from actions.desk.promises import agent_answered, customer_wrote
from actions.desk.summary import who_it_is
from actions.reply import Part, Reply, Text
from crm_store.models import (
    ChannelIdentity,
    Handover,
    HandoverReason,
    Inbox,
    SupportEventKind,
    Ticket,
    TicketMessage,
    User,
)

TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class CustomerPlace:
    """Where a ticket's customer can be written to, and who they are there."""

    conversation_id: int
    identity_id: int


def customer_place(session: Session, ticket: Ticket) -> CustomerPlace | None:
    """Where an answer to a ticket reaches its customer, and surely nobody else; None when there is no such place.

    That is the conversation the ticket was opened in, as long as whoever speaks there is still that customer (or the
    same unknown visitor); else another conversation of that customer. Never one of a colleague.
    """
    if ticket.conversation_id is not None:
        place = _place_in(session, ticket.conversation_id, ticket)
        if place is not None:
            return place
    if ticket.contact_id is None:
        return None
    others = session.scalars(
        select(Inbox.conversation_id)
        .join(ChannelIdentity, ChannelIdentity.id == Inbox.identity_id)
        .where(ChannelIdentity.contact_id == ticket.contact_id, ChannelIdentity.channel != TERMINAL)
        .group_by(Inbox.conversation_id)
        .order_by(Inbox.conversation_id.desc())
        .limit(5)
    ).all()
    return next((place for each in others if (place := _place_in(session, each, ticket)) is not None), None)


def _place_in(session: Session, conversation_id: int, ticket: Ticket) -> CustomerPlace | None:
    identities = session.scalars(
        select(ChannelIdentity)
        .join(Inbox, Inbox.identity_id == ChannelIdentity.id)
        .where(Inbox.conversation_id == conversation_id)
        .order_by(Inbox.id.desc())
        .limit(50)
    ).all()
    if not identities:
        return None
    last = identities[0]
    theirs = ticket.contact_id is None or last.contact_id == ticket.contact_id
    alone = all(each.id == last.id for each in identities)
    if last.user_id is not None or last.unreachable_since is not None or not theirs or not alone:
        return None
    return CustomerPlace(conversation_id, last.id)


def customer_said(
    desk: Desk, handover: Handover, text: str, *, occurrence: str, parts: list[Part] | None = None
) -> None:
    """A customer whose conversation is in the hands of people has written: it joins the ticket and reaches them."""
    ticket = handover.ticket
    customer_wrote(desk, ticket)
    desk.session.add(TicketMessage(ticket_id=ticket.id, author_contact_id=ticket.contact_id, text=text, at=desk.now))
    handover.waiting_since = handover.waiting_since or desk.now
    handover.last_message_at = desk.now
    said = Text(desk.words.say("utter_desk_customer_said", who=who_it_is(desk, ticket), text=text))
    reply = Reply(parts=[said, *(parts or [])])
    post_to_desk(desk, handover, reply, key=f"desk:said:{occurrence}")


def agent_said(
    desk: Desk,
    ticket: Ticket,
    agent: User,
    text: str,
    place: CustomerPlace,
    *,
    occurrence: str,
    said_in: int,
    in_thread: bool,
) -> Handover:
    """A colleague's words go to the customer; from now on the bot is silent there. ``said_in`` is where they wrote.

    To be called by the ticket's owner only. ``occurrence`` makes sure that it is said once.
    """
    handover = open_handover(desk.session, place.conversation_id)
    if handover is None:
        own = None if in_thread else said_in
        handover = begin_handover(
            desk,
            ticket,
            conversation_id=place.conversation_id,
            identity_id=place.identity_id,
            reason=HandoverReason.AGENT,
            agent_conversation_id=own,
        )
    if handover.answered_at is None:
        note_event(
            desk,
            SupportEventKind.TAKEN,
            str(handover.id),
            ticket=ticket,
            conversation_id=handover.conversation_id,
            user_id=agent.id,
            minutes=desk.time.minutes_between(handover.started_at, desk.now),
        )
        handover.answered_at = desk.now
    if not in_thread:
        handover.agent_conversation_id = said_in
    agent_answered(desk, ticket, agent, handover=handover.reason is not HandoverReason.AGENT)
    desk.session.add(TicketMessage(ticket_id=ticket.id, author_user_id=agent.id, text=text, at=desk.now))
    handover.waiting_since = None
    handover.last_message_at = desk.now
    desk.session.flush()
    response = "utter_agent_reply"
    shown = desk.words.say(response, agent=agent.name.split()[0], company=desk.company.name, text=text)
    reply = Reply(parts=[Text(shown)])
    key = f"desk:reply:{occurrence}:{ticket.id}"
    desk.post(place.conversation_id, reply, key=key, author=f"{User.kind}:{agent.id}", identity_id=place.identity_id)
    copied = desk.words.say("utter_desk_agent_said", agent=agent.name, text=text)
    post_to_desk(desk, handover, Reply(parts=[Text(copied)]), key=f"desk:copy:{occurrence}", but=said_in)
    return handover
