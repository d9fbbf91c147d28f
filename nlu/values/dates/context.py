"""What a temporal expression is resolved against, and calendar arithmetic."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from nlu.values.errors import UnreadableValue
from nlu.values.reading import Reading

Prefer = Literal["future", "past"]
Unit = Literal["day", "week", "month", "quarter", "half", "year", "fiscal_quarter", "fiscal_year", "weekend"]

MONTHS_IN: dict[str, int] = {
    "month": 1,
    "quarter": 3,
    "half": 6,
    "year": 12,
    "fiscal_quarter": 3,
    "fiscal_year": 12,
}


class Period(NamedTuple):
    """Whole calendar days from ``start`` to ``end`` (exclusive)."""

    start: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The circumstances of a reading, with the side on which an expression without a year or week is looked for."""

    now: datetime
    """The speaker's local time, aware."""
    zone: ZoneInfo
    prefer: Prefer
    fiscal_start: int

    @property
    def today(self) -> date:
        return self.now.date()

    @classmethod
    def of(cls, reading: Reading, prefer: Prefer) -> Context:
        """The context of a reading."""
        return cls(
            now=reading.now.astimezone(reading.zone),
            zone=reading.zone,
            prefer=prefer,
            fiscal_start=reading.fiscal_year_start,
        )


@lru_cache(maxsize=64)
def is_day_first(locale: str) -> bool:
    """Whether "3/4" is 3 April in a Babel locale identifier, by its short date format; False for one Babel lacks."""
    try:
        pattern = Locale.parse(locale, sep="-" if "-" in locale else "_").date_formats["short"].pattern
    except (UnknownLocaleError, ValueError):
        return False
    return bool(pattern.find("d") < pattern.find("M"))


def day_of(year: int, month: int, day: int, text: str = "") -> date:
    """A calendar day. Raises UnreadableValue(reason="no_such_day") when the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        raise UnreadableValue(kind="date", reason="no_such_day", text=text or f"{year}-{month}-{day}") from None


def days_after(day: date, days: int) -> date:
    """``day`` moved by days. Raises UnreadableValue(reason="out_of_range") beyond the years 1 to 9999."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise UnreadableValue(kind="date", reason="out_of_range", text=f"{days} days") from None


def months_after(day: date, months: int) -> date:
    """``day`` moved by months, on the month's last day when it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise UnreadableValue(kind="date", reason="out_of_range", text=f"{months} months")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_workday(day: date) -> bool:
    """Whether it is a Monday to Friday; public holidays differ by place and are not known here."""
    return day.weekday() < 5


def workdays_after(day: date, count: int) -> date:
    """The workday ``count`` workdays after ``day`` (before it when negative)."""
    weeks, rest = divmod(abs(count), 5)
    step = 1 if count >= 0 else -1
    moved = days_after(day, 7 * weeks * step)
    while rest or not is_workday(moved):
        moved = days_after(moved, step)
        rest -= is_workday(moved) and rest > 0
    return moved


def unit_around(day: date, unit: Unit, fiscal_start: int) -> Period:
    """The calendar unit that holds ``day``; weeks start on Monday, a weekend is the one that ends its week."""
    if unit == "day":
        return Period(day, days_after(day, 1))
    if unit in ("week", "weekend"):
        monday = days_after(day, -day.weekday())
        return Period(days_after(monday, 5 if unit == "weekend" else 0), days_after(monday, 7))
    months = MONTHS_IN[unit]
    first = fiscal_start if unit.startswith("fiscal") else 1
    offset = (day.month - first) % 12 % months
    start = months_after(day.replace(day=1), -offset)
    return Period(start, months_after(start, months))


def shift_unit(period: Period, unit: Unit, count: int, fiscal_start: int) -> Period:
    """The unit ``count`` units after one that ``unit_around`` yielded."""
    if unit == "day":
        return Period(days_after(period.start, count), days_after(period.end, count))
    if unit in ("week", "weekend"):
        return Period(days_after(period.start, 7 * count), days_after(period.end, 7 * count))
    months = MONTHS_IN[unit]
    return Period(months_after(period.start, months * count), months_after(period.end, months * count))
