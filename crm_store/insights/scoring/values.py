"""What customers are worth: by the purchases to expect of each, and by discounted cash flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from crm_store.insights.lifetime.repeat_purchases import FitFailed, History, RepeatPurchases, fit_repeat_purchases
from crm_store.insights.lifetime.spending import Spending, fit_spending
from crm_store.insights.lifetime.value import discounted, lifetime_values
from crm_store.insights.scoring.customer_history import CustomerHistory
from crm_store.insights.scoring.events import Floats, Ints

YEARS = 3
YEARLY_RATE = 0.10
_YEAR = 365
_WEEK = 7.0
_MOST_FITTED = 5_000
_LEAST_LATER = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueBacktest:
    """Both models fitted on what was known on ``day``, compared with the ``days`` after it.

    Orders and revenue in sum, and the mean distance a customer between orders expected and made; ``naive_error``: the
    same for "as often as before".
    """

    day: date
    days: int
    customers: int
    expected_orders: float
    orders: float
    expected_revenue: float
    revenue: float
    error: float
    naive_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerValues:
    """One value per customer who ever ordered (``customers``), in the company's currency.

    ``value``: orders expected over three years times what an order is expected to be worth, discounted. ``simple``: the
    last twelve months' revenue R, going on with the store's ``retention``: the sum of R * retention**t / (1 + r)**t.
    """

    customers: Ints
    value: Floats
    expected_orders: Floats
    order_value: Floats
    alive: Floats
    simple: Floats
    retention: float
    purchases: RepeatPurchases
    spending: Spending
    backtest: ValueBacktest


@dataclass(frozen=True, slots=True)
class _Watched:
    customers: Ints
    history: History
    mean_spend: Floats


def customer_values(history: CustomerHistory, *, today: date) -> CustomerValues:
    """Everybody's value; raises FitFailed when there are too few repeat purchases to fit or to check the models."""
    end = today.toordinal()
    backtest = _backtest(history, end)
    watched = _watch(history, end)
    purchases, spending = _fit(watched)
    periods, length = YEARS * 4, 365.25 / 4 / _WEEK
    retention = retention_of(history, end)
    revenue = history.order_days.total(end - _YEAR, end, watched.customers)
    factor = discounted([retention**t for t in range(1, YEARS + 1)], rate=YEARLY_RATE)
    return CustomerValues(
        customers=watched.customers,
        value=lifetime_values(
            purchases,
            spending,
            watched.history,
            watched.mean_spend,
            periods=periods,
            length=length,
            yearly_rate=YEARLY_RATE,
            year=365.25 / _WEEK,
        ),
        expected_orders=purchases.expected(watched.history, periods * length),
        order_value=spending.expected(watched.history.repeats, watched.mean_spend),
        alive=purchases.alive(watched.history),
        simple=revenue * factor,
        retention=retention,
        purchases=purchases,
        spending=spending,
        backtest=backtest,
    )


def retention_of(history: CustomerHistory, end: int) -> float:
    """The share of those who ordered in the year before the last one who ordered in the last year, too."""
    before = history.order_days.count(end - 2 * _YEAR, end - _YEAR) > 0
    stayed = history.order_days.count(end - _YEAR, end) > 0
    return float(stayed[before].mean()) if before.any() else 0.0


def _watch(history: CustomerHistory, until: int) -> _Watched:
    events = history.order_days
    customers = np.flatnonzero(events.count(0, until))
    first, last = events.first(until, customers), events.last(until, customers)
    repeats = events.count(first, until, customers).astype(float)
    spent = events.total(first, until, customers)
    known = History(repeats=repeats, recency=(last - first) / _WEEK, age=np.maximum(until - first, 0) / _WEEK)
    mean_spend = np.where(repeats > 0, spent / np.maximum(repeats, 1), 0.0)
    return _Watched(customers, known, np.maximum(mean_spend, 0.0))


def _fit(watched: _Watched) -> tuple[RepeatPurchases, Spending]:
    known, spend = watched.history, watched.mean_spend
    if len(spend) > _MOST_FITTED:
        chosen = np.sort(np.random.default_rng(8).choice(len(spend), _MOST_FITTED, replace=False))
        known = History(repeats=known.repeats[chosen], recency=known.recency[chosen], age=known.age[chosen])
        spend = spend[chosen]
    return fit_repeat_purchases(known), fit_spending(known.repeats, spend)


def _backtest(history: CustomerHistory, end: int) -> ValueBacktest:
    days = history.orders[1]
    if not len(days):
        raise FitFailed
    length = min(_YEAR, (end - int(days.min())) // 3)
    until = end - length
    watched = _watch(history, until)
    if len(watched.customers) < _LEAST_LATER or length < 60:
        raise FitFailed
    purchases, spending = _fit(watched)
    expected = purchases.expected(watched.history, length / _WEEK)
    worth = spending.expected(watched.history.repeats, watched.mean_spend)
    orders = history.order_days.count(until, end, watched.customers)
    age = np.maximum(watched.history.age, 1.0)
    as_before = watched.history.repeats / age * (length / _WEEK)
    return ValueBacktest(
        day=date.fromordinal(until),
        days=length,
        customers=len(watched.customers),
        expected_orders=float(expected.sum()),
        orders=float(orders.sum()),
        expected_revenue=float((expected * worth).sum()),
        revenue=float(history.order_days.total(until, end, watched.customers).sum()),
        error=float(np.abs(expected - orders).mean()),
        naive_error=float(np.abs(as_before - orders).mean()),
    )
