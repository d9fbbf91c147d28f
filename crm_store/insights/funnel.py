"""Where deals are lost on their way and how long they stay in each stage; how the deals of a quarter turn out.

Taken of deals that are closed: those that are open may still go anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import FromClause, Select, case, func, literal, select
from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import Bucket
from crm_store.insights.dialects import DaysBetween
from crm_store.insights.outcomes.proportions import Proportion
from crm_store.insights.query.groups import QueryGroup, groups_named
from crm_store.insights.query.layer import Deals, Dimension, Measure
from crm_store.insights.query.report_query import Figure, Period, ReportQuery
from crm_store.insights.query.sources import Circumstances, buckets_of, conditions_of, source_of
from crm_store.models import Deal, Stage, StageChange, StageType

_CLOSED = Figure(Measure.COUNT, Deals.CLOSED)
_NEW = Figure(Measure.COUNT, Deals.NEW)
_MARKS = (30, 60, 90)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""When days are counted from where only differences matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStage:
    """An open stage: how many deals reached it, how many of them were lost from it, mean days in it."""

    name: str
    position: tuple[int, int]
    reached: int
    lost_here: int
    days: float | None

    @property
    def went_on(self) -> Proportion:
        """The share that was not lost from here."""
        return Proportion(hits=self.reached - self.lost_here, of=self.reached)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The stages in order, for one group of deals or (``group`` None) all."""

    stages: tuple[FunnelStage, ...]
    group: QueryGroup | None = None

    def leakiest(self) -> FunnelStage | None:
        """The stage whose deals are lost most often, by the share that is lost at least (its interval's lower end).

        So one with a handful of deals does not pass for the bottleneck.
        """
        return max(self.stages, key=lambda each: 1 - each.went_on.interval[1], default=None)

    def slowest(self) -> FunnelStage | None:
        """The stage deals stay in longest."""
        timed = [each for each in self.stages if each.days is not None]
        return max(timed, key=lambda each: each.days or 0, default=None)


def funnels(at: Circumstances, query: ReportQuery) -> list[Funnel]:
    """The funnel of the deals of a query's conditions closed in its period, or one for each group of its dimension."""
    source = source_of(_CLOSED, query)
    where = conditions_of(at, source, _CLOSED, query, query.period)
    dimension = query.by[0] if query.by else None
    buckets = buckets_of(at, source, where, dimension, query.period) if dimension is not None else ()
    key = source.key(dimension, buckets, at.zone) if dimension is not None else None
    columns: list[Any] = [Deal.id.label("deal_id"), *([key.label("grouped")] if key is not None else [])]
    chosen: Select[Any] = select(*columns).select_from(Deal)
    for target, condition in source.joined.values():
        chosen = chosen.outerjoin(target, condition)
    deals = chosen.where(*where)
    lost = set(at.session.scalars(select(Stage.id).where(Stage.type == StageType.LOST)))
    stages = {s.id: s for s in at.session.scalars(select(Stage).where(Stage.type == StageType.OPEN))}
    steps: dict[tuple[Any, int], _Steps] = {}
    for group, from_id, to_id, count, days in _moves(at.session, _kept(deals, dimension)):
        if to_id in stages:
            steps.setdefault((group, to_id), _Steps()).enter(count, days)
        if from_id in stages:
            steps.setdefault((group, from_id), _Steps()).leave(count, days, lost=to_id in lost)
    again = _entered_again(at.session, deals.subquery())
    found: dict[Any, list[FunnelStage]] = {}
    for (group, stage_id), each in steps.items():
        stage, reached = stages[stage_id], each.entered - again.get((group, stage_id), 0)
        found.setdefault(group, []).append(
            FunnelStage(
                name=stage.name,
                position=(stage.pipeline_id, stage.position),
                reached=reached,
                lost_here=min(each.lost, reached),
                days=each.mean_days,
            )
        )
    named = groups_named(at.session, dimension, found, buckets=buckets) if dimension is not None else {}
    return [
        Funnel(stages=tuple(sorted(each, key=lambda stage: stage.position)), group=named.get(group))
        for group, each in sorted(found.items(), key=lambda item: -max(stage.reached for stage in item[1]))
    ]


