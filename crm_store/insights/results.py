"""Won and lost deals of a period: how many, what they were worth, why they were lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from crm_store.insights.calendar_buckets import Bucket, buckets_between, instant_bucket
from crm_store.insights.deal_sums import DealSum, sum_deals
from crm_store.insights.dialects import DaysBetween
from crm_store.insights.grouping import Group, Grouping, fold_smallest, group_key, groups_of
from crm_store.insights.selection import DealSelection, in_period, value_order
from crm_store.models import Deal, Stage, StageChange, StageType
from crm_store.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch of time in UTC, the end exclusive; None is open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was won and what was lost."""

    won: DealSum = field(default_factory=DealSum)
    lost: DealSum = field(default_factory=DealSum)

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(won=self.won + other.won, lost=self.lost + other.lost)

    @property
    def win_rate(self) -> float | None:
        """Won deals as a share of all closed ones, by number."""
        closed = self.won.count + self.lost.count
        return self.won.count / closed if closed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOutcome:
    """One group's outcome."""

    group: Group
    outcome: Outcome


def closed_deals(
    session: Session, rates: Rates, selection: DealSelection, interval: Interval, *, today: date
) -> list[ColumnElement[bool]]:
    """The conditions (on Deal and Stage) for the deals of a selection that were closed in the interval."""
    where: list[ColumnElement[bool]] = [
        Stage.type.in_((StageType.WON, StageType.LOST)),
        Deal.closed_at.is_not(None),
        *selection.conditions(session, rates, today=today),
    ]
    where += in_period(Deal.closed_at, interval.start, interval.end)
    return where


def outcome_of(session: Session, rates: Rates, where: Sequence[ColumnElement[bool]]) -> Outcome:
    """The outcome of closed deals, at the rates of the days they were closed."""
    return _outcome(sum_deals(session, rates, where=where, on=None, by=(Stage.type,)), ())


def outcomes_by(
    session: Session,
    rates: Rates,
    where: Sequence[ColumnElement[bool]],
    grouping: Grouping,
    *,
    zone: ZoneInfo,
    top: int | None = None,
) -> list[GroupOutcome]:
    """The same by groups; times by the closing moment on the clocks of ``zone``.

    Groups that come in an order are in it, others by what was won; of these at most ``top`` are named, and the rest
    become one.
    """
    buckets = _closing_buckets(session, where, grouping, zone)
    key = group_key(grouping, time_bucket=instant_bucket(Deal.closed_at, buckets, zone))
    sums = sum_deals(session, rates, where=where, on=None, by=(key.expression, Stage.type), joined=key.joined)
    outcomes, folded = fold_smallest(
        {value: _outcome(sums, (value,)) for value, _ in sums},
        grouping,
        top=top,
        size=lambda outcome: (outcome.won.amount, outcome.lost.count),
    )
    groups = groups_of(session, grouping, outcomes, buckets=buckets, folded=folded)
    found = [GroupOutcome(group=group, outcome=outcomes.get(value, Outcome())) for value, group in groups.items()]
    return sorted(found, key=_place)


def conversion_by_stage(session: Session, where: Sequence[ColumnElement[bool]]) -> list[tuple[str, int, int]]:
    """For each open stage: its name, how many of the closed deals had reached it, and how many of those were won."""
    # The table and not the mapped class: its rule of access would look up every visible deal once more.
    steps = StageChange.__table__.alias("step")
    reached = (
        select(steps.c.deal_id, steps.c.to_stage_id)
        .join(Deal, Deal.id == steps.c.deal_id)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(*where)
        .distinct()
        .subquery()
    )
    outcome, passed = Stage.__table__.alias("outcome"), Stage.__table__.alias("passed")
    rows = session.execute(
        select(
            passed.c.name,
            func.count(reached.c.deal_id),
            func.count(reached.c.deal_id).filter(outcome.c.type == StageType.WON),
        )
        .select_from(reached)
        .join(Deal, Deal.id == reached.c.deal_id)
        .join(outcome, outcome.c.id == Deal.stage_id)
        .join(passed, passed.c.id == reached.c.to_stage_id)
        .where(passed.c.type == StageType.OPEN)
        .group_by(passed.c.id, passed.c.name, passed.c.pipeline_id, passed.c.position)
        .order_by(passed.c.pipeline_id, passed.c.position)
    )
    return [(name, count, won) for name, count, won in rows]


def average_days_to_win(session: Session, where: Sequence[ColumnElement[bool]]) -> float | None:
    """The mean days from a won deal's creation to its closing."""
    return session.scalar(
        select(func.avg(DaysBetween(Deal.created_at, Deal.closed_at)))
        .join(Stage, Stage.id == Deal.stage_id)
        .where(*where, Stage.type == StageType.WON)
    )


def lost_by_reason(
    session: Session, rates: Rates, where: Sequence[ColumnElement[bool]]
) -> list[tuple[str | None, DealSum]]:
    """Lost deals by reason, the most frequent first."""
    lost = [*where, Stage.type == StageType.LOST]
    sums = sum_deals(session, rates, where=lost, on=None, by=(Deal.lost_reason,))
    return sorted(
        ((reason, deals) for (reason,), deals in sums.items()), key=lambda each: (-each[1].count, each[0] or "")
    )


def list_closed(
    session: Session, rates: Rates, where: Sequence[ColumnElement[bool]], *, today: date, limit: int | None
) -> Sequence[Deal]:
    """The largest of the closed deals with their accounts, stages and owners."""
    return session.scalars(
        select(Deal)
        .join(Deal.stage)
        .where(*where)
        .options(contains_eager(Deal.stage), joinedload(Deal.account), joinedload(Deal.owner))
        .order_by(*value_order(session, rates, today))
        .limit(limit)
    ).all()


def _outcome(sums: dict[tuple[Any, ...], DealSum], key: tuple[Any, ...]) -> Outcome:
    nothing = DealSum()
    return Outcome(won=sums.get((*key, StageType.WON), nothing), lost=sums.get((*key, StageType.LOST), nothing))


def _place(each: GroupOutcome) -> tuple[Any, ...]:
    return each.group.order, -each.outcome.won.amount, -each.outcome.lost.count, each.group.name or ""


def _closing_buckets(
    session: Session, where: Sequence[ColumnElement[bool]], grouping: Grouping, zone: ZoneInfo
) -> tuple[Bucket, ...]:
    unit = grouping.unit
    if unit is None:
        return ()
    first, last = session.execute(
        select(func.min(Deal.closed_at), func.max(Deal.closed_at)).join(Stage, Stage.id == Deal.stage_id).where(*where)
    ).one()
    if first is None or last is None:
        return ()
    return buckets_between(first.astimezone(zone).date(), last.astimezone(zone).date(), unit)
