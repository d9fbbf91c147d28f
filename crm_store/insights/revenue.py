"""What past revenue alone says of a period: won deals by month, carried on, and weighed against the open deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import Bucket, buckets_between, instant_bucket, midnight
from crm_store.insights.deal_sums import sum_deals
from crm_store.insights.results import Interval, closed_deals
from crm_store.insights.selection import DealSelection
from crm_store.models import Deal, Stage, StageType
from crm_store.rates import Rates

if TYPE_CHECKING:
    from crm_store.insights.forecasting.procedure import SeriesForecast

LEAST_MONTHS = 13
_MOST_MONTHS = 60
_FURTHEST = 24
_SHORTEST_TRIED = 6
_MOST_FORESEEN = 512
_FORESEEN: dict[Outlook, SeriesForecast] = {}
_EIGHT_IN_TEN = 2 * 1.2816
"""How many standard deviations lie between the ends of an interval that holds eight of ten cases (normal)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyRevenue:
    """What was won in each full calendar month, and so far in the one that is not over, in the company's currency."""

    months: tuple[Bucket, ...]
    amounts: tuple[Decimal, ...]
    current: Bucket
    so_far: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueForecast:
    """What a period brings going by past months: ``mean``, and ``low`` to ``high`` in eight of ten cases.

    ``model`` was chosen by forecasting the last months from earlier ones, where it was off by ``error`` a month (as a
    share of the mean month).
    """

    mean: Decimal
    low: Decimal
    high: Decimal
    model: str
    error: float
    since: date
    months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """Two forecasts of one sum made one, each weighted by the inverse of its variance."""

    mean: Decimal
    first_weight: float


def monthly_revenue(
    session: Session, rates: Rates, selection: DealSelection, *, today: date, zone: ZoneInfo
) -> MonthlyRevenue | None:
    """Won deals by the month they were closed in, from the first month on record that is full; None without any."""
    everything = closed_deals(session, rates, selection, Interval(start=None, end=None), today=today)
    first = session.scalar(
        select(func.min(Deal.closed_at))
        .join(Stage, Stage.id == Deal.stage_id)
        .where(*everything, Stage.type == StageType.WON)
    )
    if first is None:
        return None
    started = first.astimezone(zone).date()
    start = max(started, today - timedelta(days=31 * _MOST_MONTHS))
    months = buckets_between(start, today, "month")
    if months[0].start < started and len(months) > 1:
        months = months[1:]  # the first month is not on record as a whole
    interval = Interval(start=midnight(months[0].start, zone), end=midnight(months[-1].end, zone))
    where = [*closed_deals(session, rates, selection, interval, today=today), Stage.type == StageType.WON]
    sums = sum_deals(session, rates, where=where, on=None, by=(instant_bucket(Deal.closed_at, months, zone),))
    amounts = [sums[(number,)].amount if (number,) in sums else Decimal(0) for number in range(len(months))]
    return MonthlyRevenue(months=months[:-1], amounts=tuple(amounts[:-1]), current=months[-1], so_far=amounts[-1])


class Outlook(NamedTuple):
    """What is to be foreseen: full months as they were, and how many months from the present one on."""

    history: tuple[float, ...]
    ahead: int


def outlook_of(revenue: MonthlyRevenue, *, last_day: date) -> Outlook | None:
    """What a forecast until ``last_day`` rests on; None where ``revenue_forecast`` gives none."""
    ahead = _months_from(revenue.current.start, last_day) + 1
    if len(revenue.amounts) < LEAST_MONTHS or last_day < revenue.current.start or not 1 <= ahead <= _FURTHEST:
        return None
    # Never fewer than half a year, so that the backtest has several origins and more than a month or two to err in.
    return Outlook(tuple(float(each) for each in revenue.amounts), max(_SHORTEST_TRIED, ahead))


def foresee(outlooks: Sequence[Outlook]) -> list[SeriesForecast]:
    """Each foreseen by the best of several models; a quarter of a second each."""
    from crm_store.insights.forecasting.procedure import forecast_all  # noqa: PLC0415 - loads SciPy and scikit-learn

    return [forecast_all([np.array(each.history)], season=12, horizon=each.ahead)[0] for each in outlooks]


def is_foreseen(outlook: Outlook) -> bool:
    """Whether ``revenue_forecast`` knows it already."""
    return outlook in _FORESEEN


def remember_foreseen(outlook: Outlook, forecast: SeriesForecast) -> None:
    """Keep it in memory: the same months are asked about again and again."""
    if len(_FORESEEN) >= _MOST_FORESEEN:
        _FORESEEN.clear()
    _FORESEEN[outlook] = forecast


def revenue_forecast(revenue: MonthlyRevenue, *, first_day: date, last_day: date) -> RevenueForecast | None:
    """The period going by past months: its full months as they were, the others as foreseen.

    None when there are fewer than ``LEAST_MONTHS`` full months, the period is over, or it ends more than two years
    ahead. A month that is only partly in the period counts with that part; the present month brings at least what it
    has brought so far.
    """
    outlook = outlook_of(revenue, last_day=last_day)
    if outlook is None:
        return None
    found = _FORESEEN.get(outlook)
    if found is None:
        found = foresee([outlook])[0]
        remember_foreseen(outlook, found)
    history = outlook.history
    mean = low = high = 0.0
    for bucket, amount in zip(revenue.months, history, strict=True):
        share = _share(bucket, first_day, last_day)
        mean, low, high = mean + share * amount, low + share * amount, high + share * amount
    # The errors of one forecast hang together, so the ends of its intervals are added up.
    for step, bucket in enumerate(buckets_between(revenue.current.start, last_day, "month")):
        share = _share(bucket, first_day, last_day)
        least = float(revenue.so_far) if step == 0 else 0.0
        mean += share * max(float(found.mean[step]), least)
        low += share * max(float(found.intervals[80][0][step]), least)
        high += share * max(float(found.intervals[80][1][step]), least)
    typical = float(np.mean(np.abs(history))) or 1.0
    return RevenueForecast(
        mean=_money(mean),
        low=_money(low),
        high=_money(high),
        model=found.model,
        error=(found.backtest_error or 0.0) / typical,
        since=revenue.months[0].start,
        months=len(history),
    )


def reconcile(first: tuple[Decimal, Decimal, Decimal], second: tuple[Decimal, Decimal, Decimal]) -> Reconciled:
    """One sum out of two, each (mean, low, high) with the ends of eight of ten cases."""
    widths = [max(float(high - low), 1e-9) / _EIGHT_IN_TEN for _, low, high in (first, second)]
    weights = [1 / width**2 for width in widths]
    share = weights[0] / sum(weights)
    return Reconciled(mean=_money(share * float(first[0]) + (1 - share) * float(second[0])), first_weight=share)


def _months_from(start: date, day: date) -> int:
    return (day.year - start.year) * 12 + day.month - start.month


def _share(bucket: Bucket, first_day: date, last_day: date) -> float:
    """How much of a month lies in the period."""
    days = (min(bucket.end, last_day + timedelta(days=1)) - max(bucket.start, first_day)).days
    return max(0, days) / (bucket.end - bucket.start).days


def _money(amount: float) -> Decimal:
    return Decimal(str(round(amount, 2)))
