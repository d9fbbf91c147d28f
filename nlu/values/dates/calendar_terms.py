"""Days and periods named by the calendar: "31 March", "Friday", "Q3", "week 12", "FY27", "Christmas"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from dateutil.easter import easter

from nlu.values.dates.context import (
    MONTHS_IN,
    Context,
    Period,
    Unit,
    day_of,
    days_after,
    months_after,
    unit_around,
)
from nlu.values.dates.vocabulary import SEASONS
from nlu.values.errors import UnreadableValue

MIN_YEAR, MAX_YEAR = 1, 9998


class DayTerm(Protocol):
    """Whole calendar days, not yet placed in time."""

    def period(self, context: Context) -> Period:
        """The days meant. Raises UnreadableValue when the calendar has no such days."""
        ...


def choose(candidates: Iterable[Period], context: Context) -> Period:
    """Of periods in order: the first that is not over yet, or the last that has begun, as the context prefers."""
    begun: Period | None = None
    last: Period | None = None
    for period in candidates:
        last = period
        if context.prefer == "future":
            if period.end > context.today:
                return period
        elif period.start <= context.today:
            begun = period
    chosen = begun or last
    if chosen is None:
        raise UnreadableValue(kind="date", reason="no_such_day", text="")
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day or period given by some of its calendar parts; what is missing is chosen by the context."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None

    def period(self, context: Context) -> Period:
        if self.year is not None:
            return self._in_year(self.year)
        if self.month is not None:
            around = context.today.year
            years = (
                range(around - 8, around + 9) if (self.month, self.day) == (2, 29) else range(around - 1, around + 2)
            )
            return choose(self._in_years(years), context)
        if self.day is not None:
            return choose(self._in_months(self.day, context.today), context)
        if self.weekday is not None:
            first = days_after(context.today, (self.weekday - context.today.weekday()) % 7 - 7)
            days = [days_after(first, 7 * week) for week in range(3)]
            return choose([Period(day, days_after(day, 1)) for day in days], context)
        raise UnreadableValue(kind="date", reason="no_such_day", text="")

    def _in_year(self, year: int) -> Period:
        if not MIN_YEAR <= year <= MAX_YEAR:
            raise UnreadableValue(kind="date", reason="out_of_range", text=str(year))
        if self.month is None:
            return Period(date(year, 1, 1), date(year + 1, 1, 1))
        first = day_of(year, self.month, 1 if self.day is None else self.day)
        return Period(first, months_after(first, 1) if self.day is None else days_after(first, 1))

    def _in_years(self, years: Iterable[int]) -> list[Period]:
        found = []
        for year in years:
            try:
                found.append(self._in_year(year))
            except UnreadableValue as failure:
                error = failure
        if not found:
            raise error
        return found

    def _in_months(self, number: int, today: date) -> list[Period]:
        """The months around today that have the day, on the weekday when one was said too."""
        reach = 2 if self.weekday is None else 60
        first = months_after(today.replace(day=1), -reach)
        found = []
        for offset in range(2 * reach + 1):
            month = months_after(first, offset)
            if 1 <= number <= (months_after(month, 1) - month).days:
                day = month.replace(day=number)
                if self.weekday is None or day.weekday() == self.weekday:
                    found.append(Period(day, days_after(day, 1)))
        if not found:
            raise UnreadableValue(kind="date", reason="no_such_day", text=str(number))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfYear:
    """A numbered quarter or half of a calendar or fiscal year, or (``number`` None) a whole fiscal year.

    A fiscal year that does not start in January bears the number of the calendar year it ends in.
    """

    unit: Unit
    number: int | None = None
    year: int | None = None
    fiscal: bool = False
    year_offset: int | None = None

    def period(self, context: Context) -> Period:
        first = context.fiscal_start if self.fiscal else 1
        this_year = unit_around(context.today, "fiscal_year" if self.fiscal else "year", first)
        number_of_this = this_year.start.year + (1 if first > 1 else 0)
        if self.year is not None:
            return self._in_year(this_year.start, self.year - number_of_this)
        if self.year_offset is not None:
            return self._in_year(this_year.start, self.year_offset)
        return choose([self._in_year(this_year.start, offset) for offset in (-1, 0, 1)], context)

    def _in_year(self, this_year: date, offset: int) -> Period:
        start = months_after(this_year, 12 * offset)
        if self.number is None:
            return Period(start, months_after(start, 12))
        months = MONTHS_IN[self.unit]
        return Period(months_after(start, months * (self.number - 1)), months_after(start, months * self.number))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekNumber:
    """An ISO 8601 week of a year."""

    number: int
    year: int | None = None
    year_offset: int | None = None

    def period(self, context: Context) -> Period:
        if self.year is not None:
            return self._in_year(self.year)
        if self.year_offset is not None:
            return self._in_year(context.today.year + self.year_offset)
        around = context.today.year
        return choose([self._in_year(year) for year in range(around - 1, around + 2)], context)

    def _in_year(self, year: int) -> Period:
        try:
            monday = date.fromisocalendar(year, self.number, 1)
        except ValueError:
            raise UnreadableValue(kind="date", reason="no_such_week", text=f"week {self.number}") from None
        return Period(monday, days_after(monday, 7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A meteorological season of the northern hemisphere."""

    name: str
    year: int | None = None
    year_offset: int | None = None

    def period(self, context: Context) -> Period:
        year = context.today.year
        if self.year is not None or self.year_offset is not None:
            return self._in_year(self.year if self.year is not None else year + (self.year_offset or 0))
        return choose([self._in_year(at) for at in (year - 2, year - 1, year, year + 1)], context)

    def _in_year(self, year: int) -> Period:
        start = day_of(year, SEASONS[self.name], 1)
        return Period(start, months_after(start, 3))


