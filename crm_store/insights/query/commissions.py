"""Commission by salesperson, team and time: what a quarter's plan pays for the deals of a period.

A part of a quarter has what the commission of the quarter has grown by in it, so that parts add up to the whole: tiers
and the cap look at the quarter from its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Context, Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func, null, select, type_coerce

from crm_store.errors import RateMissing
from crm_store.insights.calendar_buckets import Bucket, buckets_between, instant_bucket
from crm_store.insights.commission import CommissionPlan, plan_of
from crm_store.insights.dialects import UtcDay
from crm_store.insights.query.layer import Deals, Dimension, Measure
from crm_store.insights.query.report_query import Figure, Period, ReportQuery
from crm_store.insights.query.sources import Circumstances, conditions_of, source_of
from crm_store.insights.query.tallies import Key, Tally
from crm_store.insights.quota import quotas_of
from crm_store.models import Deal, Pipeline, Stage, Team, User

_WON = Figure(Measure.AMOUNT, Deals.WON)
_EXACT = Context(prec=60)
_DAY = timedelta(days=1)
_thousandths = type_coerce(Deal.amount, BigInteger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Somebody who may earn commission."""

    id: int
    handle: str
    name: str
    team_id: int | None
    team: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What somebody has earned in one stretch of a quarter.

    ``before`` is what they had won of the quarter before it, ``tally.amount`` what they won in it, of deals the plan
    counts. ``plan`` is None for who has none: their deals are in ``outside``, as are those of other pipelines.
    """

    seller: Seller
    quarter: Bucket
    bucket: int | None
    plan: CommissionPlan | None
    quota: Decimal | None
    before: Decimal
    tally: Tally
    outside: int

    @property
    def capped(self) -> bool:
        """Whether the plan's cap is reached."""
        plan = self.plan
        if plan is None or plan.cap is None:
            return False
        return replace(plan, cap=None).earned(self.before + self.tally.amount, self.quota) > plan.cap


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidDeal:
    """A won deal with what it is worth and what the commission has grown by with it; None without amount or rate."""

    deal: Deal
    amount: Decimal | None
    earned: Decimal | None


def collect_commission(
    at: Circumstances, query: ReportQuery, period: Period | None
) -> tuple[dict[Key, Tally], tuple[Bucket, ...]]:
    """Commission (``Tally.earned``) with the deals and amounts it is paid for, by groups."""
    time = next((each.unit for each in query.by if each.unit is not None), None)
    if period is None or period.first is None or period.last is None:
        return {}, ()
    last = max(period.first, min(period.last, at.today))
    buckets = buckets_between(period.first, last, time) if time is not None else ()
    tallies: dict[Key, Tally] = {}
    for share in shares(at, query, period, buckets):
        if share.plan is None or not (share.tally.count or share.tally.earned):
            continue
        key = tuple(_part(dimension, share) for dimension in query.by)
        tallies[key] = tallies.get(key, Tally()) + share.tally
    return tallies, buckets


def shares(at: Circumstances, query: ReportQuery, period: Period, buckets: Sequence[Bucket] = ()) -> Iterator[Share]:
    """What everybody the query is about has earned, in each stretch that lies in one quarter and one of ``buckets``."""
    if period.first is None or period.last is None:
        return
    pieces = _pieces(period.first, period.last, buckets)
    won = _won(at, query, period.last, [piece for piece, _, _ in pieces])
    sellers = sellers_of(at, query)
    pipelines = _pipelines(at)
    quotas: dict[date, dict[int, Decimal]] = {}
    for _, quarter, _ in pieces:
        if quarter.start not in quotas:
            quotas[quarter.start] = quotas_of(at.session, quarter.start, quarter.end - _DAY).by_user
    for seller in sellers.values():
        so_far, start = Decimal(0), None
        for index, (piece, quarter, bucket) in enumerate(pieces):
            if quarter.start != start:
                so_far, start = Decimal(0), quarter.start
            plan = plan_of(at.plans, seller.handle, seller.team, quarter.start)
            quota = quotas[quarter.start].get(seller.id)
            here = {p: each for p, name in pipelines.items() if (each := won.get((seller.id, p, index))) is not None}
            counted = [each for p, each in here.items() if plan is not None and plan.counts(pipelines[p])]
            tally = sum(counted, Tally())
            outside = sum(each.count for each in here.values()) - tally.count
            if plan is not None:
                gained = plan.earned(so_far + tally.amount, quota) - plan.earned(so_far, quota)
                tally = replace(tally, earned=gained)
            if piece.start >= period.first:
                yield Share(
                    seller=seller, quarter=quarter, bucket=bucket, plan=plan, quota=quota, before=so_far, tally=tally,
                    outside=outside,
                )  # fmt: skip
            so_far += tally.amount


