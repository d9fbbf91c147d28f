"""Putting requests on record as tickets, for people who may see their tickets and for visitors who may not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, true

from actions.desk.assigning import choose_agent, offer_to
from actions.desk.desk import desk_of
from actions.desk.events import note_event, note_return
from actions.desk.handing_over import tell_agent
from actions.desk.promises import start_promises
from actions.excerpts import shorten
from actions.turn import Turn
from crm_store.models import (
    Account,
    Contact,
    SupportEventKind,
    Ticket,
    TicketMessage,
    TicketPriority,
    TicketStatus,
)

MAX_SUBJECT = 120
HANDOVER = "handover"
"""The category of a ticket that is a wish for a person."""
STILL_OPEN = frozenset({TicketStatus.OPEN, TicketStatus.WAITING})


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket as much as anybody who talked in its conversation may know it."""

    id: int
    number: str


def open_ticket_for(
    turn: Turn,
    *,
    subject: str,
    words: str,
    category: str,
    priority: TicketPriority,
    contact: Contact | None,
    account: Account | None = None,
) -> Ticket:
    """Write a new ticket of this conversation, with ``words`` as its first message.

    Its promises run from now on, and it is offered to an agent, who is told unless the hand-over itself tells them.
    """
    account_id = account.id if account is not None else contact.account_id if contact is not None else None
    ticket = Ticket(
        subject=shorten(" ".join(subject.split()), MAX_SUBJECT),
        category=category,
        priority=priority,
        contact_id=contact.id if contact is not None else None,
        account_id=account_id,
        conversation_id=turn.conversation.id,
        created_at=turn.uow.now,
    )
    desk = desk_of(turn)
    start_promises(desk, ticket)
    turn.uow.add(ticket)
    note_event(desk, SupportEventKind.OPENED, "", ticket=ticket, category=category, priority=priority.value)
    note_return(desk, conversation_id=turn.conversation.id, ticket=ticket)
    agent = choose_agent(desk, category)
    if agent is not None:
        offer_to(desk, ticket, agent, how=desk.policy.assignment)
        if category != HANDOVER:
            tell_agent(desk, ticket, "assigned", "")
    add_message(turn, ticket.id, words)
    if turn.actor.is_staff or turn.contact is not None:
        turn.focus_on(ticket)
    return ticket


def add_message(turn: Turn, ticket_id: int, text: str, *, internal: bool = False) -> None:
    """Add a message by the asker to a ticket."""
    turn.session.add(
        TicketMessage(
            ticket_id=ticket_id,
            author_user_id=turn.user.id if turn.user is not None else None,
            author_contact_id=turn.contact.id if turn.contact is not None else None,
            internal=internal,
            text=text,
            at=turn.uow.now,
        )
    )


def still_open_here(turn: Turn, categories: Collection[str] | None) -> OpenTicket | None:
    """The latest open ticket of these categories (None: of any) that this person opened in this conversation.

    Read below the store's filters, since a visitor sees no tickets: only the number of what they opened themselves.
    """
    tickets = Ticket.__table__.c
    turn.uow.flush()
    row = (
        turn.session.connection()
        .execute(
            select(tickets.id, tickets.number)
            .where(
                tickets.conversation_id == turn.conversation.id,
                tickets.contact_id == (turn.contact.id if turn.contact is not None else None),
                tickets.category.in_(categories) if categories is not None else true(),
                tickets.status.in_(STILL_OPEN),
                tickets.deleted_at.is_(None),
            )
            .order_by(tickets.id.desc())
            .limit(1)
        )
        .first()
    )
    return OpenTicket(row.id, row.number) if row is not None else None
