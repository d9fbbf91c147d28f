"""Which ticket an agent means: the one they name, the thread's, the one they are talking with, or the last one."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import or_, select

from actions.desk.promises import next_due
from actions.document_numbers import document_number
from actions.errors import Missing, refused
from actions.resolving import by_ref
from actions.turn import Turn
from crm_store.models import Handover, Ticket, TicketStatus

_CHOICES = 6
_LAST = datetime.max.replace(tzinfo=UTC)


def ticket_meant(turn: Turn) -> Ticket:
    """The ticket; raises Refused for a number there is none of, or Missing when nothing says which.

    A merged ticket stands for the one it was merged into, unless it is named by its number.
    """
    said = turn.call.first("ticket_number")
    if said is not None:
        return named_ticket(turn, said)
    referenced = by_ref(turn, turn.call.first("ref"), Ticket.kind)
    if isinstance(referenced, Ticket):
        return followed(turn, referenced)
    here = ticket_here(turn)
    if here is not None:
        return followed(turn, here)
    mine = turn.session.scalars(
        select(Ticket)
        .join(Handover, Handover.ticket_id == Ticket.id)
        .where(Handover.ended_at.is_(None), Ticket.assignee_id == turn.actor.id)
        .order_by(Handover.last_message_at.desc())
        .limit(_CHOICES)
    ).all()
    choices = tuple((f"{each.number} {each.subject}"[:70], each.number) for each in mine)
    raise Missing("ticket_number", "utter_ask_which_ticket", choices, free_text=True)


def next_in_queue(turn: Turn, *, oldest: bool = False) -> Ticket:
    """The open ticket nobody has taken whose promise is due first, else the oldest; raises Refused when there is none.

    ``oldest``: the one that was opened first, whatever has been promised.

    Those given to the agent who asks, or to nobody: what is another's is not theirs to take.
    """
    waiting = turn.session.scalars(
        select(Ticket).where(
            Ticket.status == TicketStatus.OPEN,
            Ticket.taken_at.is_(None),
            or_(Ticket.assignee_id == turn.actor.id, Ticket.assignee_id.is_(None)),
        )
    ).all()
    if not waiting:
        raise refused("utter_ticket_queue_empty")
    if oldest:
        return min(waiting, key=lambda each: (each.created_at, each.id))
    return min(waiting, key=lambda each: (next_due(each) or _LAST, each.created_at, each.id))


def ticket_here(turn: Turn) -> Ticket | None:
    """The ticket this conversation is about: a thread's own, else the one talked about last.

    Else that of the only customer the agent is talking with here.
    """
    handover = turn.session.scalar(
        select(Handover).where(Handover.thread_id == turn.conversation.id).order_by(Handover.id.desc()).limit(1)
    )
    if handover is not None:
        return turn.session.get(Ticket, handover.ticket_id)
    focused = turn.focused_id(Ticket.kind)
    last = turn.last_focus()
    if focused is not None and last is not None and last.kind == Ticket.kind:
        return turn.session.get(Ticket, focused)
    talking = turn.session.scalars(
        select(Handover)
        .where(Handover.agent_conversation_id == turn.conversation.id, Handover.ended_at.is_(None))
        .limit(2)
    ).all()
    return turn.session.get(Ticket, talking[0].ticket_id) if len(talking) == 1 else None


def named_ticket(turn: Turn, said: str) -> Ticket:
    """The ticket of a number; raises Refused."""
    number = document_number(said, "T")
    ticket = turn.session.scalar(select(Ticket).where(Ticket.number == number)) if number is not None else None
    if ticket is None:
        raise refused("utter_no_such_ticket_staff", number=(number or said)[:60])
    return ticket


def followed(turn: Turn, ticket: Ticket) -> Ticket:
    """The ticket that goes on in this one's place."""
    for _ in range(10):
        if ticket.merged_into_id is None:
            break
        into = turn.session.get(Ticket, ticket.merged_into_id)
        if into is None:
            break
        ticket = into
    return ticket