def paid_deals(at: Circumstances, query: ReportQuery, period: Period, seller: Seller) -> list[PaidDeal]:
    """The won deals of a period that somebody's plan counts, in the order they were closed, with what each brought."""
    if period.first is None or period.last is None:
        return []
    pipelines, found = _pipelines(at), []
    for quarter in buckets_between(period.first, period.last, "quarter"):
        plan = plan_of(at.plans, seller.handle, seller.team, quarter.start)
        if plan is None:
            continue
        quota = quotas_of(at.session, quarter.start, quarter.end - _DAY, owner_ids=[seller.id]).by_user.get(seller.id)
        last = min(period.last, quarter.end - _DAY)
        statement = select(Deal, Stage.pipeline_id).join(Stage, Stage.id == Deal.stage_id)
        where = _conditions(at, query, Period(first=quarter.start, last=last))
        rows = at.session.execute(statement.where(*where, Deal.owner_id == seller.id).order_by(Deal.closed_at, Deal.id))
        so_far = Decimal(0)
        for deal, pipeline_id in rows:
            if deal.closed_at is None or not plan.counts(pipelines[pipeline_id]):
                continue
            amount = _worth(at, deal)
            gained = plan.earned(so_far + (amount or 0), quota) - plan.earned(so_far, quota)
            so_far += amount or 0
            if deal.closed_at.astimezone(at.zone).date() >= period.first:
                found.append(PaidDeal(deal=deal, amount=amount, earned=gained if amount is not None else None))
    return found


def sellers_of(at: Circumstances, query: ReportQuery) -> Mapping[int, Seller]:
    """The people a query is about, by number."""
    users, teams = User.__table__.c, Team.__table__.c
    statement = select(users.id, users.handle, users.name, users.team_id, teams.name.label("team")).outerjoin(
        Team.__table__, teams.id == users.team_id
    )
    for dimension, column in ((Dimension.REP, users.id), (Dimension.TEAM, users.team_id)):
        condition = query.condition_on(dimension)
        if condition is not None:
            keys = [key for key, _ in condition.values]
            statement = statement.where(column.not_in(keys) if condition.excluded else column.in_(keys))
    rows = at.session.execute(statement.order_by(users.name))
    return {row.id: Seller(id=row.id, handle=row.handle, name=row.name, team_id=row.team_id, team=row.team)
            for row in rows}  # fmt: skip


def unknown_names(at: Circumstances) -> tuple[str, ...]:
    """The teams, people and pipelines that plans name and the store does not know."""

    def known(column: Any) -> set[str]:
        return {str(name).casefold() for name in at.session.scalars(select(column))}

    teams, people = known(Team.__table__.c.name), known(User.__table__.c.handle)
    pipelines = known(Pipeline.__table__.c.name)
    missing = [
        name
        for plan in at.plans
        for names, those in ((plan.teams, teams), (plan.people, people), (plan.pipelines, pipelines))
        for name in names
        if name.casefold() not in those
    ]
    return tuple(dict.fromkeys(missing))


