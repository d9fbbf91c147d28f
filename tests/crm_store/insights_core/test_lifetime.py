"""Lifetime value: parameters that made the data are found again, and the present value is the formula's."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from crm_store.insights.lifetime.purchase_log import watch
from crm_store.insights.lifetime.repeat_purchases import FitFailed, History, RepeatPurchases, fit_repeat_purchases
from crm_store.insights.lifetime.spending import Spending, fit_spending
from crm_store.insights.lifetime.value import discounted, lifetime_values

TRUE = RepeatPurchases(r=0.6, alpha=5.0, a=1.2, b=3.0, log_likelihood=0.0)


def _simulated(
    customers: int, *, weeks: float, later: float
) -> tuple[History, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Customers drawn from the model's own story: buy at a rate, maybe leave after every purchase."""
    random = np.random.default_rng(5)
    rows, afterwards = [], []
    for _ in range(customers):
        rate, leaves = random.gamma(TRUE.r, 1 / TRUE.alpha), random.beta(TRUE.a, TRUE.b)
        now, repeats, last, after = 0.0, 0, 0.0, 0
        while True:
            now += random.exponential(1 / rate)
            if now > weeks + later:
                break
            if now <= weeks:
                repeats, last = repeats + 1, now
            else:
                after += 1
            if random.random() < leaves:
                break
        rows.append((repeats, last, weeks))
        afterwards.append(after)
    table = np.array(rows, dtype=float)
    return History(repeats=table[:, 0], recency=table[:, 1], age=table[:, 2]), np.array(afterwards, dtype=float)


def test_the_number_of_purchases_to_come_is_foreseen() -> None:
    history, later = _simulated(4000, weeks=52, later=26)
    model = fit_repeat_purchases(history)
    assert model.expected(history, 26).sum() == pytest.approx(later.sum(), rel=0.1)
    assert model.r == pytest.approx(TRUE.r, rel=0.25)
    assert model.alpha == pytest.approx(TRUE.alpha, rel=0.3)


def test_the_parameters_do_not_depend_on_the_unit_of_time() -> None:
    history, _ = _simulated(1500, weeks=52, later=0)
    days = History(repeats=history.repeats, recency=history.recency * 7, age=history.age * 7)
    in_weeks, in_days = fit_repeat_purchases(history), fit_repeat_purchases(days)
    assert in_days.alpha == pytest.approx(in_weeks.alpha * 7, rel=1e-3)
    assert in_days.expected(days, 70) == pytest.approx(in_weeks.expected(history, 10), rel=1e-3)


def test_a_customer_who_fell_silent_is_less_alive_than_one_who_bought_last_week() -> None:
    two = History(repeats=np.array([6.0, 6.0, 0.0]), recency=np.array([20.0, 51.0, 0.0]), age=np.full(3, 52.0))
    silent, recent, once = TRUE.alive(two)
    assert silent < recent
    assert once == 1.0  # the model lets nobody leave before a repeat purchase


def test_nobody_came_back_and_nothing_can_be_fitted() -> None:
    with pytest.raises(FitFailed):
        fit_repeat_purchases(History(repeats=np.zeros(50), recency=np.zeros(50), age=np.full(50, 9.0)))


def test_spending_parameters_are_found_again_and_single_purchases_are_drawn_to_the_mean() -> None:
    random = np.random.default_rng(2)
    p, q, gamma, customers = 6.0, 4.0, 15.0, 5000
    repeats = random.integers(1, 12, customers).astype(float)
    mean_spend = random.gamma(p * repeats, 1 / random.gamma(q, 1 / gamma, customers)) / repeats
    model = fit_spending(repeats, mean_spend)
    assert model.expected(np.zeros(1), np.zeros(1))[0] == pytest.approx(p * gamma / (q - 1), rel=0.08)
    once, often = model.expected(np.array([1.0, 50.0]), np.array([300.0, 300.0]))
    assert once < often < 300


def test_the_present_value_is_the_sum_of_discounted_revenue() -> None:
    assert discounted([110.0, 121.0], rate=0.1) == pytest.approx(200.0)
    assert discounted([], rate=0.1) == 0


def test_a_lifetime_value_adds_up_each_periods_revenue() -> None:
    history = History(repeats=np.array([3.0]), recency=np.array([30.0]), age=np.array([40.0]))
    spending = Spending(p=6.0, q=4.0, gamma=15.0, log_likelihood=0.0)
    [value] = lifetime_values(
        TRUE, spending, history, np.array([40.0]), periods=2, length=26.0, yearly_rate=0.21, year=52.0
    )
    first = float(TRUE.expected(history, 26.0)[0])
    second = float(TRUE.expected(history, 52.0)[0]) - first
    worth = float(spending.expected(np.array([3.0]), np.array([40.0]))[0])
    assert value == pytest.approx(discounted([first * worth, second * worth], rate=0.1))


def test_purchases_on_one_day_count_once_and_later_ones_apart() -> None:
    bought = [
        ("ann", date(2026, 1, 1), 10.0), ("ann", date(2026, 1, 8), 20.0), ("ann", date(2026, 1, 8), 5.0),
        ("ann", date(2026, 3, 1), 7.0), ("bob", date(2026, 3, 2), 9.0),
    ]  # fmt: skip
    seen = watch(bought, until=date(2026, 1, 31))
    assert seen.customers == ("ann",)
    assert (seen.history.repeats[0], seen.history.recency[0]) == (1.0, 1.0)
    assert seen.history.age[0] == pytest.approx(30 / 7)
    assert (seen.mean_spend[0], seen.later[0], seen.later_spend[0]) == (25.0, 1.0, 7.0)
