"""What is offered to a customer: which products, how many, at which price, and under which title."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import exp
from random import Random

from crm_store.demo.company import Company, PipelineRow, ProductRow
from crm_store.demo.customers import Customer, Person
from crm_store.demo.timeline import Timeline

_SOURCES = {"inbound": 0.34, "outbound": 0.26, "referral": 0.14, "partner": 0.12, "event": 0.14}
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
class Draft:
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
        """The sum of the lines."""
        return sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))


def draft_deal(
    timeline: Timeline, rng: Random, company: Company, customer: Customer, *, day: date, renewal: bool
) -> Draft:
    """Draw a deal that begins with, or is closed on, ``day``."""
    currency = customer.place.currency
    lines = _draw_lines(timeline, rng, company, customer, day=day, renewal=renewal)
    title = f"Annual licence renewal {day.year}" if renewal else rng.choice(_TITLES[lines[0].product.name])
    return Draft(
        customer=customer,
        person=rng.choice(customer.people),
        name=_unused(title, customer.deal_names),
        pipeline=company.renewals if renewal else company.sales,
        source="existing customer" if renewal else rng.choices(list(_SOURCES), weights=list(_SOURCES.values()))[0],
        currency=currency,
        lines=lines,
    )


def _draw_lines(
    timeline: Timeline, rng: Random, company: Company, customer: Customer, *, day: date, renewal: bool
) -> tuple[Line, ...]:
    """A leading product in a log-normal quantity, and what often goes with it."""
    product = company.product
    leading = _LEADING[:4] if renewal else _LEADING
    name, _, typical = rng.choices(leading, weights=[weight for _, weight, _ in leading])[0]
    scale = 2.6 if customer.is_large else 0.9
    quantity = max(1, round(typical * scale * exp(rng.gauss(0, 0.6)) * timeline.growth(day) ** 0.25))
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
    rate = company.rate(customer.place.currency, day)
    return tuple(
        Line(product=item, quantity=number, unit_price=(item.price * discount / rate).quantize(Decimal("0.01")))
        for item, number in chosen
    )


def _unused(title: str, taken: set[str]) -> str:
    """The title, or its next phase, so that no account has two deals of one name."""
    name, phase = title, 1
    while name in taken:
        phase += 1
        name = f"{title} phase {phase}"
    taken.add(name)
    return name
