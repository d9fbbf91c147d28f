"""The orders of customers whom documentation and tests know: Kim Lee and Jo Martin talk, Globex is talked about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from crm_store.demo.company import Company
from crm_store.demo.customers import Customer
from crm_store.demo.offers import Line
from crm_store.demo.orders import Purchase
from crm_store.demo.timeline import Timeline
from crm_store.models import OrderStatus

_MONTHS = 14
"""Northwind Traders orders labels every month, for so many months: there is an invoice for each, the last March too."""


_OF_GLOBEX = (
    (352, "Asset sensor AS-2", 40, OrderStatus.DELIVERED),
    (301, "Label rolls", 30, OrderStatus.DELIVERED),
    (248, "Temperature sensor TS-1", 24, OrderStatus.DELIVERED),
    (199, "Label rolls", 36, OrderStatus.DELIVERED),
    (151, "Rugged tablet RT-8", 10, OrderStatus.DELIVERED),
    (98, "Label rolls", 40, OrderStatus.DELIVERED),
    (52, "Asset sensor AS-2", 50, OrderStatus.DELIVERED),
    (7, "Label rolls", 44, OrderStatus.SHIPPED),
)
"""Dana's best-known customer orders every seven weeks: days ago, product, how many, and how far the order is."""


def told_purchases(timeline: Timeline, company: Company, customers: list[Customer]) -> list[Purchase]:
    """Kim has monthly orders and some under way in each state; Jo one on the way and an old one; Globex a habit."""
    by_name = {customer.name: customer for customer in customers}
    kim, jo = by_name["Northwind Traders"], by_name["Harbor Lane Books"]
    today = timeline.today
    under_way = (
        (kim, 40, "Rugged tablet RT-8", 6, OrderStatus.DELIVERED),
        (kim, 25, "Asset sensor AS-2", 30, OrderStatus.CANCELLED),
        (kim, 6, "Label printer LP-400", 2, OrderStatus.SHIPPED),
        (kim, 2, "Rugged tablet RT-10", 4, OrderStatus.PACKED),
        (kim, 1, "Temperature sensor TS-1", 12, OrderStatus.RECEIVED),
        (jo, 120, "Label printer LP-200", 1, OrderStatus.DELIVERED),
        (jo, 5, "Label rolls", 3, OrderStatus.SHIPPED),
    )
    purchases = [
        _purchase(company, customer, today - timedelta(days=days), product, quantity=quantity, status=status)
        for customer, days, product, quantity, status in under_way
    ]
    purchases += [
        _purchase(company, kim, day, "Label rolls", quantity=4 + day.month % 3, status=OrderStatus.DELIVERED)
        for day in _order_days(today)
        if day <= today - timedelta(days=10)
    ]
    globex = by_name["Globex"]
    purchases += [
        _purchase(company, globex, today - timedelta(days=days), product, quantity=quantity, status=status, aside=True)
        for days, product, quantity, status in _OF_GLOBEX
    ]
    return purchases


def _order_days(today: date) -> list[date]:
    """The third of this month and of the months before."""
    months = [today.year * 12 + today.month - 1 - back for back in range(_MONTHS)]
    return [date(month // 12, month % 12 + 1, 3) for month in months]


def _purchase(
    company: Company,
    customer: Customer,
    day: date,
    product_name: str,
    *,
    quantity: int,
    status: OrderStatus,
    aside: bool = False,
) -> Purchase:
    product = company.product(product_name)
    price = (product.price / company.rate(customer.place.currency, day)).quantize(Decimal("0.01"))
    return Purchase(
        customer=customer,
        person=customer.people[0],
        placed_at=datetime.combine(day, time(14, 20), UTC),
        currency=customer.place.currency,
        lines=(Line(product=product, quantity=quantity, unit_price=price),),
        status=status,
        aside=aside,
    )
