"""RFM: how lately, how often and how much customers buy, from 1 to 5, and the names people have for the mixtures."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from crm_store.insights.scoring.customer_history import CustomerHistory
from crm_store.insights.scoring.events import Floats, Ints

RFM_SEGMENTS = (
    "champions",
    "loyal",
    "potential_loyalists",
    "new_customers",
    "promising",
    "needs_attention",
    "about_to_sleep",
    "at_risk",
    "cannot_lose",
    "hibernating",
    "lost",
    "prospects",
)
"""Every segment's key; prospects have never ordered."""
_NEW_DAYS = 120


def rfm_scores(history: CustomerHistory, customers: Ints, *, today: date) -> tuple[Ints, Ints, Ints]:
    """Recency, frequency and spend of customers who have ordered, 1 to 5: a fifth of them has each, ties together."""
    end = today.toordinal()
    events = history.order_days
    return (
        _fifths(events.last(end, customers).astype(float)),
        _fifths(events.count(0, end, customers).astype(float)),
        _fifths(events.total(0, end, customers)),
    )


def rfm_segments(recency: Ints, frequency: Ints, spend: Ints, *, orders: Ints, age: Ints) -> NDArray[np.str_]:
    """Each customer's segment. ``orders``: how many days with an order; ``age``: days since the first."""
    much = np.floor((frequency + spend) / 2 + 0.5).astype(int)
    conditions = [
        (recency >= 4) & (much >= 4),
        (orders == 1) & (age <= _NEW_DAYS),
        (recency == 3) & (much >= 4),
        (recency <= 2) & (much == 5),
        (recency <= 2) & (much >= 3),
        (recency >= 4) & (much >= 2),
        recency >= 4,
        (recency == 3) & (much >= 2),
        recency == 3,
        recency == 2,
    ]
    names = [
        "champions", "new_customers", "loyal", "cannot_lose", "at_risk", "potential_loyalists", "promising",
        "needs_attention", "about_to_sleep", "hibernating",
    ]  # fmt: skip
    return np.select(conditions, names, default="lost").astype(str)


def _fifths(values: Floats) -> Ints:
    """1 to 5 by the share of others that are lower, half of the equal ones counted."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    ordered = np.sort(values)
    lower, not_higher = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    fifths = np.minimum(5, 1 + np.floor((lower + not_higher) / 2 / len(values) * 5))
    return np.asarray(fifths, dtype=np.int64)
