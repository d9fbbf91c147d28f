"""Which ticket somebody means, by its number or by a button: for customers one of their own."""

from __future__ import annotations

from sqlalchemy import select

from actions.document_numbers import document_number
from actions.errors import refused
from actions.resolving import by_ref
from actions.turn import Turn
from crm_store.models import Ticket


def numbered_ticket(turn: Turn, said: str) -> Ticket:
    """The ticket of this number, if it is there for the asker; raises Refused in the same words for any other."""
    number = document_number(said, "T")
    ticket = turn.session.scalar(select(Ticket).where(Ticket.number == number)) if number is not None else None
    if ticket is None or not is_theirs(turn, ticket):
        response = "utter_no_such_ticket_staff" if turn.actor.is_staff else "utter_no_such_ticket"
        raise refused(response, number=(number or said)[:60])
    return ticket


def referred_ticket(turn: Turn) -> Ticket | None:
    """The ticket a button names."""
    record = by_ref(turn, turn.call.first("ref"), Ticket.kind)
    return record if isinstance(record, Ticket) and is_theirs(turn, record) else None


def is_theirs(turn: Turn, ticket: Ticket) -> bool:
    """Whether the asker may be told about it: a second lock behind the store's own."""
    return turn.actor.is_staff or (turn.contact is not None and ticket.contact_id == turn.contact.id)
