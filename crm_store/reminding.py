"""What reminders depend on: whether a customer was heard from, and the close date some of them hang on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import inspect, or_, select, update
from sqlalchemy.orm import Session, joinedload

from crm_store.models import Activity, ActivityKind, Contact, Deal, Message, Task, Ticket, TicketMessage

_SPOKEN = (ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MEETING)


def was_heard_from(session: Session, task: Task) -> bool:
    """Whether the task's contact, or anybody at its account, was heard from since the task was set.

    A logged call, e-mail or meeting counts, and so does what they wrote to the assistant or in a ticket. False for a
    task that is about nobody.
    """
    since = task.created_at
    if task.contact_id is not None:
        contacts = [task.contact_id]
        about = Activity.contact_id == task.contact_id
    elif task.account_id is not None:
        contacts = list(session.scalars(select(Contact.id).where(Contact.account_id == task.account_id)))
        about = or_(Activity.account_id == task.account_id, Activity.contact_id.in_(contacts))
    else:
        return False
    spoke = select(Activity.id).where(about, Activity.at > since, Activity.activity_kind.in_(_SPOKEN))
    wrote = select(Message.id).where(Message.author.in_([f"contact:{each}" for each in contacts]), Message.at > since)
    reported = select(Ticket.id).where(Ticket.contact_id.in_(contacts), Ticket.created_at > since)
    replied = select(TicketMessage.id).where(TicketMessage.author_contact_id.in_(contacts), TicketMessage.at > since)
    return any(session.scalar(query.limit(1)) is not None for query in (spoke, wrote, reported, replied))


def move_with_close_dates(session: Session, changed: Iterable[object]) -> None:
    """Move the open tasks that hang on a close date as far as it has moved, at the same wall-clock time.

    Called before a flush, with what is about to be written. Derived like a deal's freshness, so not journaled.
    """
    for deal in changed:
        if not isinstance(deal, Deal):
            continue
        history = inspect(deal).attrs.close_date.history
        if not (history.deleted and history.deleted[0] and history.added and history.added[0]):
            continue
        step: timedelta = history.added[0] - history.deleted[0]
        hanging = select(Task).where(Task.deal_id == deal.id, Task.anchor_days.is_not(None), Task.done_at.is_(None))
        for task in session.scalars(hanging.options(joinedload(Task.assignee))).all():
            if task.due_at is not None:
                _move(session, task, step)


def _move(session: Session, task: Task, step: timedelta) -> None:
    due = _later(task.due_at, step, task.assignee.timezone)
    # Below the journal and the permissions: the close date's own change is what was asked for and is kept.
    moved = update(Task.__table__).where(Task.__table__.c.id == task.id)  # type: ignore[arg-type]
    session.connection().execute(
        moved.values(due_at=due, remind_at=due, reminded_at=None, version=Task.__table__.c.version + 1)
    )
    session.expire(task)


def _later(moment: datetime | None, step: timedelta, zone: str) -> datetime | None:
    if moment is None:
        return None
    there = ZoneInfo(zone)
    local = moment.astimezone(there)
    return datetime.combine(local.date() + step, local.time(), there).astimezone(UTC)
