"""Deals that are open today: those that tests and the documentation talk about, and drawn ones for every rep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from itertools import cycle, islice
from math import exp

from crm_store.demo.company import Company
from crm_store.demo.customers import Customer
from crm_store.demo.deal_writing import DealWriter
from crm_store.demo.offers import Draft, Line, draft_deal
from crm_store.demo.timeline import office_day


@dataclass(frozen=True, kw_only=True)
class KnownDeal:
    """An open deal that is always there. ``stage`` counts from 0; ``closing_in`` and ``age`` are days.

    It was last ``touched`` so many days ago. Without a ``quantity`` nothing has been offered yet.
    """

    account: str
    name: str
    stage: int
    product: str
    quantity: int = 0
    amount: int = 0
    closing_in: int
    age: int
    touched: int
    renewal: bool = False


KNOWN_DEALS = (
    KnownDeal(
        account="Globex", name="Website redesign", stage=1,
        product="Brightwater Desk Plus", quantity=40, amount=24_000,
        closing_in=45, age=34, touched=4,
    ),
    KnownDeal(
        account="Acme Corp", name="Insights pilot", stage=3,
        product="Brightwater Insights", quantity=4, amount=36_000,
        closing_in=20, age=71, touched=2,
    ),
    KnownDeal(
        account="Acme Logistics", name="Tablets for drivers", stage=2,
        product="Rugged tablet RT-8", quantity=125, amount=82_000,
        closing_in=62, age=55, touched=9,
    ),
    KnownDeal(
        account="Umbrella Health", name="Field rollout phase 2", stage=2,
        product="Brightwater Field", quantity=80, amount=58_000,
        closing_in=38, age=48, touched=6,
    ),
    KnownDeal(
        account="Hooli", name="Desk for support", stage=1,
        product="Brightwater Desk",
        closing_in=80, age=16, touched=16,
    ),
    KnownDeal(
        account="Stark Industries", name="Sensor retrofit", stage=2,
        product="Asset sensor AS-2", quantity=1750, amount=140_000,
        closing_in=95, age=88, touched=40,
    ),
    KnownDeal(
        account="Wayne Logistics", name="Label printer refresh", stage=3,
        product="Label printer LP-400", quantity=34, amount=27_200,
        closing_in=-6, age=63, touched=8,
    ),
    KnownDeal(
        account="Northwind Traders", name="Annual licence renewal", stage=1,
        product="Brightwater Desk", quantity=44, amount=18_700,
        closing_in=30, age=25, touched=5, renewal=True,
    ),
)  # fmt: skip
_WITHOUT_DRAWN_DEALS = frozenset({"Initech", "Harbor Lane Books"} | {deal.account for deal in KNOWN_DEALS})
"""So that "the Globex deal" is one, and "the Initech deal" is yet to be made."""


class _Flaw(Enum):
    """What is not as it should be about an open deal."""

    NO_AMOUNT = "no amount"
    NO_CLOSE_DATE = "no close date"
    OVERDUE = "overdue"
    NEGLECTED = "neglected"


_FLAWS = (
    None, _Flaw.NEGLECTED, None, _Flaw.OVERDUE, None, None, _Flaw.NO_AMOUNT, None, None, _Flaw.NEGLECTED,
    None, _Flaw.NO_CLOSE_DATE, None, None, _Flaw.OVERDUE, None, _Flaw.NEGLECTED, None, None, None,
)  # fmt: skip
"""Of a rep's open deals in turn."""


