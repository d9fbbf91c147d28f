"""Who is about to leave: the risk of every customer, learned from those who left before.

A customer is one who ordered within the last year; they have left when nothing is ordered in the ``horizon`` after.
The past is cut into moments: at each of them, what was known then of every customer, and whether they left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from crm_store.insights.outcomes.choosing import Chosen, TooFewCases, choose_model
from crm_store.insights.outcomes.features import Bools, Features
from crm_store.insights.outcomes.judging import Quality
from crm_store.insights.outcomes.models import FittedModel
from crm_store.insights.scoring.customer_history import CustomerHistory
from crm_store.insights.scoring.events import Ints

CUSTOMER_FOR = 365
MONTH = 30
NAMED = 20
_BETWEEN_MOMENTS = 60
_MOST_MOMENTS = 10
_MOST_CASES = 6_000
_MOST_SPLITS = 5
_HALF_YEAR = 182


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnBacktest:
    """What the model said at a past moment, fitted on what was known then, and what happened.

    Of ``named`` with the highest risk on ``day``, ``left`` left until ``day`` and ``horizon``; of all ``customers`` it
    was ``left_of_all``.
    """

    day: date
    horizon: int
    named: int
    left: int
    customers: int
    left_of_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnModel:
    """The chosen model with its quality over all past moments, each judged by models of earlier ones only."""

    chosen: str
    model: FittedModel
    features: Features
    quality: Quality
    cases: int
    left: int
    horizon: int
    backtest: ChurnBacktest


def horizon_of(history: CustomerHistory) -> int:
    """In how many days without an order a customer counts as gone: a quarter, half a year or a year, by the gaps.

    The shortest that is at least twice the middle gap between two orders of one customer.
    """
    owner, day, _ = history.orders
    same = owner[1:] == owner[:-1] if len(owner) else np.zeros(0, dtype=bool)
    gaps = (day[1:] - day[:-1])[same] if len(owner) else np.zeros(0)
    usual = float(np.median(gaps)) if len(gaps) else float(_HALF_YEAR)
    return next((each for each in (91, _HALF_YEAR) if each >= 2 * usual), 365)


def churn_features(history: CustomerHistory, of: Ints, day: int) -> Features:
    """What was known of some customers at the end of a day. NaN: not known."""
    orders = history.order_days
    count = orders.count(0, day, of)
    last, first = orders.last(day, of), orders.first(day, of)
    quiet = (day - last).astype(float)
    gap = np.where(count > 1, (last - first) / np.maximum(count - 1, 1), np.nan)
    half, before = orders.total(day - _HALF_YEAR, day, of), orders.total(day - 2 * _HALF_YEAR, day - _HALF_YEAR, of)
    contact = history.contacts.last(day, of)
    open_deals = history.opened.count(0, day, of) - history.closed.count(0, day, of)
    return Features(
        columns={
            "days_quiet": quiet,
            "times_usual_gap": quiet / np.maximum(gap, 7.0),
            "usual_gap": gap,
            "orders_year": orders.count(day - CUSTOMER_FOR, day, of).astype(float),
            "orders_ever": count.astype(float),
            "years_customer": (day - first) / 365.25,
            "spend_year": np.log1p(orders.total(day - CUSTOMER_FOR, day, of)),
            "spend_change": np.clip((half - before) / np.maximum(half + before, 1.0), -1, 1),
            "days_without_contact": np.where(contact > 0, day - contact, np.nan).astype(float),
            "contacts_quarter": history.contacts.count(day - 91, day, of).astype(float),
            "tickets_half_year": history.tickets.count(day - _HALF_YEAR, day, of).astype(float),
            "late_invoices_year": history.late.count(day - CUSTOMER_FOR, day, of).astype(float),
            "lost_deals_year": history.lost.count(day - CUSTOMER_FOR, day, of).astype(float),
            "open_deals": open_deals.astype(float),
            "employees": history.employees[of],
            "industry": history.texts["industry"][of],
            "region": history.texts["region"][of],
        }
    )


def customers_on(history: CustomerHistory, day: int) -> Ints:
    """Those who ordered in the year up to a day."""
    return np.flatnonzero(history.order_days.count(day - CUSTOMER_FOR, day))


def fit_churn(history: CustomerHistory, *, today: date) -> ChurnModel:
    """The best model for this store; raises TooFewCases when its history is too short to check one with."""
    horizon, end = horizon_of(history), today.toordinal()
    moments = _moments(history, end, horizon)
    if len(moments) < 3:
        raise TooFewCases
    random = np.random.default_rng(8)
    parts, outcomes, when = [], [], []
    for moment in moments:
        chosen = customers_on(history, moment)
        if len(chosen) > _MOST_CASES // len(moments):
            chosen = np.sort(random.choice(chosen, _MOST_CASES // len(moments), replace=False))
        parts.append(churn_features(history, chosen, moment))
        outcomes.append(history.order_days.count(moment, moment + horizon, chosen) == 0)
        when.append(np.full(len(chosen), moment))
    features, outcome, moment_of = _together(parts), np.concatenate(outcomes), np.concatenate(when)
    chosen_model = choose_model(
        features, outcome, splits=list(_splits(moment_of, horizon))[-_MOST_SPLITS:], large=False
    )
    return ChurnModel(
        chosen=chosen_model.name,
        model=chosen_model.model,
        features=features,
        quality=chosen_model.quality,
        cases=len(outcome),
        left=int(outcome.sum()),
        horizon=horizon,
        backtest=_last_moment(chosen_model, outcome, moment_of, horizon),
    )


def _moments(history: CustomerHistory, end: int, horizon: int) -> list[int]:
    """The past moments to learn from: the last one a horizon ago, the first once a year is on record."""
    days = history.orders[1]
    if not len(days):
        return []
    earliest = int(days.min()) + CUSTOMER_FOR
    found = range(end - horizon, earliest - 1, -_BETWEEN_MOMENTS)
    return sorted(found[:_MOST_MOMENTS])


def _together(parts: list[Features]) -> Features:
    return Features(columns={name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns})


def _splits(moment_of: Ints, horizon: int) -> Iterator[tuple[Ints, Ints]]:
    """Every moment judged by what was known then: cases whose horizon was over."""
    for moment in np.unique(moment_of):
        before = np.flatnonzero(moment_of <= moment - horizon)
        if len(before):
            yield before, np.flatnonzero(moment_of == moment)


def _last_moment(chosen: Chosen, outcome: Bools, moment_of: Ints, horizon: int) -> ChurnBacktest:
    last = int(moment_of[chosen.judged].max())
    there = moment_of[chosen.judged] == last
    risk, left = chosen.held_out[there], outcome[chosen.judged][there]
    highest = np.argsort(-risk, kind="stable")[: min(NAMED, max(1, len(risk) // 4))]
    return ChurnBacktest(
        day=date.fromordinal(last),
        horizon=horizon,
        named=len(highest),
        left=int(left[highest].sum()),
        customers=len(risk),
        left_of_all=int(left.sum()),
    )
