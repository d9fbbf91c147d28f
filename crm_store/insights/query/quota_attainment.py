"""What was won as a share of the quota, by salesperson, team and quarter or year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from crm_store.insights.calendar_buckets import Bucket
from crm_store.insights.query.collecting import collect
from crm_store.insights.query.layer import Deals, Dimension, Measure
from crm_store.insights.query.report_query import Figure, Period, ReportQuery
from crm_store.insights.query.sources import Circumstances
from crm_store.insights.query.tallies import Key, Tally
from crm_store.insights.quota import quotas_of
from crm_store.models import User

_WON = Figure(Measure.AMOUNT, Deals.WON)


def collect_attainment(
    at: Circumstances, query: ReportQuery, period: Period | None
) -> tuple[dict[Key, Tally], tuple[Bucket, ...]]:
    """Won amounts beside quotas (``Tally.quota``) of those who have one; part of a quarter has that part."""
    if period is None or period.first is None or period.last is None:
        return {}, ()
    time = next((each for each in query.by if each.unit is not None), None)
    grouped = (Dimension.REP, time) if time is not None else (Dimension.REP,)
    won, buckets = collect(at, query, _WON, by=grouped, period=period)
    stretches = list(enumerate(buckets)) if time is not None else [(None, None)]
    sellers = _sellers(at, query)
    tallies: dict[Key, Tally] = {}
    for index, bucket in stretches:
        first = max(period.first, bucket.start) if bucket is not None else period.first
        last = min(period.last, bucket.end - timedelta(days=1)) if bucket is not None else period.last
        for owner, amount in quotas_of(at.session, first, last, owner_ids=list(sellers)).by_user.items():
            key = (owner, index) if time is not None else (owner,)
            tally = won.get(key, Tally()) + Tally(quota=amount)
            group = tuple(_part(each, owner, sellers[owner], index) for each in query.by)
            tallies[group] = tallies.get(group, Tally()) + tally
    return tallies, buckets


def _part(dimension: Dimension, owner: int, team: int | None, index: int | None) -> Any:
    match dimension:
        case Dimension.REP:
            return owner
        case Dimension.TEAM:
            return team
    return index


def _sellers(at: Circumstances, query: ReportQuery) -> Mapping[int, int | None]:
    """The users the query is about, with their teams."""
    users = User.__table__.c
    statement = select(users.id, users.team_id)
    for dimension, column in ((Dimension.REP, users.id), (Dimension.TEAM, users.team_id)):
        condition = query.condition_on(dimension)
        if condition is not None:
            keys = [key for key, _ in condition.values]
            statement = statement.where(column.not_in(keys) if condition.excluded else column.in_(keys))
    return {row.id: row.team_id for row in at.session.execute(statement)}
