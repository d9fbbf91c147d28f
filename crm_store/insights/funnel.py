"""Where deals are lost on their way and how long they stay in each stage; how the deals of a quarter turn out.

Taken of deals that are closed: those that are open may still go anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select

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
    deals = chosen.where(*where).subquery()
    # The table and not the mapped class: its rule of access would look up every visible deal once more.
    changes = StageChange.__table__.c
    in_turn = (changes.at, changes.id)
    taken: list[Any] = list(deals.c)
    steps = (
        select(
            *taken,
            changes.to_stage_id.label("stage_id"),
            changes.at.label("began"),
            func.lead(changes.at).over(partition_by=changes.deal_id, order_by=in_turn).label("ended"),
            func.lead(changes.to_stage_id).over(partition_by=changes.deal_id, order_by=in_turn).label("next_id"),
        )
        .select_from(StageChange.__table__)
        .join(deals, deals.c.deal_id == changes.deal_id)
        .subquery()
    )
    lost = at.session.scalars(select(Stage.id).where(Stage.type == StageType.LOST)).all()
    grouped: list[Any] = [steps.c.grouped] if dimension is not None else []
    rows = at.session.execute(
        select(
            *grouped,
            steps.c.stage_id,
            func.count(steps.c.deal_id.distinct()),
            func.count(case((steps.c.next_id.in_(lost), 1))),
            func.avg(DaysBetween(steps.c.began, steps.c.ended)),
        ).group_by(*grouped, steps.c.stage_id)
    )
    stages = {s.id: s for s in at.session.scalars(select(Stage).where(Stage.type == StageType.OPEN))}
    found: dict[Any, list[FunnelStage]] = {}
    for *groups, stage_id, reached, lost_here, days in rows:
        if stage_id in stages:
            stage = stages[stage_id]
            place = (stage.pipeline_id, stage.position)
            found.setdefault(groups[0] if groups else None, []).append(
                FunnelStage(
                    name=stage.name, position=place, reached=reached, lost_here=min(lost_here, reached), days=days
                )
            )
    named = groups_named(at.session, dimension, found, buckets=buckets) if dimension is not None else {}
    return [
        Funnel(stages=tuple(sorted(each, key=lambda stage: stage.position)), group=named.get(group))
        for group, each in sorted(found.items(), key=lambda item: -max(stage.reached for stage in item[1]))
    ]


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
