"""How good forecasts were: what would have been said in past quarters, and what they brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import Bucket, buckets_between, midnight
from crm_store.insights.deal_snapshots import known_since, pipeline_on
from crm_store.insights.deal_sums import DealSum, sum_deals
from crm_store.insights.results import Interval, closed_deals
from crm_store.insights.selection import DealSelection
from crm_store.models import ForecastCategory, Stage, StageType
from crm_store.rates import Rates

DAYS_IN = (0, 30, 60)
"""How many days into a quarter forecasts are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastForecast:
    """What a quarter's forecast was on a day: closed until then and the open deals weighted; ``actual`` came of it."""

    quarter: Bucket
    day: date
    days_in: int
    expected: Decimal
    committed: Decimal
    actual: Decimal

    @property
    def error(self) -> Decimal | None:
        """How far it was off, as a share of what came: above 0 when too much was expected."""
        return (self.expected - self.actual) / self.actual if self.actual else None


def past_forecasts(
    session: Session,
    rates: Rates,
    selection: DealSelection,
    *,
    today: date,
    zone: ZoneInfo,
    quarters: int = 6,
    days_in: Sequence[int] = DAYS_IN,
) -> list[PastForecast]:
    """The forecasts of the last full quarters on the given days, the earliest first; only from days on record."""
    since = known_since(session)
    if since is None:
        return []
    found = []
    for quarter in buckets_between(today - timedelta(days=92 * (quarters + 1)), today, "quarter")[-quarters - 1 : -1]:
        actual: Decimal | None = None
        for days in days_in:
            day = quarter.start + timedelta(days=days)
            if day < since or quarter.end > today:
                continue
            if actual is None:
                actual = _won(session, rates, selection, (quarter.start, quarter.end), today=today, zone=zone)
            closed = _won(session, rates, selection, (quarter.start, day), today=today, zone=zone)
            there = pipeline_on(
                session,
                rates,
                day,
                first_day=day,
                last_day=quarter.end - timedelta(days=1),
                owner_ids=selection.owner_ids,
            )
            found.append(
                PastForecast(
                    quarter=quarter,
                    day=day,
                    days_in=days,
                    expected=closed + there.weighted,
                    committed=closed + there.of(ForecastCategory.COMMIT),
                    actual=actual,
                )
            )
    return found


def _won(
    session: Session,
    rates: Rates,
    selection: DealSelection,
    days: tuple[date, date],
    *,
    today: date,
    zone: ZoneInfo,
) -> Decimal:
    """What was won from a day up to another (exclusive)."""
    start, end = days
    if start >= end:
        return Decimal(0)
    interval = Interval(start=midnight(start, zone), end=midnight(end, zone))
    where = [*closed_deals(session, rates, selection, interval, today=today), Stage.type == StageType.WON]
    return sum_deals(session, rates, where=where, on=None).get((), DealSum()).amount