@dataclass(frozen=True, kw_only=True)
class OpenDeals:
    """Makes deals that are open today."""

    writer: DealWriter
    company: Company
    customers: list[Customer]

    def make(self, count: int) -> None:
        """Add ``count`` open deals, spread evenly over the reps, among them those that are always there."""
        by_name = {customer.name: customer for customer in self.customers}
        for deal in KNOWN_DEALS:
            self._make_known(by_name[deal.account], deal)
        for number, rep in enumerate(self.company.reps):
            own = [
                customer for customer in self.customers if customer.owner is rep and self._may_have_open_deals(customer)
            ]
            # The eager ones first; in a second round only when there are more deals than customers.
            own.sort(key=lambda customer: self.writer.rng.random() ** (1 / customer.eagerness), reverse=True)
            given = sum(by_name[deal.account].owner is rep for deal in KNOWN_DEALS)
            share = count // len(self.company.reps) + (number < count % len(self.company.reps))
            for customer, flaw in zip(islice(cycle(own), max(0, share - given)), cycle(_FLAWS), strict=False):
                self._make_open(customer, flaw)
                self.writer.rows.write_when_many()

    def _may_have_open_deals(self, customer: Customer) -> bool:
        return (
            customer.name not in _WITHOUT_DRAWN_DEALS
            and not customer.scripted
            and customer.left_on is None
            and customer.buys_on(self.writer.timeline.today - timedelta(days=90))
        )

    def _make_open(self, customer: Customer, flaw: _Flaw | None) -> None:
        timeline, rng = self.writer.timeline, self.writer.rng
        today = timeline.today
        renews = customer.is_up_for_renewal(today) and rng.random() < 0.6
        draft = draft_deal(timeline, rng, self.company, customer, day=timeline.yesterday, renewal=renews)
        if renews:
            customer.subscribed_on = None
        stages = draft.pipeline.open_stages
        stage = rng.choices(range(len(stages)), weights=(28, 32, 25, 15)[: len(stages)])[0]
        age = round((14, 34, 55, 75)[stage] * exp(rng.gauss(0, 0.6)))
        neglected_for = rng.randint(30, 75) if flaw is _Flaw.NEGLECTED else 0
        age = max(3 + stage, neglected_for + 5, min(age, 300, (today - customer.first_seen).days - 1))
        created = office_day(today - timedelta(days=age))
        # It entered its stage some time ago, but not on the day of creation.
        entered = today - timedelta(days=max(1, neglected_for, round(age * rng.uniform(0.1, 0.6))))
        visited = self.writer.walk(0, stage) if stage else [0]
        self.writer.write(
            replace(draft, lines=()) if flaw is _Flaw.NO_AMOUNT else draft,
            self.writer.moments(draft, created, created if not stage else entered, len(visited)),
            [stages[index].id for index in visited],
            close_date=self._expected_close(stage, flaw),
            touched=today - timedelta(days=neglected_for) if neglected_for else None,
        )

    def _expected_close(self, stage: int, flaw: _Flaw | None) -> date | None:
        """Within nine months, the later stages soon."""
        rng, today = self.writer.rng, self.writer.timeline.today
        if flaw is _Flaw.NO_CLOSE_DATE:
            return None
        if flaw is _Flaw.OVERDUE:
            return today - timedelta(days=rng.randint(1, 45))
        days = (90, 70, 45, 24)[stage] * exp(rng.gauss(0, 0.6))
        return today + timedelta(days=min(270, round(days) + 3))

    def _make_known(self, customer: Customer, deal: KnownDeal) -> None:
        today = self.writer.timeline.today
        pipeline = self.company.renewals if deal.renewal else self.company.sales
        draft = Draft(
            customer=customer,
            person=customer.people[0],
            name=deal.name,
            pipeline=pipeline,
            source="inbound",
            currency="USD",
            lines=self._known_lines(deal),
        )
        customer.deal_names.add(deal.name)
        moments = self.writer.moments(
            draft,
            today - timedelta(days=deal.age),
            today - timedelta(days=min(deal.age, deal.touched + 4)),
            deal.stage + 1,
        )
        self.writer.write(
            draft,
            moments,
            [stage.id for stage in pipeline.open_stages[: deal.stage + 1]],
            close_date=today + timedelta(days=deal.closing_in),
            touched=today - timedelta(days=deal.touched),
        )

    def _known_lines(self, deal: KnownDeal) -> tuple[Line, ...]:
        if not deal.quantity:
            return ()
        unit_price = Decimal(deal.amount) / deal.quantity
        return (Line(product=self.company.product(deal.product), quantity=deal.quantity, unit_price=unit_price),)
