"""Who can sit in front of the page: colleagues, customers, visitors."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from crm_store.models import Contact, Order, User
from crm_store.proofs import sessions_count_from
from crm_store.refs import RecordRef

VISITOR = "visitor"
_DEMO_CUSTOMERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a session. ``key`` names them and their one conversation: "user:3", "contact:7", "visitor:…".

    ``role`` is the user's, or "customer" or "visitor"; ``detail`` tells namesakes apart.
    """

    key: str
    name: str
    role: str
    detail: str = ""

    @property
    def kind(self) -> Literal["user", "contact", "visitor"]:
        """What stands before the colon of ``key``."""
        kind = self.key.partition(":")[0]
        return "user" if kind == "user" else "contact" if kind == "contact" else "visitor"

    @property
    def proven(self) -> str | None:
        """The record this person is known to be."""
        return None if self.kind == VISITOR else self.key

    def to_json(self) -> dict[str, str]:
        """What the page is told."""
        return {"key": self.key, "name": self.name, "role": self.role, "detail": self.detail}


def new_visitor_key() -> str:
    """A key nobody can guess, for somebody who has not signed in."""
    return f"{VISITOR}:{secrets.token_urlsafe(16)}"


def load_person(session: Session, key: str, *, opened_at: datetime | None = None) -> Person | None:
    """The person behind a session's key; None when they are gone or no longer active.

    A customer's session opened before they signed out everywhere no longer counts.
    """
    if key.startswith(f"{VISITOR}:"):
        return Person(key=key, name="", role=VISITOR)
    ref = RecordRef.from_text(key)
    if ref is None:
        return None
    if ref.kind == "user":
        user = session.get(User, ref.id)
        return _from_user(user) if user is not None and user.active and user.deleted_at is None else None
    if ref.kind == "contact":
        ended = sessions_count_from(session, ref.id)
        if opened_at is not None and ended is not None and opened_at < ended:
            return None
        contact = session.get(Contact, ref.id, options=[joinedload(Contact.account)])
        return _from_contact(contact) if contact is not None and contact.deleted_at is None else None
    return None


def demo_people(session: Session) -> list[Person]:
    """Whom a demo lets one be: every active colleague, and the customers who ordered last."""
    users = session.scalars(select(User).where(User.active, User.deleted_at.is_(None)).order_by(User.handle))
    latest = func.max(Order.placed_at)
    customers = session.scalars(
        select(Contact)
        .join(Order, Order.contact_id == Contact.id)
        .where(Contact.deleted_at.is_(None))
        .group_by(Contact.id)
        .order_by(latest.desc(), Contact.id)
        .limit(_DEMO_CUSTOMERS)
        .options(joinedload(Contact.account))
    )
    return [*map(_from_user, users), *map(_from_contact, customers)]


def person_for_email(session: Session, email: str) -> Person | None:
    """Whom a sign-in link for this address signs in; a colleague before a customer, and nobody when it is ambiguous."""
    address = email.strip().lower()
    user = session.scalars(select(User).where(func.lower(User.email) == address)).first()
    if user is not None:
        return _from_user(user) if user.active and user.deleted_at is None else None
    contacts = session.scalars(
        select(Contact).where(func.lower(Contact.email) == address, Contact.deleted_at.is_(None)).limit(2)
    ).all()
    return _from_contact(contacts[0]) if len(contacts) == 1 else None


def _from_user(user: User) -> Person:
    return Person(key=str(user.ref), name=user.name, role=user.role.value, detail=user.handle)


def _from_contact(contact: Contact) -> Person:
    company = contact.account.name if contact.account is not None else ""
    return Person(key=str(contact.ref), name=contact.name, role="customer", detail=company)
