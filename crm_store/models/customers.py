"""Customers: accounts, their contacts, addresses and tags."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base, Record
from crm_store.models.people import User

account_tag = Table(
    "account_tag",
    Base.metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)
contact_tag = Table(
    "contact_tag",
    Base.metadata,
    Column("contact_id", ForeignKey("contact.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Tag(Base):
    """A label for accounts and contacts."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Account(Record, Base):
    """A company we sell to."""

    __tablename__ = "account"
    kind = "account"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    industry: Mapped[str | None] = mapped_column(index=True)
    region: Mapped[str | None] = mapped_column(index=True)
    employees: Mapped[int | None]
    website: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]

    owner: Mapped[User | None] = relationship()
    contacts: Mapped[list[Contact]] = relationship(back_populates="account")
    addresses: Mapped[list[Address]] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=account_tag)


class Contact(Record, Base):
    """A person outside the company, usually at an account. ``forget_requested_at``: asked for erasure of their data.

    ``birthday`` is month and day ("05-31"): the year is nobody's business.
    """

    __tablename__ = "contact"
    kind = "contact"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    title: Mapped[str | None]
    email: Mapped[str | None] = mapped_column(index=True)
    phone: Mapped[str | None] = mapped_column(index=True)
    birthday: Mapped[str | None] = mapped_column(String(5), index=True)
    timezone: Mapped[str | None]
    locale: Mapped[str] = mapped_column(default="en_US")
    forget_requested_at: Mapped[datetime | None]

    account: Mapped[Account | None] = relationship(back_populates="contacts")
    addresses: Mapped[list[Address]] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=contact_tag)


class Address(Record, Base):
    """A postal address of an account or a contact."""

    __tablename__ = "address"
    kind = "address"

    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    purpose: Mapped[str] = mapped_column(default="billing")
    street: Mapped[str]
    city: Mapped[str]
    postcode: Mapped[str]
    country: Mapped[str] = mapped_column(index=True)
