"""The scores of all customers while they are being collected, as arrays, and as rows for the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm_store.insights.scoring.customer_history import CustomerHistory
from crm_store.insights.scoring.events import Floats, Ints


@dataclass(slots=True, kw_only=True)
class AccountRows:
    """One entry per customer, numbered as in the history; NaN, "" and -1 stand for nothing known."""

    accounts: Ints
    row_of: dict[int, int]
    first_order: Ints
    last_order: Ints
    order_days: Ints
    revenue: Floats
    revenue_year: Floats
    churn: Floats
    churn_before: Floats
    value: Floats
    simple_value: Floats
    expected_orders: Floats
    order_value: Floats
    alive: Floats
    rfm: Ints
    segment: NDArray[np.str_]
    cluster: Ints
    reasons: dict[int, list[Any]]
    offers: dict[int, list[Any]]

    @classmethod
    def of(cls, history: CustomerHistory, *, today: date) -> AccountRows:
        """With what follows from the orders alone; the rest is not known yet."""
        count, day, orders = len(history), today.toordinal(), history.order_days

        def unknown() -> Floats:
            return np.full(count, np.nan)

        return cls(
            accounts=history.accounts,
            row_of={account: row for row, account in enumerate(history.accounts.tolist())},
            first_order=orders.first(day),
            last_order=orders.last(day),
            order_days=orders.count(0, day),
            revenue=orders.total(0, day),
            revenue_year=orders.total(day - 365, day),
            churn=unknown(),
            churn_before=unknown(),
            value=unknown(),
            simple_value=unknown(),
            expected_orders=unknown(),
            order_value=unknown(),
            alive=unknown(),
            rfm=np.full((count, 3), -1, dtype=np.int64),
            segment=np.full(count, "prospects", dtype="<U32"),
            cluster=np.full(count, -1, dtype=np.int64),
            reasons={},
            offers={},
        )

    def as_rows(self, run_id: int) -> Iterator[dict[str, Any]]:
        """The rows of the table, one after the other."""
        for row, account in enumerate(self.accounts.tolist()):
            first, last, count = int(self.first_order[row]), int(self.last_order[row]), int(self.order_days[row])
            recency, frequency, spend = (None if each < 0 else int(each) for each in self.rfm[row])
            yield {
                "run_id": run_id,
                "account_id": account,
                "churn": _number(self.churn[row]),
                "churn_before": _number(self.churn_before[row]),
                "reasons": self.reasons.get(row, []),
                "first_order_on": date.fromordinal(first) if first else None,
                "last_order_on": date.fromordinal(last) if last else None,
                "usual_days": round((last - first) / (count - 1)) if count > 1 else None,
                "order_days": count,
                "revenue": _money(self.revenue[row]),
                "revenue_year": _money(self.revenue_year[row]),
                "value": _money(self.value[row]),
                "simple_value": _money(self.simple_value[row]),
                "expected_orders": _number(self.expected_orders[row]),
                "order_value": _money(self.order_value[row]),
                "alive": _number(self.alive[row]),
                "recency_score": recency,
                "frequency_score": frequency,
                "spend_score": spend,
                "segment": str(self.segment[row]),
                "cluster": None if self.cluster[row] < 0 else int(self.cluster[row]),
                "offers": self.offers.get(row, []),
            }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _money(value: float) -> Decimal | None:
    return Decimal(round(float(value) * 100)).scaleb(-2) if np.isfinite(value) else None
