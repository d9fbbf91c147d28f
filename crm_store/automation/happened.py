"""What has happened, as rules see it: occurrences from the journal's changes, from dates that have come, from scores.

An occurrence's ``key`` names what happened to its record; the same rule, record and key is acted upon once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, inspect, select
from sqlalchemy.orm import Session

from crm_store.automation.definition import (
    RecordChanged,
    RecordCreated,
    ScoreCrossed,
    StageEntered,
    TicketEvent,
    TimePassed,
    Trigger,
)
from crm_store.base import Record
from crm_store.insights.churn_alerts import ChurnScores
from crm_store.models import RECORDS, Deal, JournalChange, Stage, StageType, Task, Ticket, TicketStatus
from crm_store.names import name_key
from crm_store.refs import RecordRef

_OVER = (TicketStatus.SOLVED.value, TicketStatus.CLOSED.value)
_OPEN_ONLY: Mapping[str, ColumnElement[bool]] = {
    Deal.kind: Deal.stage_id.in_(select(Stage.id).where(Stage.type == StageType.OPEN)),
    Task.kind: Task.done_at.is_(None),
    Ticket.kind: Ticket.status.not_in((TicketStatus.SOLVED, TicketStatus.CLOSED)),
}
_OF_THE_PAST = frozenset({"closed_at", "done_at", "solved_at"})
MOST = 1_000
"""So many occurrences are found at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that happened to a record. ``chain`` are the rules whose changes led to it."""

    ref: RecordRef
    key: str
    at: datetime
    chain: tuple[int, ...] = ()


class StageNames:
    """Which stages a rule means."""

    def __init__(self, session: Session) -> None:
        self._stages: Sequence[Stage] = session.scalars(select(Stage)).all()

    def ids(self, said: str) -> frozenset[int]:
        """The stages of that type ("won"), else those called so in whichever pipeline."""
        key = name_key(said)
        typed = frozenset(stage.id for stage in self._stages if stage.type.value == key)
        return typed or frozenset(stage.id for stage in self._stages if name_key(stage.name) == key)


def is_about(trigger: Trigger, change: JournalChange, stages: StageNames) -> bool:
    """Whether a change in the journal is what the rule waits for."""
    if change.record_kind != trigger.record:
        return False
    created, after = change.operation == "create", change.after
    match trigger:
        case RecordCreated():
            return created
        case RecordChanged():
            return not created and (trigger.field is None or _column(trigger.record, trigger.field) in after)
        case StageEntered():
            return after.get("stage_id") in stages.ids(trigger.stage)
        case TicketEvent():
            return _became(trigger.what, change)
        case _:
            return False


def _became(what: str, change: JournalChange) -> bool:
    status, before = change.after.get("status"), change.before.get("status")
    match what:
        case "opened":
            return change.operation == "create"
        case "answered":
            return change.operation != "create" and change.after.get("first_response_at") is not None
        case "reopened":
            return before in _OVER and status not in {*_OVER, None}
        case _:
            return bool(status == what)


def _column(kind: str, field: str) -> str:
    """The column the journal knows a field by: "owner" is kept as "owner_id"."""
    mapper = inspect(RECORDS[kind])
    return field if field in mapper.column_attrs else f"{field}_id"


def times_come(
    session: Session, trigger: TimePassed, *, since: datetime, until: datetime, zone: ZoneInfo
) -> Iterator[Occurrence]:
    """Records whose date has come in between, the earliest first, MOST at most.

    Days begin by the company's clock. Deals, tasks and tickets count while they are open, unless the date is the one
    of their end.
    """
    cls = RECORDS[trigger.record]
    column: Any = inspect(cls).column_attrs[trigger.field].class_attribute
    shift = timedelta(days=trigger.days)
    of_days = isinstance(column.type, Date)
    low: Any = since.astimezone(zone).date() - shift if of_days else since - shift
    high: Any = until.astimezone(zone).date() - shift if of_days else until - shift
    query = select(cls).where(column >= low, column <= high)
    if trigger.field not in _OF_THE_PAST and cls.kind in _OPEN_ONLY:
        query = query.where(_OPEN_ONLY[cls.kind])
    record: Record
    for record in session.scalars(query.order_by(column, cls.id).limit(MOST)):
        value = getattr(record, trigger.field)
        at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=zone)
        yield Occurrence(ref=record.ref, key=f"{trigger.field}:{value.isoformat()}:{trigger.days}", at=at + shift)


def risks_crossed(
    session: Session, trigger: ScoreCrossed, churn: ChurnScores, *, now: datetime
) -> Iterator[Occurrence]:
    """Customers whose risk is that high at ``now``; the news behind it is the occurrence."""
    for risk in churn.risks(session, now=now):
        if risk.score >= trigger.above:
            yield Occurrence(ref=RecordRef("account", risk.account_id), key=f"churn:{risk.news}", at=now)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The company's day of a moment."""
    return moment.astimezone(zone).date()
