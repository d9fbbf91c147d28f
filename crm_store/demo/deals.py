"""Brightwater's deals: won and lost ones over three years, and those that are open now."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import accumulate, cycle, islice
from math import exp, log
from random import Random

from crm_store.demo.company import Company, PipelineRow, ProductRow
from crm_store.demo.customers import Customer, Person
from crm_store.demo.history import DealHistory, write_deal_history
from crm_store.demo.rows import Rows
from crm_store.demo.timeline import Timeline, in_order, office_day
from crm_store.models import Deal, DealLine, StageChange

_SOURCES = {"inbound": 0.34, "outbound": 0.26, "referral": 0.14, "partner": 0.12, "event": 0.14}
_SOURCE_EFFECT = {"inbound": 0.25, "outbound": -0.6, "referral": 0.9, "partner": 0.4, "event": -0.2}
"""How a deal's source shifts the log-odds of winning it."""
_LOST_REASONS = {"price": 28, "competitor": 22, "no decision": 18, "timing": 13, "no budget": 11, "feature gap": 8}
_NEXT_STEPS = (
    "Send the proposal", "Call back after their board meeting", "Demo for the operations team", "Get the security form",
    "Agree on the rollout plan", "Check the quote with finance", "Meet the new decision maker", "Send references",
)  # fmt: skip
_TITLES: dict[str, tuple[str, ...]] = {
    "Brightwater Desk": ("Desk for the back office", "Project tracking rollout", "Desk seats"),
    "Brightwater Desk Plus": ("Desk Plus upgrade", "Budget control project", "Approval workflow", "PMO tooling"),
    "Brightwater Field": ("Field rollout", "Technician scheduling", "Mobile job sheets", "Service dispatch"),
    "Brightwater Insights": ("Insights pilot", "Reporting overhaul", "Management dashboards", "Forecasting project"),
    "Label printer LP-200": ("Label printer refresh", "Shop labels", "Desktop printers"),
    "Label printer LP-400": ("Warehouse labelling", "Industrial printers", "Packing line labels"),
    "Rugged tablet RT-8": ("Tablets for drivers", "Delivery tablets", "Inspection tablets"),
    "Rugged tablet RT-10": ("Tablets for technicians", "Tablet replacement", "Site tablets"),
    "Temperature sensor TS-1": ("Cold chain monitoring", "Fridge sensors", "Temperature logging"),
    "Asset sensor AS-2": ("Asset tracking", "Sensor retrofit", "Equipment tracking"),
}
# Product, how often it leads a deal, quantity in a small company's deal.
_LEADING = (
    ("Brightwater Desk", 20, 22), ("Brightwater Desk Plus", 12, 18), ("Brightwater Field", 20, 16),
    ("Brightwater Insights", 9, 1.3), ("Label printer LP-200", 7, 12), ("Label printer LP-400", 7, 9),
    ("Rugged tablet RT-8", 8, 14), ("Rugged tablet RT-10", 6, 12), ("Temperature sensor TS-1", 6, 60),
    ("Asset sensor AS-2", 5, 90),
)  # fmt: skip
_DISCOUNTS = (0, 0, 0, 5, 5, 10, 15)


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many of a product at a price in the deal's currency."""

    product: ProductRow
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True)
class Sale:
    """A won deal: what an order follows from."""

    customer: Customer
    person: Person
    closed_at: datetime
    currency: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A deal before its history is known."""

    customer: Customer
    person: Person
    name: str
    pipeline: PipelineRow
    source: str
    currency: str
    lines: tuple[Line, ...]

    @property
    def amount(self) -> Decimal:
        return sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class OpenDeal:
    """An open deal that is always there. ``age``, ``closing_in`` in days; ``touched`` days ago; ``stage`` from 0."""

    account: str
    name: str
    stage: int
    amount: int | None
    closing_in: int | None
    age: int
    touched: int
    source: str = "inbound"
    renewal: bool = False


OPEN_DEALS = (
    OpenDeal(account="Globex", name="Website redesign", stage=1, amount=24_000, closing_in=45, age=34, touched=4),
    OpenDeal(account="Acme Corp", name="Insights pilot", stage=3, amount=36_500, closing_in=20, age=71, touched=2),
    OpenDeal(
        account="Acme Logistics", name="Tablets for drivers", stage=2, amount=82_000, closing_in=62, age=55, touched=9
    ),
    OpenDeal(
        account="Umbrella Health",
        name="Field rollout phase 2",
        stage=2,
        amount=58_000,
        closing_in=38,
        age=48,
        touched=6,
    ),
    OpenDeal(account="Hooli", name="Desk for support", stage=1, amount=None, closing_in=80, age=16, touched=16),
    OpenDeal(
        account="Stark Industries", name="Sensor retrofit", stage=2, amount=140_000, closing_in=95, age=88, touched=40
    ),
    OpenDeal(
        account="Wayne Logistics",
        name="Label printer refresh",
        stage=3,
        amount=27_500,
        closing_in=-6,
        age=63,
        touched=8,
    ),
    OpenDeal(
        account="Northwind Traders",
        name="Annual licence renewal",
        stage=1,
        amount=18_700,
        closing_in=30,
        age=25,
        touched=5,
        renewal=True,
    ),
)
_WITHOUT_OPEN_DEAL = frozenset({"Initech", "Harbor Lane Books"} | {deal.account for deal in OPEN_DEALS})
"""Accounts that get no drawn open deals, so that "the Globex deal" is one, and "the Initech deal" is yet to be made."""


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


@dataclass(kw_only=True)
class DealMaker:
    """Makes deals one after the other; ``activity_share`` scales how many activities they get."""

    rows: Rows
    timeline: Timeline
    rng: Random
    company: Company
    customers: list[Customer]
    activity_share: float = 1.0
    _owed: float = field(init=False)

    def __post_init__(self) -> None:
        self._owed = self.rng.random()

    def make_closed(self, count: int, *, progress: Callable[[float], None]) -> list[Sale]:
        """Add ``count`` won and lost deals; gives back the won ones, in the order of closing."""
        # A deal on a day goes to a customer of that day: the customers are ordered by when they were first seen.
        first_seen = [customer.first_seen for customer in self.customers]
        weights = list(
            accumulate(customer.eagerness * (1.4 if customer.is_large else 1) for customer in self.customers)
        )
        sales: list[Sale] = []
        for index, day in enumerate(self.timeline.closing_days(self.rng, count)):
            known = bisect_left(first_seen, day - timedelta(days=15))
            total = weights[max(0, known - 1)]
            customer = self.customers[bisect_left(weights, self.rng.random() * total)]
            while not customer.buys_on(day) and self.rng.random() < 0.9:
                # Who has left is rarely asked again, and never buys.
                customer = self.customers[bisect_left(weights, self.rng.random() * total)]
            sale = self._make_closed(customer, day)
            if sale is not None:
                sales.append(sale)
            if index % 1_000 == 0:
                progress(index / count)
                self.rows.write_when_many()
        return sales

    def make_open(self, count: int) -> None:
        """Add ``count`` open deals, spread evenly over the reps, among them those that are always there."""
        by_name = {customer.name: customer for customer in self.customers}
        for deal in OPEN_DEALS:
            self._make_given(by_name[deal.account], deal)
        for number, rep in enumerate(self.company.reps):
            own = [
                customer for customer in self.customers if customer.owner is rep and self._may_have_open_deals(customer)
            ]
            # The eager ones first; in a second round only when there are more deals than customers.
            own.sort(key=lambda customer: self.rng.random() ** (1 / customer.eagerness), reverse=True)
            given = sum(by_name[deal.account].owner is rep for deal in OPEN_DEALS)
            share = count // len(self.company.reps) + (number < count % len(self.company.reps))
            for customer, flaw in zip(islice(cycle(own), max(0, share - given)), cycle(_FLAWS), strict=False):
                self._make_open(customer, flaw)
                self.rows.write_when_many()

    def _may_have_open_deals(self, customer: Customer) -> bool:
        return (
            customer.name not in _WITHOUT_OPEN_DEAL
            and not customer.scripted
            and customer.buys_on(self.timeline.yesterday - timedelta(days=20))
            and customer.left_on is None
        )

    # ------------------------------------------------------------------------------------------------- closed deals

    def _make_closed(self, customer: Customer, day: date) -> Sale | None:
        rng = self.rng
        renews = self._is_up_for_renewal(customer, day) and rng.random() < 0.55
        draft = self._draft(customer, day, renewal=renews)
        won = self._is_won(self._win_probability(draft, day) if customer.buys_on(day) else 0.0)
        median = 45 if renews else (50 if won else 66)
        cycle = round(median * exp(rng.gauss(0, 0.55)) * (1.15 if customer.is_large else 0.9))
        cycle = max(6, min(cycle, 260, (day - customer.first_seen).days - 1, (day - self.timeline.start).days))
        moments, stage_ids = self._closed_path(draft, won, day - timedelta(days=cycle), day)
        closed_at = moments[-1]
        slip = rng.choice((0, 0, 0, 0, -7, -3, 4, 12))
        self._write(
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

    def _is_up_for_renewal(self, customer: Customer, day: date) -> bool:
        return customer.subscribed_on is not None and (day - customer.subscribed_on).days > 300

    def _is_won(self, probability: float) -> bool:
        """Systematic sampling: each deal is won with its probability, and in all as many as are to be expected.

        With some 30 won deals a quarter, independent draws would drown growth and season in noise.
        """
        self._owed += probability
        if self._owed >= 1:
            self._owed -= 1
            return True
        return False

    def _win_probability(self, draft: _Draft, day: date) -> float:
        """By source, rep and size; renewals are mostly won. Calibrated so that a quarter of new business is won."""
        if draft.pipeline is self.company.renewals:
            return 0.86 if draft.customer.left_on is None else 0.6
        dollars = float(draft.amount * self.company.rate(draft.currency, day))
        odds = (
            -1.15 + _SOURCE_EFFECT[draft.source] + draft.customer.owner.skill - 0.25 * log(max(dollars, 500) / 15_000)
        )
        return 1 / (1 + exp(-odds))

    def _closed_path(self, draft: _Draft, won: bool, created: date, closed: date) -> tuple[list[datetime], list[int]]:
        """The stages a closed deal went through, and when it entered each."""
        rng = self.rng
        stages = draft.pipeline.open_stages
        first = 1 if rng.random() < 0.2 else 0
        last = len(stages) - 1
        if not won:
            # Most lost deals never get to a proposal.
            last = max(first, rng.choices(range(len(stages)), weights=(30, 33, 24, 13)[: len(stages)])[0])
        visited = self._walk(first, last)
        ids = [stages[index].id for index in visited] + [draft.pipeline.won_id if won else draft.pipeline.lost_id]
        return self._moments(draft, created, closed, len(ids)), ids

    def _walk(self, first: int, last: int) -> list[int]:
        """From stage to stage; some are skipped, now and then a deal goes back one."""
        visited = [first]
        for index in range(first + 1, last + 1):
            if index < last and self.rng.random() < 0.08:
                continue
            visited.append(index)
            if index > first + 1 and self.rng.random() < 0.05:
                visited += [index - 1, index]
        return visited

    def _moments(self, draft: _Draft, first: date, last: date, count: int) -> list[datetime]:
        """``count`` moments in order, the first and the last on the given days."""
        if count == 1:
            return in_order(self.rng, [first], draft.customer.owner.zone)
        shares = list(accumulate(self.rng.expovariate(1) + 0.15 for _ in range(count - 1)))
        length = (last - first).days
        days = [first] + [first + timedelta(days=round(length * share / shares[-1])) for share in shares]
        return in_order(self.rng, days, draft.customer.owner.zone)

    # --------------------------------------------------------------------------------------------------- open deals

    def _make_open(self, customer: Customer, flaw: _Flaw | None) -> None:
        rng, today = self.rng, self.timeline.today
        renews = self._is_up_for_renewal(customer, today) and rng.random() < 0.6
        draft = self._draft(customer, self.timeline.yesterday, renewal=renews)
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
        visited = self._walk(0, stage) if stage else [0]
        self._write(
            _without_lines(draft) if flaw is _Flaw.NO_AMOUNT else draft,
            self._moments(draft, created, created if not stage else entered, len(visited)),
            [stages[index].id for index in visited],
            close_date=self._expected_close(stage, flaw),
            touched=today - timedelta(days=neglected_for) if neglected_for else None,
        )

    def _expected_close(self, stage: int, flaw: _Flaw | None) -> date | None:
        """Within nine months, the later stages soon."""
        rng, today = self.rng, self.timeline.today
        if flaw is _Flaw.NO_CLOSE_DATE:
            return None
        if flaw is _Flaw.OVERDUE:
            return today - timedelta(days=rng.randint(1, 45))
        days = (90, 70, 45, 24)[stage] * exp(rng.gauss(0, 0.6))
        return today + timedelta(days=min(270, round(days) + 3))

    def _make_given(self, customer: Customer, deal: OpenDeal) -> None:
        today = self.timeline.today
        pipeline = self.company.renewals if deal.renewal else self.company.sales
        draft = _Draft(
            customer=customer,
            person=customer.people[0],
            name=deal.name,
            pipeline=pipeline,
            source=deal.source,
            currency="USD",
            lines=() if deal.amount is None else (self._given_line(deal.amount),),
        )
        customer.deal_names.add(deal.name)
        moments = self._moments(
            draft,
            today - timedelta(days=deal.age),
            today - timedelta(days=min(deal.age, deal.touched + 4)),
            deal.stage + 1,
        )
        self._write(
            draft,
            moments,
            [stage.id for stage in pipeline.open_stages[: deal.stage + 1]],
            close_date=None if deal.closing_in is None else today + timedelta(days=deal.closing_in),
            touched=today - timedelta(days=deal.touched),
        )

    def _given_line(self, amount: int) -> Line:
        return Line(product=self.company.product("Onboarding package"), quantity=1, unit_price=Decimal(amount))

    # -------------------------------------------------------------------------------------------------- both of them

    def _draft(self, customer: Customer, day: date, *, renewal: bool) -> _Draft:
        rng = self.rng
        currency = customer.place.currency
        lines = self._lines(customer, day, renewal=renewal)
        title = f"Annual licence renewal {day.year}" if renewal else rng.choice(_TITLES[lines[0].product.name])
        return _Draft(
            customer=customer,
            person=rng.choice(customer.people),
            name=_unused(title, customer.deal_names),
            pipeline=self.company.renewals if renewal else self.company.sales,
            source="existing customer" if renewal else rng.choices(list(_SOURCES), weights=list(_SOURCES.values()))[0],
            currency=currency,
            lines=lines,
        )

    def _lines(self, customer: Customer, day: date, *, renewal: bool) -> tuple[Line, ...]:
        """A leading product in a log-normal quantity, and what often goes with it."""
        rng, product = self.rng, self.company.product
        leading = _LEADING[:4] if renewal else _LEADING
        name, _, typical = rng.choices(leading, weights=[weight for _, weight, _ in leading])[0]
        scale = 2.6 if customer.is_large else 0.9
        quantity = max(1, round(typical * scale * exp(rng.gauss(0, 0.6)) * self.timeline.growth(day) ** 0.25))
        chosen = [(product(name), quantity)]
        if product(name).group == "software" and not renewal:
            chosen += [
                (product(extra), 1)
                for extra, share in (("Onboarding package", 0.35), ("Premium support", 0.2))
                if rng.random() < share
            ]
        elif "printer" in name and rng.random() < 0.6:
            chosen.append((product("Label rolls"), quantity * rng.randint(1, 4)))
        discount = 1 - Decimal(rng.choice(_DISCOUNTS)) / 100
        rate = self.company.rate(customer.place.currency, day)
        return tuple(
            Line(product=item, quantity=number, unit_price=(item.price * discount / rate).quantize(Decimal("0.01")))
            for item, number in chosen
        )

    def _write(
        self,
        draft: _Draft,
        moments: list[datetime],
        stage_ids: list[int],
        *,
        close_date: date | None,
        closed_at: datetime | None = None,
        won: bool = False,
        touched: date | None = None,
    ) -> None:
        """Add the deal with its lines, its stage changes and what was done about it."""
        rng, rows = self.rng, self.rows
        history = DealHistory(
            deal_id=rows.next_id(Deal),
            customer=draft.customer,
            person=draft.person,
            created_at=moments[0],
            closed_at=closed_at,
            won=won,
            touched=touched,
        )
        last_activity_at = write_deal_history(rows, self.timeline, rng, history, share=self.activity_share)
        deal_id = rows.add(
            Deal,
            created_at=moments[0],
            name=draft.name,
            account_id=draft.customer.id,
            contact_id=draft.person.id,
            owner_id=draft.customer.owner.id,
            stage_id=stage_ids[-1],
            amount=draft.amount if draft.lines else None,
            currency=draft.currency,
            close_date=close_date,
            next_step=rng.choice(_NEXT_STEPS) if closed_at is None and rng.random() < 0.6 else None,
            source=draft.source,
            lost_reason=None if won or closed_at is None else _choose(rng, _LOST_REASONS),
            closed_at=closed_at,
            stage_since=moments[-1],
            last_activity_at=last_activity_at,
        )
        for line in draft.lines:
            rows.add(
                DealLine,
                deal_id=deal_id,
                product_id=line.product.id,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
        for index, (moment, stage_id) in enumerate(zip(moments, stage_ids, strict=True)):
            before = stage_ids[index - 1] if index else None
            rows.add(StageChange, deal_id=deal_id, from_stage_id=before, to_stage_id=stage_id, at=moment)


def _choose(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def _unused(title: str, taken: set[str]) -> str:
    """The title, or its next phase, so that no account has two deals of one name."""
    name, phase = title, 1
    while name in taken:
        phase += 1
        name = f"{title} phase {phase}"
    taken.add(name)
    return name


def _without_lines(draft: _Draft) -> _Draft:
    return _Draft(
        customer=draft.customer,
        person=draft.person,
        name=draft.name,
        pipeline=draft.pipeline,
        source=draft.source,
        currency=draft.currency,
        lines=(),
    )
