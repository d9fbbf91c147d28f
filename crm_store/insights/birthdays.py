"""Whose birthday is near.

It is kept as month and day ("05-31"); who was born on 29 February has it on the 28th in other years.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from crm_store.models import Contact

_FRIDAY = 4


def birthday_text(day: date) -> str:
    """A day as a contact's birthday is kept."""
    return f"{day:%m-%d}"


def birthday_in(birthday: str, year: int) -> date:
    """The day it is kept on in a year."""
    month, day = (int(part) for part in birthday.split("-"))
    return date(year, 2, 28) if (month, day) == (2, 29) and not isleap(year) else date(year, month, day)


def birthdays_near(session: Session, today: date) -> Iterator[tuple[Contact, date]]:
    """Contacts whose birthday is today, and on a Friday those of the weekend; with the day it is on."""
    days = [today + timedelta(days=ahead) for ahead in range(3 if today.weekday() == _FRIDAY else 1)]
    kept = {birthday_text(day): day for day in days}
    for day in days:
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            kept["02-29"] = day
    query = select(Contact).where(Contact.birthday.in_(kept)).options(joinedload(Contact.account)).order_by(Contact.id)
    for contact in session.scalars(query):
        if contact.birthday is not None:
            yield contact, kept[contact.birthday]
