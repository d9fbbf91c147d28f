"""Orders and invoices: what won deals led to, and what customers order again and again until they stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from crm_store.demo.company import Company
from crm_store.demo.customers import Customer, Person
from crm_store.demo.deals import Sale
from crm_store.demo.offers import Line
from crm_store.demo.rows import Rows
from crm_store.demo.timeline import Timeline, office_day, office_time
from crm_store.models import Invoice, InvoiceStatus, Order, OrderLine, OrderStatus

_CARRIERS = {"UPS": "1Z{:016}", "DHL": "JD{:018}", "FedEx": "{:012}"}
_SHIPPED_GROUPS = frozenset({"hardware", "supplies"})
_REORDERED = (
    "Label rolls",
    "Label rolls",
    "Label rolls",
    "Asset sensor AS-2",
    "Temperature sensor TS-1",
    "Rugged tablet RT-8",
)
_FIRST_ORDER, _FIRST_INVOICE = 10_001, 2_001


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """An order before it has a number. ``status`` is None where it follows from the age.

    ``aside``: it draws random numbers of its own, so that the other orders are what they were without it.
    """

    customer: Customer
    person: Person
    placed_at: datetime
    currency: str
    lines: tuple[Line, ...]
    status: OrderStatus | None = None
    aside: bool = False

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))

    @property
    def is_shipped(self) -> bool:
        """Whether there is anything to ship; software is there at once."""
        return any(line.product.group in _SHIPPED_GROUPS for line in self.lines)


def from_sales(timeline: Timeline, rng: Random, sales: list[Sale]) -> list[Purchase]:
    """An order for each won deal, within a week; what was won too lately has not been ordered yet."""
    purchases: list[Purchase] = []
    for sale in sales:
        if sale.customer.scripted:
            continue
        placed_on = office_day(sale.closed_at.date() + timedelta(days=rng.randint(0, 6)))
        placed_at = max(sale.closed_at, office_time(rng, placed_on, sale.customer.owner.zone))
        if placed_at.date() < timeline.today:
            purchases.append(
                Purchase(
                    customer=sale.customer,
                    person=sale.person,
                    placed_at=placed_at,
                    currency=sale.currency,
                    lines=sale.lines,
                )
            )
    return purchases


def repeat_purchases(
    timeline: Timeline, rng: Random, company: Company, customers: list[Customer], *, count: int
) -> list[Purchase]:
    """``count`` orders of supplies and devices. Each customer orders in a rhythm of its own, and may drop out.

    The process is that of the BG/NBD model (Fader, Hardie and Lee, 2005): rates are gamma-distributed, and after each
    order a customer is gone with a chance of its own.
    """
    purchases: list[Purchase] = []
    buyers = [customer for customer in customers if not customer.scripted]
    while len(purchases) < count:
        for customer in rng.sample(buyers, len(buyers)):
            purchases += _orders_of(timeline, rng, company, customer)
            if len(purchases) >= count:
                break
    return purchases[:count]


def _orders_of(timeline: Timeline, rng: Random, company: Company, customer: Customer) -> list[Purchase]:
    days_between = 1 / max(1e-3, rng.gammavariate(1.6, 1 / 190))
    drop_out = rng.betavariate(0.9, 4)
    product = company.product(rng.choice(_REORDERED))
    purchases: list[Purchase] = []
    day = max(customer.first_seen + timedelta(days=4), timeline.start) + timedelta(
        days=round(rng.expovariate(1 / days_between))
    )
    while day < timeline.today and customer.buys_on(day):
        rate = company.rate(customer.place.currency, max(day, timeline.start))
        price = (product.price / rate).quantize(Decimal("0.01"))
        quantity = max(1, round(rng.lognormvariate(2.2, 0.6) * (2 if customer.is_large else 1)))
        purchases.append(
            Purchase(
                customer=customer,
                person=rng.choice(customer.people),
                placed_at=office_time(rng, office_day(day), customer.owner.zone),
                currency=customer.place.currency,
                lines=(Line(product=product, quantity=quantity, unit_price=price),),
            )
        )
        if rng.random() < drop_out:
            break
        day += timedelta(days=max(1, round(rng.expovariate(1 / days_between))))
    return purchases


def write_orders(rows: Rows, timeline: Timeline, rng: Random, purchases: list[Purchase]) -> None:
    """Add the orders in the order of placing, with numbers from ORD-10001 on, and their invoices from INV-2001 on."""
    invoices: list[_Bill] = []
    for number, purchase in enumerate(sorted(purchases, key=lambda each: each.placed_at), start=_FIRST_ORDER):
        draws = Random(f"{purchase.placed_at}") if purchase.aside else rng
        invoices.append(_write_order(rows, timeline, draws, purchase, f"ORD-{number}"))
        rows.write_when_many()
    for number, bill in enumerate(sorted(invoices, key=lambda each: each.issued_on), start=_FIRST_INVOICE):
        draws = Random(f"{bill.issued_on}") if bill.purchase.aside else rng
        _write_invoice(rows, timeline, draws, bill, f"INV-{number}")
        rows.write_when_many()


@dataclass(frozen=True, kw_only=True)
class _Bill:
    """An invoice before it has a number."""

    order_id: int
    purchase: Purchase
    issued_on: date
    void: bool


def _write_order(rows: Rows, timeline: Timeline, rng: Random, purchase: Purchase, number: str) -> _Bill:
    placed_at = purchase.placed_at
    status = purchase.status or _status(timeline, rng, purchase)
    shipped_at = delivered_at = None
    carrier = tracking = None
    expected_on = office_day(placed_at.date() + timedelta(days=8)) if purchase.is_shipped else placed_at.date()
    if not purchase.is_shipped:
        delivered_at = placed_at if status is OrderStatus.DELIVERED else None
    elif status in {OrderStatus.SHIPPED, OrderStatus.DELIVERED}:
        shipped_at = min(placed_at + timedelta(hours=rng.randint(20, 60)), _end(timeline))
        carrier = rng.choice(list(_CARRIERS))
        tracking = _CARRIERS[carrier].format(rng.randrange(10**11))
        if status is OrderStatus.DELIVERED:
            delivered_at = min(shipped_at + timedelta(hours=rng.randint(40, 150)), _end(timeline))
    order_id = rows.add(
        Order,
        created_at=placed_at,
        number=number,
        account_id=purchase.customer.id,
        contact_id=purchase.person.id,
        status=status,
        placed_at=placed_at,
        shipped_at=shipped_at,
        delivered_at=delivered_at,
        expected_on=None if status is OrderStatus.CANCELLED else expected_on,
        carrier=carrier,
        tracking_number=tracking,
        currency=purchase.currency,
        total=purchase.total,
    )
    for line in purchase.lines:
        rows.add(
            OrderLine, order_id=order_id, product_id=line.product.id, quantity=line.quantity, unit_price=line.unit_price
        )
    issued_on = (shipped_at or placed_at).date()
    return _Bill(order_id=order_id, purchase=purchase, issued_on=issued_on, void=status is OrderStatus.CANCELLED)


def _status(timeline: Timeline, rng: Random, purchase: Purchase) -> OrderStatus:
    age = (timeline.today - purchase.placed_at.date()).days
    if age > 3 and rng.random() < 0.04:
        return OrderStatus.CANCELLED
    if not purchase.is_shipped or age > 11:
        return OrderStatus.DELIVERED
    if age > 3:
        return OrderStatus.SHIPPED
    return OrderStatus.PACKED if age > 1 else OrderStatus.RECEIVED


def _write_invoice(rows: Rows, timeline: Timeline, rng: Random, bill: _Bill, number: str) -> None:
    due_on = bill.issued_on + timedelta(days=30)
    # One in twelve pays late, some of them very late.
    paid_on: date | None = bill.issued_on + timedelta(days=rng.randint(4, 29))
    if rng.random() < 0.08:
        paid_on = due_on + timedelta(days=rng.randint(1, 90))
    if bill.void or (paid_on is not None and paid_on >= timeline.today):
        paid_on = None
    if bill.void:
        status = InvoiceStatus.VOID
    elif paid_on is not None:
        status = InvoiceStatus.PAID
    else:
        status = InvoiceStatus.OVERDUE if due_on < timeline.today else InvoiceStatus.OPEN
    rows.add(
        Invoice,
        created_at=max(bill.purchase.placed_at, _morning(bill.issued_on)),
        number=number,
        order_id=bill.order_id,
        account_id=bill.purchase.customer.id,
        contact_id=bill.purchase.person.id,
        status=status,
        issued_on=bill.issued_on,
        due_on=due_on,
        paid_on=paid_on,
        currency=bill.purchase.currency,
        total=bill.purchase.total,
    )


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(8), UTC)


def _end(timeline: Timeline) -> datetime:
    """The end of the last day on which something may have happened."""
    return datetime.combine(timeline.yesterday, time(23, 59), UTC)
