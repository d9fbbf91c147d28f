"""What customers bought: orders with their lines, and invoices."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base, Record
from crm_store.models.customers import Account, Contact
from crm_store.models.sales import Product
from crm_store.types import ExactAmount


class OrderStatus(StrEnum):
    """Where an order is."""

    RECEIVED = "received"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class InvoiceStatus(StrEnum):
    """Whether an invoice is paid."""

    OPEN = "open"
    PAID = "paid"
    OVERDUE = "overdue"
    VOID = "void"


class Order(Record, Base):
    """A customer's order. ``number`` is what the customer quotes ("ORD-10423")."""

    __tablename__ = "customer_order"
    kind = "order"

    number: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    status: Mapped[OrderStatus]
    placed_at: Mapped[datetime] = mapped_column(index=True)
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    expected_on: Mapped[date | None]
    carrier: Mapped[str | None]
    tracking_number: Mapped[str | None]
    currency: Mapped[str]
    total: Mapped[Decimal] = mapped_column(ExactAmount)

    account: Mapped[Account] = relationship()
    contact: Mapped[Contact] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(back_populates="order")
    invoices: Mapped[list[Invoice]] = relationship(back_populates="order")


class OrderLine(Base):
    """A product in an order."""

    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(ExactAmount)

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()


class Invoice(Record, Base):
    """A bill for an order."""

    __tablename__ = "invoice"
    kind = "invoice"

    number: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    status: Mapped[InvoiceStatus]
    issued_on: Mapped[date] = mapped_column(index=True)
    due_on: Mapped[date]
    paid_on: Mapped[date | None]
    currency: Mapped[str]
    total: Mapped[Decimal] = mapped_column(ExactAmount)

    order: Mapped[Order] = relationship(back_populates="invoices")
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact] = relationship()
