"""What a rule would have done: its occurrences in a period of the past, judged by what was known then.

Changes come from the journal and from the stage history; the values conditions ask for are taken back to what they
were as far as the journal reaches. Only records its asker may see are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.automation.definition import (
    Condition,
    RecordCreated,
    RuleDefinition,
    ScoreCrossed,
    StageEntered,
    TicketEvent,
    TimePassed,
    Trigger,
)
from crm_store.automation.fields import compare, value_of
from crm_store.automation.happened import Occurrence, StageNames, day_of, is_about, risks_crossed, times_come
from crm_store.base import Record
from crm_store.insights.churn_alerts import ChurnScores, RecencyScores
from crm_store.models import RECORDS, Deal, JournalChange, JournalEntry, StageChange, Ticket
from crm_store.money import Money
from crm_store.rates import Rates
from crm_store.refs import RecordRef
from crm_store.values import JsonValue

DEFAULT_CHURN: ChurnScores = RecencyScores()


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldHave:
    """One time the rule would have acted."""

    at: datetime
    record: Record


def would_have_fired(
    session: Session, rule: RuleDefinition, *, since: datetime, until: datetime, rates: Rates, zone: ZoneInfo
) -> list[WouldHave]:
    """Every time ``rule`` would have acted in [since, until), the earliest first; ``zone`` is the company's."""
    found = []
    for occurrence in sorted(_occurrences(session, rule.when, since, until, zone), key=lambda each: each.at):
        record = session.get(RECORDS[occurrence.ref.kind], occurrence.ref.id)
        if record is None:
            continue
        # A deal that is closed now was open then: what the journal does not know stays as it is.
        then = _values_at(session, record, occurrence.at)
        if holds(record, rule.conditions, rates=rates, now=occurrence.at, zone=zone, overrides=then):
            found.append(WouldHave(at=occurrence.at, record=record))
    return found


def holds(
    record: Record,
    conditions: tuple[Condition, ...],
    *,
    rates: Rates,
    now: datetime,
    zone: ZoneInfo,
    overrides: dict[str, JsonValue] | None = None,
) -> bool:
    """Whether all conditions hold for a record; amounts are compared in the company's currency at ``now``'s rate."""
    today = day_of(now, zone)
    return all(
        compare(_value(record, condition.field, overrides), condition.op, condition.value, rates=rates, today=today)
        for condition in conditions
    )


def _value(record: Record, path: str, overrides: dict[str, JsonValue] | None) -> object:
    found = value_of(record, path, overrides)
    if path == "amount" and isinstance(record, Deal) and found is not None:
        return Money(found, value_of(record, "currency", overrides))
    return found


def _values_at(session: Session, record: Record, at: datetime) -> dict[str, JsonValue]:
    """The fields that were something else at ``at``: each later change taken back, the latest first."""
    later = (
        select(JournalChange)
        .join(JournalEntry, JournalEntry.id == JournalChange.entry_id)
        .where(
            JournalChange.record_kind == record.kind,
            JournalChange.record_id == record.id,
            JournalChange.operation == "update",
            JournalEntry.at > at,
        )
        .order_by(JournalChange.id.desc())
    )
    values: dict[str, JsonValue] = {}
    for change in session.scalars(later):
        values |= change.before
    return values


def _occurrences(
    session: Session, trigger: Trigger, since: datetime, until: datetime, zone: ZoneInfo
) -> Iterator[Occurrence]:
    match trigger:
        case StageEntered():
            yield from _stages_entered(session, trigger, since, until)
        case TimePassed():
            yield from times_come(session, trigger, since=since, until=until - timedelta(microseconds=1), zone=zone)
        case ScoreCrossed():
            yield from _risks(session, trigger, since, until)
        case RecordCreated():
            yield from _created(session, RECORDS[trigger.record], since, until)
        case TicketEvent(what="opened"):
            yield from _created(session, Ticket, since, until)
        case TicketEvent(what="solved" | "answered"):
            column = Ticket.solved_at if trigger.what == "solved" else Ticket.first_response_at
            for ticket, at in session.execute(select(Ticket, column).where(column >= since, column < until)):
                if at is not None:
                    yield Occurrence(ref=ticket.ref, key=trigger.what, at=at)
        case _:
            yield from _journaled(session, trigger, since, until)


def _created(session: Session, cls: type[Record], since: datetime, until: datetime) -> Iterator[Occurrence]:
    for record in session.scalars(select(cls).where(cls.created_at >= since, cls.created_at < until)):
        yield Occurrence(ref=record.ref, key="created", at=record.created_at)


def _stages_entered(session: Session, trigger: StageEntered, since: datetime, until: datetime) -> Iterator[Occurrence]:
    ids = StageNames(session).ids(trigger.stage)
    steps = select(StageChange).where(StageChange.to_stage_id.in_(ids), StageChange.at >= since, StageChange.at < until)
    for step in session.scalars(steps):
        yield Occurrence(ref=RecordRef(Deal.kind, step.deal_id), key=f"stage:{step.id}", at=step.at)


def _risks(session: Session, trigger: ScoreCrossed, since: datetime, until: datetime) -> Iterator[Occurrence]:
    """Looked at day by day; the first day something is seen is when the rule would have acted."""
    seen = {(each.ref, each.key) for each in risks_crossed(session, trigger, DEFAULT_CHURN, now=since)}
    day = since + timedelta(days=1)
    while day < until:
        for occurrence in risks_crossed(session, trigger, DEFAULT_CHURN, now=day):
            if (occurrence.ref, occurrence.key) not in seen:
                seen.add((occurrence.ref, occurrence.key))
                yield occurrence
        day += timedelta(days=1)


def _journaled(session: Session, trigger: Trigger, since: datetime, until: datetime) -> Iterator[Occurrence]:
    changes = (
        select(JournalChange, JournalEntry.at)
        .join(JournalEntry, JournalEntry.id == JournalChange.entry_id)
        .where(JournalChange.record_kind == trigger.record, JournalEntry.at >= since, JournalEntry.at < until)
    )
    stages = StageNames(session)
    for change, at in session.execute(changes):
        if is_about(trigger, change, stages):
            yield Occurrence(ref=RecordRef(change.record_kind, change.record_id), key=f"change:{change.id}", at=at)
