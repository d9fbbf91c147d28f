"""A ticket's promises: started when it opens, kept by answering, paused while it waits for the customer.

All of it is counted in business time. The ticket's own columns hold the running promises, so that what is about to
break is one indexed query.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from actions.desk.desk import Desk
from actions.desk.events import RETURN_WITHIN, note_event
from actions.desk.policy import Promise
from crm_store.models import (
    SolvedHow,
    SupportEvent,
    SupportEventKind,
    Ticket,
    TicketMessage,
    TicketPriority,
    TicketStatus,
    User,
)

OVER = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})
_NOTHING = Promise(first_response=None, next_response=None, resolution=None)


def promise_of(desk: Desk, priority: TicketPriority) -> Promise:
    """What is promised for a priority."""
    return desk.policy.promises.get(priority, _NOTHING)


def next_due(ticket: Ticket) -> datetime | None:
    """When the next of the running promises is due; None when none runs."""
    running = (ticket.first_response_due_at, ticket.next_response_due_at, ticket.resolution_due_at)
    return min((each for each in running if each is not None), default=None)


def start_promises(desk: Desk, ticket: Ticket) -> None:
    """A new ticket: its first answer and its solution are promised from now on."""
    promise = promise_of(desk, ticket.priority)
    ticket.first_response_due_at = _in_minutes(desk, promise.first_response)
    ticket.resolution_due_at = _in_minutes(desk, promise.resolution)


def agent_answered(desk: Desk, ticket: Ticket, agent: User, *, handover: bool) -> None:
    """A colleague has written to the customer, whose move it is now. To be called before the message is added.

    ``handover``: the customer was waiting for a person then.
    """
    if ticket.first_response_at is None:
        kept = None if ticket.first_response_due_at is None else desk.now <= ticket.first_response_due_at
        minutes = desk.time.minutes_between(ticket.created_at, desk.now)
        note_event(
            desk,
            SupportEventKind.FIRST_RESPONSE,
            "",
            ticket=ticket,
            user_id=agent.id,
            minutes=minutes,
            kept=kept,
            handover=handover,
            wall_seconds=int((desk.now - ticket.created_at).total_seconds()),
        )
        ticket.first_response_at = desk.now
    else:
        asked_at = _unanswered_since(desk, ticket)
        if asked_at is not None:
            kept = None if ticket.next_response_due_at is None else desk.now <= ticket.next_response_due_at
            minutes = desk.time.minutes_between(asked_at, desk.now)
            occurrence = asked_at.isoformat()
            event = SupportEventKind.RESPONSE
            note_event(desk, event, occurrence, ticket=ticket, user_id=agent.id, minutes=minutes, kept=kept)
    ticket.first_response_due_at = ticket.next_response_due_at = None
    wait_for_customer(desk, ticket)


def wait_for_customer(desk: Desk, ticket: Ticket) -> None:
    """It is the customer's move: the promise to solve it is paused."""
    if ticket.status in OVER:
        return
    if ticket.resolution_due_at is not None:
        ticket.resolution_left = desk.time.minutes_between(desk.now, ticket.resolution_due_at)
        ticket.resolution_due_at = None
    ticket.status = TicketStatus.WAITING
    ticket.waiting_since = desk.now


def customer_wrote(desk: Desk, ticket: Ticket) -> None:
    """The customer has written: promises go on, the next answer is promised. Reopens a solved ticket."""
    if ticket.status in OVER:
        reopen(desk, ticket, by="customer")
        return
    _go_on(desk, ticket)
    if ticket.first_response_at is not None and ticket.next_response_due_at is None:
        ticket.next_response_due_at = _in_minutes(desk, promise_of(desk, ticket.priority).next_response)


def may_reopen(desk: Desk, ticket: Ticket) -> bool:
    """Whether the customer can still come back to a solved ticket."""
    return ticket.solved_how is not SolvedHow.MERGED and (
        ticket.solved_at is None or desk.now - ticket.solved_at <= desk.policy.reopen_within
    )


def reopen(desk: Desk, ticket: Ticket, *, by: str) -> None:
    """Open a solved or closed ticket again ("customer" or "agent" did); its promises go on where they stopped."""
    solved_at = ticket.solved_at or desk.now
    ticket.status = TicketStatus.OPEN
    ticket.solved_at, ticket.solved_how, ticket.merged_into_id = None, None, None
    if ticket.resolution_left is None:
        ticket.resolution_left = promise_of(desk, ticket.priority).resolution
    _go_on(desk, ticket)
    if by == "customer":
        ticket.next_response_due_at = _in_minutes(desk, promise_of(desk, ticket.priority).next_response)
    hours = round((desk.now - solved_at).total_seconds() / 3600, 1)
    occurrence = desk.now.isoformat()
    note_event(desk, SupportEventKind.REOPENED, occurrence, ticket=ticket, by=by, hours=hours)
    if by == "customer" and desk.now - solved_at <= RETURN_WITHIN:
        note_event(desk, SupportEventKind.RETURNED, occurrence, ticket=ticket, after="solved", hours=hours)


