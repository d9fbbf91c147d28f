"""What an agent changes on a ticket: tags, priority, category, merging."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.desk.desk import Desk
from actions.desk.ending import finish_ticket
from actions.desk.events import note_event
from actions.desk.handing_over import open_handover_of
from actions.errors import refused
from crm_store.models import SolvedHow, SupportEventKind, Ticket, TicketMessage, TicketStatus, User

MOST_TAGS, MAX_TAG = 20, 30
_MESSAGES = 50


def add_tags(ticket: Ticket, said: str) -> None:
    """Add tags, words with commas or "and" between; raises Refused when there would be too many."""
    tags = sorted({*tags_of(ticket), *_read_tags(said)})
    if len(tags) > MOST_TAGS:
        raise refused("utter_too_many_tags", n=str(MOST_TAGS))
    ticket.tags = ",".join(tags)


def remove_tags(ticket: Ticket, said: str) -> None:
    """Take tags off; those it has not are no matter."""
    gone = set(_read_tags(said))
    ticket.tags = ",".join(tag for tag in tags_of(ticket) if tag not in gone)


def tags_of(ticket: Ticket) -> list[str]:
    """A ticket's tags in alphabetical order."""
    return [tag for tag in (ticket.tags or "").split(",") if tag]


def merge(desk: Desk, ticket: Ticket, into: Ticket, agent: User) -> None:
    """End ``ticket`` as a part of ``into``, where its messages are noted for colleagues; raises Refused.

    Two customers' tickets are never merged: what one wrote must not be shown to the other.
    """
    if ticket.id == into.id:
        raise refused("utter_merge_itself", ticket=ticket.number)
    if into.merged_into_id is not None or into.status is TicketStatus.CLOSED:
        raise refused("utter_merge_closed", ticket=into.number)
    if None not in {ticket.contact_id, into.contact_id} and ticket.contact_id != into.contact_id:
        raise refused("utter_merge_two_customers", ticket=ticket.number, into=into.number)
    handover = open_handover_of(desk.session, ticket.id)
    if handover is not None and open_handover_of(desk.session, into.id) is None:
        # The talk goes on, about the other ticket.
        handover.ticket_id = into.id
        desk.session.flush()
        desk.session.expire(handover, ["ticket"])
        if into.assignee_id is None:
            into.assignee_id, into.taken_at = ticket.assignee_id, ticket.taken_at
    messages = desk.session.scalars(
        select(TicketMessage).where(TicketMessage.ticket_id == ticket.id).order_by(TicketMessage.id).limit(_MESSAGES)
    ).all()
    lines = "\n".join(f"{message.text}" for message in messages)
    note = desk.words.say("utter_note_merged_from", ticket=ticket.number, subject=ticket.subject, text=lines)
    _note(desk, into, agent, note)
    _note(desk, ticket, agent, desk.words.say("utter_note_merged_into", ticket=into.number))
    finish_ticket(desk, ticket, how=SolvedHow.MERGED, status=TicketStatus.CLOSED, user_id=agent.id)
    ticket.merged_into_id = into.id
    occurrence = desk.now.isoformat()
    note_event(desk, SupportEventKind.MERGED, occurrence, ticket=ticket, user_id=agent.id, into=into.id)


def _note(desk: Desk, ticket: Ticket, agent: User, text: str) -> None:
    desk.session.add(TicketMessage(ticket_id=ticket.id, author_user_id=agent.id, internal=True, text=text, at=desk.now))


def _read_tags(said: str) -> list[str]:
    words = re.split(r"\s*(?:,|;|\band\b|\s)\s*", said.casefold())
    return [word[:MAX_TAG] for word in words if word]
