"""The ticks of the rules: the journal is read on, dates and scores are watched; each occurrence is acted upon once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from bot.automation.firing import Fire, fire
from bot.turn import TurnPipeline
from crm_store.automation.definition import RuleDefinition, RuleInvalid, ScoreCrossed, TimePassed, read_rule
from crm_store.automation.happened import Occurrence, StageNames, is_about, risks_crossed, times_come
from crm_store.insights.churn_alerts import ChurnScores, RecencyScores
from crm_store.models import AutomationRule, JournalChange, JournalEntry, RuleCursor, RuleFiring
from crm_store.refs import RecordRef

_log = structlog.get_logger(__name__)
PAGE = 1_000
SETTLE = timedelta(seconds=30)
"""On a database with several writers a change may become visible after a later one; so long are changes read again."""
DEFAULT_CHURN: ChurnScores = RecencyScores()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRule:
    """A rule that is on, as it is read for one tick."""

    id: int
    on_since: datetime
    definition: RuleDefinition


def read_journal(pipeline: TurnPipeline, *, now: datetime) -> int:
    """Act on what has changed since the last reading; how many times a rule acted.

    What rules change is read in the same call (on PostgreSQL by the next), as far as the guard lets rules set each
    other off. Raises DatabaseUnavailable; what was not yet acted upon is found again.
    """
    acted = 0
    while _has_news(pipeline, now):
        with pipeline.store.unit_of_work(now=now) as uow:
            begin = _cursor(uow.session).change_id
            rules = active_rules(uow.session)
            page, read_until = _page(uow.session, begin, now)
            wanted = _about(uow.session, rules, page) if rules else []
            uow.commit()
        acted += _fire_all(pipeline, wanted, now)
        with pipeline.store.unit_of_work(now=now) as uow:
            cursor = _cursor(uow.session)
            cursor.change_id = max(cursor.change_id, read_until)
            uow.commit()
        if read_until == begin:
            break
    return acted


def changes_wait() -> ColumnElement[bool]:
    """Whether the journal is to be read on."""
    read_until = select(RuleCursor.change_id).limit(1).scalar_subquery()
    return read_until.is_(None) | exists().where(JournalChange.id > read_until)


def _has_news(pipeline: TurnPipeline, now: datetime) -> bool:
    with pipeline.store.unit_of_work(now=now, read_only=True) as uow:
        return bool(uow.session.scalar(select(changes_wait())))


def watch_dates(pipeline: TurnPipeline, *, now: datetime) -> int:
    """Act on dates that have come; how many rules acted. Raises DatabaseUnavailable."""
    zone = ZoneInfo(pipeline.settings.config.company.time_zone)
    with pipeline.store.unit_of_work(now=now, read_only=True) as uow:
        wanted = []
        for rule in active_rules(uow.session):
            if isinstance(rule.definition.when, TimePassed):
                come = times_come(uow.session, rule.definition.when, since=rule.on_since, until=now, zone=zone)
                wanted += [(rule, occurrence) for occurrence in _new(uow.session, rule, come)]
    return _fire_all(pipeline, wanted, now)


def watch_scores(pipeline: TurnPipeline, *, now: datetime, churn: ChurnScores = DEFAULT_CHURN) -> int:
    """Act on scores that have crossed their line since the rule was turned on. Raises DatabaseUnavailable."""
    with pipeline.store.unit_of_work(now=now, read_only=True) as uow:
        wanted = []
        for rule in active_rules(uow.session):
            trigger = rule.definition.when
            if isinstance(trigger, ScoreCrossed):
                before = {each.key for each in risks_crossed(uow.session, trigger, churn, now=rule.on_since)}
                high = [each for each in risks_crossed(uow.session, trigger, churn, now=now) if each.key not in before]
                wanted += [(rule, occurrence) for occurrence in _new(uow.session, rule, high)]
    return _fire_all(pipeline, wanted, now)


def active_rules(session: Session) -> list[ActiveRule]:
    """The rules that are on. One that can no longer be read is left out and logged."""
    found = []
    on = select(AutomationRule).where(AutomationRule.on.is_(True), AutomationRule.deleted_at.is_(None))
    for rule in session.scalars(on.order_by(AutomationRule.id)):
        try:
            definition = read_rule(rule.definition)
        except RuleInvalid as err:
            _log.error("rule_unreadable", rule=rule.id, detail=str(err))
            continue
        if rule.on_since is not None:
            found.append(ActiveRule(id=rule.id, on_since=rule.on_since, definition=definition))
    return found


def _cursor(session: Session) -> RuleCursor:
    """The journal's reader. It begins at the journal's end: what was before any rule is nobody's business."""
    found = session.scalar(select(RuleCursor).with_for_update())
    if found is None:
        found = RuleCursor(id=1, change_id=session.scalar(select(func.max(JournalChange.id))) or 0)
        session.add(found)
        session.flush()
    return found


_Page = Sequence[tuple[JournalChange, datetime]]


def _page(session: Session, begin: int, now: datetime) -> tuple[_Page, int]:
    """The changes after the cursor, and up to where they need not be read again."""
    changes = (
        select(JournalChange, JournalEntry.at)
        .join(JournalEntry, JournalEntry.id == JournalChange.entry_id)
        .where(JournalChange.id > begin)
        .order_by(JournalChange.id)
        .limit(PAGE)
    )
    page = [(change, at) for change, at in session.execute(changes)]
    if session.get_bind().dialect.name == "sqlite" or len(page) == PAGE:
        # With one writer at a time numbers become visible in order. A full page is older than it takes to fill one.
        return page, page[-1][0].id if page else begin
    settled = [change.id for change, at in page if at <= now - SETTLE]
    return page, max(settled, default=begin)


def _about(session: Session, rules: Sequence[ActiveRule], page: _Page) -> list[tuple[ActiveRule, Occurrence]]:
    stages = StageNames(session)
    entries = {change.entry_id for change, _ in page}
    chains = {
        firing.entry_id: (*firing.chain, firing.rule_id)
        for firing in session.scalars(select(RuleFiring).where(RuleFiring.entry_id.in_(entries)))
    }
    wanted = []
    for change, at in page:
        for rule in rules:
            if at >= rule.on_since and is_about(rule.definition.when, change, stages):
                occurrence = Occurrence(
                    ref=RecordRef(change.record_kind, change.record_id),
                    key=f"change:{change.id}",
                    at=at,
                    chain=chains.get(change.entry_id, ()),
                )
                wanted.append((rule, occurrence))
    return wanted


def _new(session: Session, rule: ActiveRule, occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    known = {
        (ref, key)
        for ref, key in session.execute(
            select(RuleFiring.ref, RuleFiring.occurrence).where(RuleFiring.rule_id == rule.id)
        )
    }
    return [each for each in occurrences if (str(each.ref), each.key) not in known]


def _fire_all(pipeline: TurnPipeline, wanted: Sequence[tuple[ActiveRule, Occurrence]], now: datetime) -> int:
    return sum(
        fire(pipeline, Fire(rule_id=rule.id, definition=rule.definition, occurrence=occurrence), now=now)
        for rule, occurrence in wanted
    )
