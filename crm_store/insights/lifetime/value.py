"""What a customer's future is worth today: the sum of R_t / (1 + r) ** t over the coming periods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crm_store.insights.lifetime.repeat_purchases import Floats, History, RepeatPurchases
from crm_store.insights.lifetime.spending import Spending


def discounted(revenues: Sequence[float], *, rate: float) -> float:
    """The present value of what comes at the ends of periods 1, 2, … with the discount ``rate`` per period."""
    return float(sum(revenue / (1 + rate) ** t for t, revenue in enumerate(revenues, start=1)))


def lifetime_values(
    purchases: RepeatPurchases,
    spending: Spending,
    history: History,
    mean_spend: Floats,
    *,
    periods: int,
    length: float,
    yearly_rate: float,
    year: float,
) -> Floats:
    """Each customer's value over ``periods`` periods of ``length`` units of time: the revenue expected in each,
    discounted by ``yearly_rate``; ``year`` is a year in the same unit.
    """
    rate = (1 + yearly_rate) ** (length / year) - 1
    ends = [purchases.expected(history, length * t) for t in range(1, periods + 1)]
    each_period = np.diff(np.array([np.zeros_like(history.age), *ends]), axis=0)
    factors = (1 + rate) ** -np.arange(1.0, periods + 1)
    worth = spending.expected(history.repeats, mean_spend)
    return np.asarray((factors[:, None] * each_period).sum(axis=0) * worth)