_FIXED = {
    "christmas": (12, 25),
    "christmas day": (12, 25),
    "xmas": (12, 25),
    "christmas eve": (12, 24),
    "xmas eve": (12, 24),
    "boxing day": (12, 26),
    "new year": (1, 1),
    "new year's": (1, 1),
    "new years": (1, 1),
    "new year's day": (1, 1),
    "new years day": (1, 1),
    "new year's eve": (12, 31),
    "new years eve": (12, 31),
    "new year eve": (12, 31),
    "valentine's day": (2, 14),
    "valentines day": (2, 14),
    "halloween": (10, 31),
    "independence day": (7, 4),
    "may day": (5, 1),
    "st patrick's day": (3, 17),
    "saint patrick's day": (3, 17),
}
_AFTER_EASTER = {"easter": 0, "easter sunday": 0, "good friday": -2, "easter monday": 1, "whit monday": 50}
_NTH_WEEKDAY = {
    "thanksgiving": (11, 3, 4),
    "thanksgiving day": (11, 3, 4),
    "black friday": (11, 3, 4),
    "cyber monday": (11, 3, 4),
    "labor day": (9, 0, 1),
    "memorial day": (5, 0, -1),
    "martin luther king day": (1, 0, 3),
    "mlk day": (1, 0, 3),
    "mother's day": (5, 6, 2),
    "father's day": (6, 6, 3),
}
_DAYS_LATER = {"black friday": 1, "cyber monday": 4}
HOLIDAYS = frozenset(_FIXED) | frozenset(_AFTER_EASTER) | frozenset(_NTH_WEEKDAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A holiday by its common English name; movable ones by the rule of the United States."""

    name: str
    year: int | None = None
    year_offset: int | None = None

    def period(self, context: Context) -> Period:
        year = context.today.year
        if self.year is not None or self.year_offset is not None:
            day = self._in_year(self.year if self.year is not None else year + (self.year_offset or 0))
            return Period(day, days_after(day, 1))
        days = [self._in_year(at) for at in (year - 1, year, year + 1)]
        return choose([Period(day, days_after(day, 1)) for day in days], context)

    def _in_year(self, year: int) -> date:
        if self.name in _FIXED:
            return day_of(year, *_FIXED[self.name])
        if self.name in _AFTER_EASTER:
            if not 1583 <= year <= 4099:
                raise UnreadableValue(kind="date", reason="out_of_range", text=f"{self.name} {year}")
            return days_after(easter(year), _AFTER_EASTER[self.name])
        month, weekday, nth = _NTH_WEEKDAY[self.name]
        first = day_of(year, month, 1)
        day = nth_weekday(Period(first, months_after(first, 1)), weekday, nth)
        return days_after(day, _DAYS_LATER.get(self.name, 0))


def nth_weekday(period: Period, weekday: int, nth: int) -> date:
    """The nth (from the end when negative) such weekday of a period. Raises UnreadableValue when it has fewer."""
    if nth > 0:
        day = days_after(period.start, (weekday - period.start.weekday()) % 7 + 7 * (nth - 1))
    else:
        last = days_after(period.end, -1)
        day = days_after(last, -((last.weekday() - weekday) % 7) + 7 * (nth + 1))
    if not period.start <= day < period.end:
        raise UnreadableValue(kind="date", reason="no_such_day", text=f"{nth}. weekday {weekday}")
    return day
