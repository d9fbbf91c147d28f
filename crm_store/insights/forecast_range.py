"""How far a period's result may lie from what is expected: open deals won or lost many times over by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm_store.errors import RateMissing
from crm_store.insights.forecast import OPEN_CATEGORIES, ForecastPeriod, category_of_deal
from crm_store.insights.pipeline import open_deals
from crm_store.insights.results import Interval, closed_deals
from crm_store.insights.selection import DealSelection
from crm_store.models import Deal, Stage, StageChange, StageType
from crm_store.rates import Rates

RUNS = 2000
LOOK_BACK = timedelta(days=365)
_WORTH_OF_STAGE = 10
_CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """Of the deals closed lately that had reached a stage, how many were won; ``stated``: the stage's probability.

    ``rate`` draws the record towards the stated probability as if that were ten more deals.
    """

    won: int
    reached: int
    stated: float

    @property
    def rate(self) -> float:
        """The probability a deal in the stage is taken to be won with."""
        return self._yes / (self._yes + self._no)

    @property
    def _yes(self) -> float:
        return self.won + _WORTH_OF_STAGE * self.stated

    @property
    def _no(self) -> float:
        return self.reached - self.won + _WORTH_OF_STAGE * (1 - self.stated)

    def draw(self, random: np.random.Generator, runs: int) -> NDArray[np.float64]:
        """As many probabilities as the record leaves open; one for each run."""
        if self._yes <= 0 or self._no <= 0:
            return np.full(runs, self.rate)
        return random.beta(self._yes, self._no, runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRange:
    """What a period may bring in the company's currency: in one of ten cases less than ``low``, in five less than
    ``middle``, in nine less than ``high``.

    ``deals`` open ones were played through, judged by ``closed`` deals of the last year; ``mean`` is the expectation
    with the same win rates. Deals are won independently of each other but for the win rates, which are as uncertain as
    the record of each stage leaves them.
    """

    low: Decimal
    middle: Decimal
    high: Decimal
    mean: Decimal
    deals: int
    closed: int


def stage_records(session: Session, rates: Rates, *, now: datetime) -> tuple[Mapping[int, StageRecord], int]:
    """The record of every open stage over the deals the asker may see that were closed in the last year, and their
    number.
    """
    where = closed_deals(session, rates, DealSelection(), Interval(start=now - LOOK_BACK, end=now), today=now.date())
    steps, passed = StageChange.__table__.alias("step"), Stage.__table__.alias("passed")
    reached = session.execute(
        # A deal that came to a stage twice counts once.
        select(steps.c.to_stage_id, Stage.type, func.count(steps.c.deal_id.distinct()))
        .join(Deal, Deal.id == steps.c.deal_id)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(*where)
        .group_by(steps.c.to_stage_id, Stage.type)
    )
    everything: Counter[int] = Counter()
    won: Counter[int] = Counter()
    for stage, kind, count in reached:
        everything[stage] += count
        won[stage] += count if kind is StageType.WON else 0
    total = session.scalar(select(func.count(Deal.id)).join(Stage, Stage.id == Deal.stage_id).where(*where)) or 0
    stages = session.execute(select(passed.c.id, passed.c.probability).where(passed.c.type == StageType.OPEN))
    records = {
        stage: StageRecord(won=won[stage], reached=everything[stage], stated=probability / 100)
        for stage, probability in stages
    }
    return records, total


def forecast_range(
    session: Session, rates: Rates, selection: DealSelection, period: ForecastPeriod, *, closed: Decimal, now: datetime
) -> ForecastRange | None:
    """The range for the open deals of a selection that are to close in the period, on top of what is ``closed``.

    Deals without an amount or rate count nothing, as in the forecast itself. None when there is nothing open.
    """
    today = now.date()
    rows = session.execute(
        select(Deal.stage_id, Deal.amount, Deal.currency)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(
            *open_deals(session, rates, selection, today=today),
            category_of_deal.in_(OPEN_CATEGORIES),
            Deal.close_date >= period.first_day,
            Deal.close_date <= period.last_day,
            Deal.amount.is_not(None),
        )
        .order_by(Deal.id)
    ).all()
    worth: dict[str, float | None] = {currency: _rate(rates, currency, today) for _, _, currency in rows}
    deals = [
        (stage, float(amount) * rate)
        for stage, amount, currency in rows
        if amount is not None and (rate := worth[currency]) is not None
    ]
    if not deals:
        return None
    records, judged_by = stage_records(session, rates, now=now)
    totals = play(deals, records)
    low, middle, high = (_money(each) + closed for each in np.quantile(totals, [0.1, 0.5, 0.9]))
    mean = sum(amount * records[stage].rate for stage, amount in deals)
    return ForecastRange(
        low=low, middle=middle, high=high, mean=_money(mean) + closed, deals=len(deals), closed=judged_by
    )


def play(
    deals: Sequence[tuple[int, float]], records: Mapping[int, StageRecord], *, runs: int = RUNS
) -> NDArray[np.float64]:
    """The sum won in each of many runs, over deals given as (stage, amount). The same deals give the same sums."""
    random = np.random.default_rng(2026)
    probability = {stage: records[stage].draw(random, runs) for stage in sorted({stage for stage, _ in deals})}
    totals = np.zeros(runs)
    for first in range(0, len(deals), _CHUNK):
        chunk = deals[first : first + _CHUNK]
        chances = np.stack([probability[stage] for stage, _ in chunk], axis=1)
        totals += (random.random(chances.shape) < chances) @ np.array([amount for _, amount in chunk])
    return totals


def _rate(rates: Rates, currency: str, today: date) -> float | None:
    try:
        return float(rates.rate(currency, today))
    except RateMissing:
        return None


def _money(amount: float) -> Decimal:
    return Decimal(str(round(float(amount), 2)))
