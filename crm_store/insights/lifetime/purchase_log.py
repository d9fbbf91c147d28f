"""From a list of purchases to what the models need to know of every customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from crm_store.insights.lifetime.repeat_purchases import Floats, History

WEEK = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Customers who bought by the end of the watched time, in ``customers``' order; times in weeks.

    ``mean_spend``: per day with a purchase after the first (0 when there was none); ``later``: days with a purchase,
    and ``later_spend`` what was spent on them, between the end of the watched time and the end of the log.
    """

    customers: tuple[Hashable, ...]
    history: History
    mean_spend: Floats
    later: Floats
    later_spend: Floats


def watch(purchases: Iterable[tuple[Hashable, date, float]], *, until: date) -> Watched:
    """What was seen up to ``until`` (included) and what came after. Several purchases on one day count as one."""
    by_customer: dict[Hashable, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for customer, day, amount in purchases:
        by_customer[customer][day] += amount
    customers, rows = [], []
    for customer, days in by_customer.items():
        seen = sorted(day for day in days if day <= until)
        if not seen:
            continue
        later = [day for day in days if day > until]
        repeats = seen[1:]
        customers.append(customer)
        rows.append(
            (
                len(repeats),
                (seen[-1] - seen[0]).days / WEEK,
                (until - seen[0]).days / WEEK,
                sum(days[day] for day in repeats) / len(repeats) if repeats else 0.0,
                len(later),
                sum(days[day] for day in later),
            )
        )
    table = np.array(rows, dtype=float).reshape(len(rows), 6)
    history = History(repeats=table[:, 0], recency=table[:, 1], age=table[:, 2])
    return Watched(
        customers=tuple(customers), history=history, mean_spend=table[:, 3], later=table[:, 4], later_spend=table[:, 5]
    )
