"""Reminders that are due become notices, one per occurrence.

The notice's key is the occurrence, so a second tick, a second process or a clock set back cannot write it again. In the
same transaction the reminder moves to its next time, or is marked as having reminded.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, Select, bindparam, exists, select, update
from sqlalchemy.orm import Session

from bot.turn import OnStep
from crm_store.inserting import insert_new
from crm_store.models import Notice, NoticeKind, NoticeStatus, Task, User
from crm_store.refs import RecordRef
from crm_store.reminding import was_heard_from
from crm_store.store import Store
from crm_store.types import Moment
from nlu.values import Reading, Recurrence, UnreadableValue, read_recurrence

BATCH = 1_000
_SEVERITY = 2


class DueReminder(NamedTuple):
    """A row of what is due; ``zone`` is the assignee's."""

    task_id: int
    user_id: int
    remind_at: datetime
    recurrence: str | None
    unless_answered: bool
    zone: str


def claim_due_reminders(
    store: Store,
    *,
    now: datetime,
    company_zone: str,
    limit: int = BATCH,
    on_step: OnStep = lambda _step: None,
) -> int:
    """Write the notices of up to ``limit`` reminders due by ``now``, the earliest first; how many were due.

    Of a repeating reminder that was missed several times only the first missed one is written. Rows another process is
    claiming are left to it. Raises DatabaseUnavailable; then nothing was claimed.
    """
    with store.unit_of_work(now=now, read_only=True) as uow:
        if not uow.session.scalar(select(reminders_wait(now))):
            return 0
    with store.unit_of_work(now=now) as uow:
        due = [
            DueReminder(task_id, user_id, remind_at, recurrence, unless_answered, zone)
            for task_id, user_id, remind_at, recurrence, unless_answered, zone in uow.session.execute(_due(now, limit))
            if remind_at is not None
        ]
        answered = {row.task_id for row in due if row.unless_answered and _settle_if_answered(uow.session, row, now)}
        insert_new(uow.session, Notice, [_notice(row, now) for row in due if row.task_id not in answered])
        _move_on(uow.session, due, now, company_zone)
        on_step("reminders_claimed")
        uow.commit()
    on_step("claims_committed")
    return len(due)


def reminders_wait(now: Moment) -> ColumnElement[bool]:
    """Whether any reminder is due."""
    return exists().where(*_is_due(now), Task.deleted_at.is_(None))


def _is_due(now: Moment) -> tuple[ColumnElement[bool], ...]:
    return Task.remind_at <= now, Task.reminded_at.is_(None), Task.done_at.is_(None)


def _due(now: datetime, limit: int) -> Select[int, int, datetime | None, str | None, bool, str]:
    return (
        select(Task.id, Task.assignee_id, Task.remind_at, Task.recurrence, Task.unless_answered, User.timezone)
        .join(User, User.id == Task.assignee_id)
        .where(*_is_due(now))
        .order_by(Task.remind_at, Task.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Task)
    )


def _settle_if_answered(session: Session, row: DueReminder, now: datetime) -> bool:
    """ "If Globex hasn't answered by then": they have, so the task is done and nobody is reminded."""
    task = session.get_one(Task, row.task_id)
    if not was_heard_from(session, task):
        return False
    task.done_at = now
    session.flush()
    return True


def _notice(row: DueReminder, now: datetime) -> dict[str, Any]:
    occurrence = row.remind_at.astimezone(UTC).isoformat()
    return {
        "key": f"reminder:{row.task_id}:{occurrence}",
        "user_id": row.user_id,
        "kind": NoticeKind.REMINDER,
        "topic": "",
        "severity": _SEVERITY,
        "ref": str(RecordRef(Task.kind, row.task_id)),
        "data": {},
        "due_at": row.remind_at,
        "say_at": row.remind_at,
        "status": NoticeStatus.WAITING,
        "created_at": now,
        "failed_on": [],
    }


def _move_on(session: Session, due: list[DueReminder], now: datetime, company_zone: str) -> None:
    """The reminder's own bookkeeping. It is not journaled: the notice says what became of each occurrence."""
    moves = []
    for row in due:
        following = _next_time(row, now, company_zone)
        # A repeating task stays due since the time that was missed; only the reminder moves.
        moves.append(
            {
                "task_id": row.task_id,
                "next": following if following is not None else row.remind_at,
                "reminded": None if following is not None else now,
            }
        )
    table = Task.__table__
    if moves:
        statement = update(table).where(table.c.id == bindparam("task_id"))  # type: ignore[arg-type]
        values = {"remind_at": bindparam("next"), "reminded_at": bindparam("reminded"), "version": table.c.version + 1}
        session.connection().execute(statement.values(**values), moves)


def _next_time(row: DueReminder, now: datetime, company_zone: str) -> datetime | None:
    if row.recurrence is None:
        return None
    recurrence = stored_recurrence(row.recurrence, row.zone, company_zone)
    return recurrence.next_after(now) if recurrence is not None else None


@lru_cache(maxsize=4_096)
def stored_recurrence(canonical: str, zone: str, company_zone: str) -> Recurrence | None:
    """A repetition as the table keeps it, in its person's zone; None when it cannot be read.

    What something wrote that does not know our rules reminds once, rather than failing the tick for everybody.
    """
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        there = ZoneInfo(company_zone)
    try:
        # Canonical text says everything itself, so the moment of reading does not matter.
        return read_recurrence(canonical, Reading(now=datetime(2000, 1, 1, tzinfo=UTC), zone=there))
    except UnreadableValue:
        return None