@dataclass(slots=True)
class _Steps:
    """How often deals came into a stage and went out of it, and the sums of when, in days."""

    entered: int = 0
    left: int = 0
    lost: int = 0
    stayed: float = 0.0

    def enter(self, count: int, days: float) -> None:
        self.entered += count
        self.stayed -= days

    def leave(self, count: int, days: float, *, lost: bool) -> None:
        self.left += count
        self.lost += count if lost else 0
        self.stayed += days

    @property
    def mean_days(self) -> float | None:
        """Deals that are closed have left every stage they came into, so the sums tell how long they stayed."""
        return self.stayed / self.left if self.left and self.left == self.entered else None


def _moves(session: Session, deals: FromClause) -> Iterator[tuple[Any, int | None, int, int, float]]:
    """The moves of some deals from stage to stage, added up: group, from, to, how many, and the sum of when.

    Every move names where it came from, so that no deal's history has to be put in order.
    """
    # The table and not the mapped class: its rule of access would look up every visible deal once more.
    changes = StageChange.__table__.c
    when = DaysBetween(literal(_EPOCH, changes.at.type), changes.at)
    keys: list[Any] = [*_grouped(deals), changes.from_stage_id, changes.to_stage_id]
    statement: Select[Any] = (
        select(*keys, func.count(), func.sum(when))
        .select_from(deals)
        .join(StageChange.__table__, changes.deal_id == deals.c.deal_id)
        .group_by(*keys)
    )
    for *group, from_id, to_id, count, days in session.execute(statement):
        yield group[0] if group else None, from_id, to_id, count, float(days)


def _entered_again(session: Session, deals: FromClause) -> dict[tuple[Any, int], int]:
    """How often deals of a group came into a stage that they had been in before."""
    changes = StageChange.__table__.c
    repeated = (
        select(changes.deal_id, changes.to_stage_id, (func.count() - 1).label("again"))
        .group_by(changes.deal_id, changes.to_stage_id)
        .having(func.count() > 1)
        .subquery()
    )
    keys: list[Any] = [*_grouped(deals), repeated.c.to_stage_id]
    statement: Select[Any] = (
        select(*keys, func.sum(repeated.c.again))
        .select_from(repeated)
        .join(deals, deals.c.deal_id == repeated.c.deal_id)
        .group_by(*keys)
    )
    return {(group[0] if group else None, to_id): int(n) for *group, to_id, n in session.execute(statement)}


def _kept(deals: Select[Any], dimension: Dimension | None) -> FromClause:
    """The deals as a table; written down first where SQLite would look a deal's group up again for every move."""
    if dimension in {Dimension.PRODUCT, Dimension.COUNTRY}:
        return deals.cte("chosen").prefix_with("MATERIALIZED")
    return deals.subquery()


def _grouped(deals: FromClause) -> list[Any]:
    return [deals.c.grouped] if "grouped" in deals.c else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The deals created in one stretch of time, and what became of them until now.

    ``won_within`` are those won within 30, 60 and 90 days of their creation.
    """

    start: date
    created: int
    won: int
    lost: int
    won_within: tuple[int, ...]


def cohorts(at: Circumstances, query: ReportQuery, *, by: Dimension, period: Period) -> list[Cohort]:
    """The deals created in the period, by when."""
    source = source_of(_NEW, query)
    where = conditions_of(at, source, _NEW, query, period)
    buckets: Sequence[Bucket] = buckets_of(at, source, where, by, period)
    won_ids = at.session.scalars(select(Stage.id).where(Stage.type == StageType.WON)).all()
    lost_ids = at.session.scalars(select(Stage.id).where(Stage.type == StageType.LOST)).all()
    days = DaysBetween(Deal.created_at, Deal.closed_at)
    is_won = Deal.stage_id.in_(won_ids)
    columns: list[Any] = [
        source.key(by, tuple(buckets), at.zone).label("key_0"),
        func.count(Deal.id),
        func.count(case((is_won, 1))),
        func.count(case((Deal.stage_id.in_(lost_ids), 1))),
        *(func.count(case((is_won & (days <= mark), 1))) for mark in _MARKS),
    ]
    statement: Select[Any] = select(*columns).select_from(Deal)
    for target, condition in source.joined.values():
        statement = statement.outerjoin(target, condition)
    rows = {key: counts for key, *counts in at.session.execute(statement.where(*where).group_by("key_0"))}
    found = []
    for index, bucket in enumerate(buckets):
        created, won, lost, *within = rows.get(index, [0] * (3 + len(_MARKS)))
        found.append(Cohort(start=bucket.start, created=created, won=won, lost=lost, won_within=tuple(within)))
    return found
