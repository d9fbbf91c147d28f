"""Values as a person reads them: amounts, days, times and ages in their locale and zone."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal

from crm_store.money import Money
from nlu.values.reading import Reading


def money_text(money: Money, reading: Reading) -> str:
    """ "40,000 USD"-like text in the reader's locale; whole amounts without decimals."""
    whole = money.amount == money.amount.to_integral_value()
    number = format_decimal(money.amount, format="#,##0" if whole else "#,##0.00", locale=reading.locale)
    return f"{number} {money.currency}"


def price_text(money: Money, reading: Reading) -> str:
    """The amount with its currency sign, for customers ("$49.00")."""
    return format_currency(money.amount, money.currency, locale=reading.locale)


def percent_text(share: Decimal | float, reading: Reading) -> str:
    """A share in [0, 1] as a whole percentage."""
    return f"{format_decimal(Decimal(str(share)) * 100, format='#,##0', locale=reading.locale)}%"


def day_text(day: date, reading: Reading) -> str:
    """A day as people say it: today, tomorrow, or "Fri, Mar 31", with the year when it is not this one."""
    difference = (day - reading.today).days
    if difference in _NEAR_DAYS:
        return _NEAR_DAYS[difference]
    if reading.locale.startswith("en_US"):
        pattern = "EEE, MMM d" if day.year == reading.today.year else "EEE, MMM d, y"
    else:
        pattern = "EEE, d MMM" if day.year == reading.today.year else "EEE, d MMM y"
    return _date_in(day, pattern, reading.locale)


@lru_cache(maxsize=4_096)
def _date_in(day: date, pattern: str, locale: str) -> str:
    return format_date(day, format=pattern, locale=locale)


def date_text(day: date, reading: Reading) -> str:
    """A day written out with its year ("Mar 31, 2027"), for facts that are kept."""
    return format_date(day, format="medium", locale=reading.locale)


def birthday_shown(birthday: str, reading: Reading) -> str:
    """A birthday as it is kept ("05-31") without a year: "May 31"."""
    return format_skeleton("MMMd", date.fromisoformat(f"2024-{birthday}"), locale=reading.locale)


def clock_text(clock: time, reading: Reading) -> str:
    """A time of day: "6:00 PM"."""
    return _clock_text(clock.replace(second=0, microsecond=0), reading.locale)


@lru_cache(maxsize=4_096)  # a thousand people are often told the same time
def _clock_text(clock: time, locale: str) -> str:
    return format_time(clock, format="short", locale=locale).replace("\u202f", " ")


def moment_text(moment: datetime, reading: Reading) -> str:
    """An instant in the reader's zone: the day as in ``day_text`` and the time."""
    local = moment.astimezone(reading.zone)
    return f"{day_text(local.date(), reading)} {clock_text(local.time(), reading)}"


def stamp_text(moment: datetime, reading: Reading) -> str:
    """An instant in the reader's zone, exact and short, for histories."""
    text = format_datetime(moment.astimezone(reading.zone), format="short", locale=reading.locale)
    return text.replace("\u202f", " ")


_NEAR_DAYS = {0: "today", 1: "tomorrow", -1: "yesterday"}
