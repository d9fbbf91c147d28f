"""What a period is expected to bring: closed so far, and the open deals by how sure they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm_store.insights.deal_sums import DealSum, sum_deals, total_of
from crm_store.insights.pipeline import open_deals
from crm_store.insights.results import Interval, closed_deals
from crm_store.insights.selection import DealSelection
from crm_store.models import Deal, ForecastCategory, Stage, StageType
from crm_store.rates import Rates

OPEN_CATEGORIES = (ForecastCategory.COMMIT, ForecastCategory.BEST_CASE, ForecastCategory.PIPELINE)
category_of_deal = func.coalesce(Deal.forecast_category, Stage.forecast_category)
"""A deal's category: its own where somebody has set one, else its stage's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPeriod:
    """The period: its calendar days, both included, and the instants (UTC, end exclusive) they begin and end at."""

    first_day: date
    last_day: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Won deals of the period, and the open ones that are to close in it, by their category."""

    closed: DealSum = field(default_factory=DealSum)
    by_category: dict[ForecastCategory, DealSum] = field(default_factory=dict)

    @property
    def open(self) -> DealSum:
        """All open deals that count."""
        return total_of([self.by_category.get(category, DealSum()) for category in OPEN_CATEGORIES])

    @property
    def omitted(self) -> DealSum:
        """Open deals in stages that are kept out of the forecast."""
        return self.by_category.get(ForecastCategory.OMITTED, DealSum())

    @property
    def expected(self) -> Decimal:
        """Closed, and the open ones by their probability."""
        return self.closed.amount + self.open.weighted

    @property
    def committed(self) -> Decimal:
        """Closed, and the committed ones in full."""
        return self.closed.amount + self.by_category.get(ForecastCategory.COMMIT, DealSum()).amount

    @property
    def best_case(self) -> Decimal:
        """Closed, committed and best case in full."""
        return self.committed + self.by_category.get(ForecastCategory.BEST_CASE, DealSum()).amount

    def __add__(self, other: Forecast) -> Forecast:
        categories = self.by_category.keys() | other.by_category.keys()
        return Forecast(
            closed=self.closed + other.closed,
            by_category={
                category: self.by_category.get(category, DealSum()) + other.by_category.get(category, DealSum())
                for category in categories
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideForecast:
    """Open deals that are in no forecast for want of a date, and those whose date passed before the period began.

    ``past_due`` deals are in it, although their date has passed.
    """

    without_date: int
    slipped: int
    past_due: int


def forecast_by_owner(
    session: Session, rates: Rates, selection: DealSelection, period: ForecastPeriod, *, today: date
) -> dict[int, Forecast]:
    """The forecast of each owner in the selection who has something in the period.

    Won deals count by the instant they were closed and at that day's rate, open ones by close date and at today's.
    """
    interval = Interval(start=period.start, end=period.end)
    won = [*closed_deals(session, rates, selection, interval, today=today), Stage.type == StageType.WON]
    still_open = [
        *open_deals(session, rates, selection, today=today),
        Deal.close_date >= period.first_day,
        Deal.close_date <= period.last_day,
    ]
    forecasts: dict[int, Forecast] = {}
    for (owner,), closed in sum_deals(session, rates, where=won, on=None, by=(Deal.owner_id,)).items():
        forecasts[owner] = Forecast(closed=closed)
    by_category = sum_deals(session, rates, where=still_open, on=today, by=(Deal.owner_id, category_of_deal))
    for (owner, category), deals in by_category.items():
        forecasts[owner] = forecasts.get(owner, Forecast()) + Forecast(by_category={category: deals})
    return forecasts


def outside_forecast(
    session: Session, rates: Rates, selection: DealSelection, period: ForecastPeriod, *, today: date
) -> OutsideForecast:
    """What a forecast of the period says nothing about."""
    where = open_deals(session, rates, selection, today=today)
    without_date, slipped, past_due = session.execute(
        select(
            func.count(Deal.id).filter(Deal.close_date.is_(None)),
            func.count(Deal.id).filter(Deal.close_date < min(period.first_day, today)),
            func.count(Deal.id).filter(
                Deal.close_date >= period.first_day, Deal.close_date <= period.last_day, Deal.close_date < today
            ),
        )
        .join(Stage, Stage.id == Deal.stage_id)
        .where(*where)
    ).one()
    return OutsideForecast(without_date=without_date, slipped=slipped, past_due=past_due)