def end_ticket(desk: Desk, ticket: Ticket, *, how: SolvedHow, status: TicketStatus, user_id: int | None = None) -> None:
    """Solve or close a ticket; what was promised is judged. One that was solved already is only closed."""
    if ticket.status not in OVER:
        minutes, kept = _time_to_solve(desk, ticket)
        occurrence = desk.now.isoformat()
        ticket.solved_at, ticket.solved_how = desk.now, how
        event = SupportEventKind.SOLVED
        note_event(desk, event, occurrence, ticket=ticket, user_id=user_id, how=how.value, minutes=minutes, kept=kept)
        if ticket.resolution_due_at is not None:
            ticket.resolution_left = desk.time.minutes_between(desk.now, ticket.resolution_due_at)
        ticket.first_response_due_at = ticket.next_response_due_at = ticket.resolution_due_at = None
        ticket.waiting_since = None
    if status is TicketStatus.CLOSED:
        note_event(desk, SupportEventKind.CLOSED, desk.now.isoformat(), ticket=ticket, user_id=user_id, how=how.value)
    ticket.status = status


def change_priority(desk: Desk, ticket: Ticket, priority: TicketPriority) -> None:
    """Another priority promises another time, counted from when the old promise began; never from before now."""
    old, new = promise_of(desk, ticket.priority), promise_of(desk, priority)
    ticket.priority = priority
    if ticket.status in OVER:
        return
    if ticket.first_response_at is None:
        ticket.first_response_due_at = _moved(
            desk, ticket.first_response_due_at, old.first_response, new.first_response
        )
    elif ticket.next_response_due_at is not None:
        ticket.next_response_due_at = _moved(desk, ticket.next_response_due_at, old.next_response, new.next_response)
    if ticket.waiting_since is not None:
        if new.resolution is None or old.resolution is None or ticket.resolution_left is None:
            ticket.resolution_left = new.resolution
        else:
            ticket.resolution_left = max(0, ticket.resolution_left + new.resolution - old.resolution)
    else:
        ticket.resolution_due_at = _moved(desk, ticket.resolution_due_at, old.resolution, new.resolution)


def _go_on(desk: Desk, ticket: Ticket) -> None:
    if ticket.resolution_left is not None:
        ticket.resolution_due_at = _in_minutes(desk, ticket.resolution_left)
        ticket.resolution_left = None
    ticket.status = TicketStatus.OPEN
    ticket.waiting_since = None


def _in_minutes(desk: Desk, minutes: int | None) -> datetime | None:
    return None if minutes is None else desk.time.add(desk.now, timedelta(minutes=minutes))


def _moved(desk: Desk, due: datetime | None, old: int | None, new: int | None) -> datetime | None:
    if new is None:
        return None
    if due is None or old is None:
        return _in_minutes(desk, new)
    left = desk.time.minutes_between(desk.now, due) - desk.time.minutes_between(due, desk.now)
    return _in_minutes(desk, max(0, left + new - old))


def _time_to_solve(desk: Desk, ticket: Ticket) -> tuple[int, bool | None]:
    """Business minutes it took, without those that waited for the customer, and whether that was promised."""
    promised = promise_of(desk, ticket.priority).resolution
    if promised is None or (ticket.resolution_due_at is None and ticket.resolution_left is None):
        return desk.time.minutes_between(ticket.created_at, desk.now), None
    if ticket.resolution_due_at is None:
        return promised - (ticket.resolution_left or 0), not _was_broken(desk, ticket)
    due = ticket.resolution_due_at
    over = desk.time.minutes_between(due, desk.now)
    return promised - desk.time.minutes_between(desk.now, due) + over, desk.now <= due


def _was_broken(desk: Desk, ticket: Ticket) -> bool:
    key = f"{SupportEventKind.SLA_BROKEN.value}:t{ticket.id}:resolution"
    return desk.session.scalar(select(SupportEvent.id).where(SupportEvent.key == key)) is not None


def _unanswered_since(desk: Desk, ticket: Ticket) -> datetime | None:
    """When the customer wrote first after the last answer; None when they have not written since."""
    messages = TicketMessage.__table__.c
    desk.session.flush()
    connection = desk.session.connection()
    open_to_all = (messages.ticket_id == ticket.id, messages.internal.is_(False))
    last = connection.scalar(select(func.max(messages.id)).where(*open_to_all, messages.author_user_id.is_not(None)))
    found: datetime | None = connection.scalar(
        select(func.min(messages.at)).where(
            *open_to_all, messages.author_user_id.is_(None), messages.id > (last if last is not None else 0)
        )
    )
    return found