def _pieces(first: date, last: date, buckets: Sequence[Bucket]) -> list[tuple[Bucket, Bucket, int | None]]:
    """The days from the beginning of the first quarter, cut at quarters, buckets and the period's first day.

    Each with its quarter, and the index of its bucket (None where there are no buckets).
    """
    quarters = buckets_between(first, last, "quarter")
    cuts = {first, last + _DAY} | {q.start for q in quarters}
    cuts |= {bucket.start for bucket in buckets if bucket.start > first}
    days = sorted(day for day in cuts if day <= last + _DAY)
    found = []
    for start, end in pairwise(days):
        quarter = next(q for q in quarters if q.start <= start < q.end)
        index = next((n for n, bucket in enumerate(buckets) if bucket.start <= start < bucket.end), None)
        found.append((Bucket(start=start, end=end), quarter, index))
    return found


def _won(
    at: Circumstances, query: ReportQuery, last: date, pieces: Sequence[Bucket]
) -> dict[tuple[int, int, int], Tally]:
    """What was won, by owner, pipeline and stretch of time."""
    period = Period(first=pieces[0].start, last=last)
    home = at.rates.company_currency
    day: ColumnElement[Any] = case((Deal.currency != home, UtcDay(Deal.closed_at)), else_=null())
    keys: list[ColumnElement[Any]] = [
        Deal.owner_id.label("owner"),
        Stage.pipeline_id.label("pipeline"),
        instant_bucket(Deal.closed_at, pieces, at.zone).label("piece"),
        Deal.currency.label("currency"),
        day.label("rate_day"),
    ]
    sums: list[ColumnElement[Any]] = [
        func.count(Deal.id),
        func.count(Deal.amount),
        func.coalesce(func.sum(_thousandths), 0),
    ]
    statement = (
        select(*keys, *sums)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(*_conditions(at, query, period))
        .group_by(*(key.name for key in keys))
    )
    rates: dict[tuple[str, date | None], Decimal | None] = {}
    found: dict[tuple[int, int, int], Tally] = {}
    for row in at.session.execute(statement):
        owner, pipeline, piece, currency, rate_day, count, priced, amount = row
        if (currency, rate_day) not in rates:
            rates[currency, rate_day] = _rate(at, currency, rate_day)
        rate = rates[currency, rate_day]
        part = Tally(
            count=count,
            amount=_EXACT.multiply(Decimal(int(amount)).scaleb(-3), rate or Decimal(0)),
            without_amount=count - priced,
            without_rate=priced if rate is None else 0,
        )
        found[owner, pipeline, piece] = found.get((owner, pipeline, piece), Tally()) + part
    return found


def _conditions(at: Circumstances, query: ReportQuery, period: Period) -> list[ColumnElement[bool]]:
    """The won deals of a period of those the query is about."""
    people = tuple(each for each in query.conditions if each.dimension is Dimension.REP)
    asked = ReportQuery(figures=(_WON,), conditions=people, period=period)
    return conditions_of(at, source_of(_WON, asked), _WON, asked, period)


def _pipelines(at: Circumstances) -> dict[int, str]:
    table = Pipeline.__table__.c
    return {row.id: row.name for row in at.session.execute(select(table.id, table.name))}


def _part(dimension: Dimension, share: Share) -> Any:
    match dimension:
        case Dimension.REP:
            return share.seller.id
        case Dimension.TEAM:
            return share.seller.team_id
    return share.bucket


def _worth(at: Circumstances, deal: Deal) -> Decimal | None:
    """What a deal is worth at the rate of the day it was closed."""
    if deal.amount is None or deal.closed_at is None:
        return None
    rate = _rate(at, deal.currency, deal.closed_at.date())
    return None if rate is None else _EXACT.multiply(deal.amount, rate)


def _rate(at: Circumstances, currency: str, day: date | None) -> Decimal | None:
    if currency == at.rates.company_currency or day is None:
        return Decimal(1)
    try:
        return at.rates.rate(currency, day)
    except RateMissing:
        return None
