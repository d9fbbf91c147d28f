"""PERSON on the command line: a colleague's handle, or customer:<e-mail>."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import UnknownPerson
from crm_store.models import Contact, User
from crm_store.refs import RecordRef

VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the terminal speaks for. ``ref`` is None for a visitor nobody knows."""

    ref: RecordRef | None
    name: str


def find_person(session: Session, said: str) -> Person:
    """The colleague or customer called ``said``; raises UnknownPerson."""
    kind, _, rest = said.partition(":")
    if said.casefold() == VISITOR:
        return Person(None, VISITOR)
    if kind == "customer":
        contact = session.scalar(
            select(Contact).where(func.lower(Contact.email) == rest.strip().casefold()).order_by(Contact.id).limit(1)
        )
        if contact is None:
            raise UnknownPerson(said)
        return Person(contact.ref, contact.name)
    user = session.scalar(select(User).where(User.handle == said.casefold(), User.active.is_(True)))
    if user is None:
        raise UnknownPerson(said)
    return Person(user.ref, user.name)
