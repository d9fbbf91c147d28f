"""Deals that were won or lost over the three years."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from math import exp, log

from crm_store.demo.company import Company
from crm_store.demo.customers import Customer, Person
from crm_store.demo.deal_writing import DealWriter
from crm_store.demo.offers import Draft, Line, draft_deal

_SOURCE_EFFECT = {"inbound": 0.25, "outbound": -0.6, "referral": 0.9, "partner": 0.4, "event": -0.2}
"""How a deal's source shifts the log-odds of winning it."""


@dataclass(frozen=True, kw_only=True)
class Sale:
    """A won deal: what an order follows from."""

    customer: Customer
    person: Person
    closed_at: datetime
    currency: str
    lines: tuple[Line, ...]


@dataclass(kw_only=True)
class ClosedDeals:
    """Makes deals that are won or lost. ``customers`` are ordered by when they were first seen."""

    writer: DealWriter
    company: Company
    customers: list[Customer]
    _owed: float = field(init=False)

    def __post_init__(self) -> None:
        self._owed = self.writer.rng.random()

    def make(self, count: int, *, progress: Callable[[float], None]) -> list[Sale]:
        """Add ``count`` won and lost deals; gives back the won ones, in the order of closing."""
        # A deal on a day goes to a customer of that day: the customers are ordered by when they were first seen.
        first_seen = [customer.first_seen for customer in self.customers]
        weights = list(
            accumulate(customer.eagerness * (1.4 if customer.is_large else 1) for customer in self.customers)
        )
        sales: list[Sale] = []
        for index, day in enumerate(self.writer.timeline.closing_days(self.writer.rng, count)):
            known = bisect_left(first_seen, day - timedelta(days=15))
            total = weights[max(0, known - 1)]
            customer = self.customers[bisect_left(weights, self.writer.rng.random() * total)]
            while not customer.buys_on(day) and self.writer.rng.random() < 0.9:
                # Who has left is rarely asked again, and never buys.
                customer = self.customers[bisect_left(weights, self.writer.rng.random() * total)]
            sale = self._make_closed(customer, day)
            if sale is not None:
                sales.append(sale)
            if index % 1_000 == 0:
                progress(index / count)
                self.writer.rows.write_when_many()
        return sales

    def _make_closed(self, customer: Customer, day: date) -> Sale | None:
        timeline, rng = self.writer.timeline, self.writer.rng
        renews = customer.is_up_for_renewal(day) and rng.random() < 0.55
        draft = draft_deal(timeline, rng, self.company, customer, day=day, renewal=renews)
        won = self._is_won(self._win_probability(draft, day) if customer.buys_on(day) else 0.0)
        median = 45 if renews else (50 if won else 66)
        cycle = round(median * exp(rng.gauss(0, 0.55)) * (1.15 if customer.is_large else 0.9))
        cycle = max(6, min(cycle, 260, (day - customer.first_seen).days - 4, (day - timeline.start).days))
        moments, stage_ids = self._closed_path(draft, won, day - timedelta(days=cycle), day)
        closed_at = moments[-1]
        slip = rng.choice((0, 0, 0, 0, -7, -3, 4, 12))
        self.writer.write(
            draft,
            moments,
            stage_ids,
            close_date=closed_at.date() + timedelta(days=slip if not won else 0),
            closed_at=closed_at,
            won=won,
        )
        if renews and not won:
            customer.subscribed_on = None
        if not won:
            return None
        if any(line.product.recurring for line in draft.lines):
            customer.subscribed_on = day
        return Sale(
            customer=customer,
            person=draft.person,
            closed_at=closed_at,
            currency=draft.currency,
            lines=draft.lines,
        )

    def _is_won(self, probability: float) -> bool:
        """Systematic sampling: each deal is won with its probability, and in all as many as are to be expected.

        With some 30 won deals a quarter, independent draws would drown growth and season in noise.
        """
        self._owed += probability
        if self._owed >= 1:
            self._owed -= 1
            return True
        return False

    def _win_probability(self, draft: Draft, day: date) -> float:
        """By source, rep and size; renewals are mostly won. Calibrated so that a quarter of new business is won."""
        if draft.pipeline is self.company.renewals:
            return 0.86 if draft.customer.left_on is None else 0.6
        dollars = float(draft.amount * self.company.rate(draft.currency, day))
        odds = (
            -1.15 + _SOURCE_EFFECT[draft.source] + draft.customer.owner.skill - 0.25 * log(max(dollars, 500) / 15_000)
        )
        return 1 / (1 + exp(-odds))

    def _closed_path(self, draft: Draft, won: bool, created: date, closed: date) -> tuple[list[datetime], list[int]]:
        """The stages a closed deal went through, and when it entered each."""
        rng = self.writer.rng
        stages = draft.pipeline.open_stages
        first = 1 if rng.random() < 0.2 else 0
        last = len(stages) - 1
        if not won:
            # Most lost deals never get to a proposal.
            last = max(first, rng.choices(range(len(stages)), weights=(30, 33, 24, 13)[: len(stages)])[0])
        visited = self.writer.walk(first, last)
        ids = [stages[index].id for index in visited] + [draft.pipeline.won_id if won else draft.pipeline.lost_id]
        return self.writer.moments(draft, created, closed, len(ids)), ids
