"""Days and periods counted from now or from one another: "next week", "3 days after Monday", "end of March"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from nlu.values.dates.calendar_terms import CalendarDay, DayTerm, nth_weekday
from nlu.values.dates.context import (
    Context,
    Period,
    Unit,
    days_after,
    months_after,
    shift_unit,
    unit_around,
    workdays_after,
)
from nlu.values.dates.span_grammar import Length
from nlu.values.errors import UnreadableValue


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysFromToday:
    """ "today", "tomorrow", "the day before yesterday"."""

    days: int

    def period(self, context: Context) -> Period:
        day = days_after(context.today, self.days)
        return Period(day, days_after(day, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlace:
    """ "this week", "next quarter", "last year", "the month after next" (place 2)."""

    unit: Unit
    place: int

    def period(self, context: Context) -> Period:
        around = unit_around(context.today, self.unit, context.fiscal_start)
        return shift_unit(around, self.unit, self.place, context.fiscal_start)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekdayPlace:
    """ "this Friday" and "next Friday": the one of this and of next calendar week (Monday first)."""

    weekday: int
    week: int

    def period(self, context: Context) -> Period:
        day = days_after(context.today, self.weekday - context.today.weekday() + 7 * self.week)
        return Period(day, days_after(day, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestWeekday:
    """ "this past Friday" and "this coming Friday": the nearest one before (``sign`` -1) or after (1) today."""

    weekday: int
    sign: int

    def period(self, context: Context) -> Period:
        distance = (self.sign * (self.weekday - context.today.weekday()) - 1) % 7 + 1
        day = days_after(context.today, self.sign * distance)
        return Period(day, days_after(day, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPlace:
    """ "this March", "next March", "last March": of this year; the first to come; the last that is over."""

    month: int
    day: int | None
    place: int

    def period(self, context: Context) -> Period:
        year = context.today.year
        this = CalendarDay(year=year, month=self.month, day=self.day).period(context)
        if self.place > 0 and this.start <= context.today:
            year += 1
        elif self.place < 0 and this.end > context.today:
            year -= 1
        return CalendarDay(year=year, month=self.month, day=self.day).period(context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A day a length of whole days before (``sign`` -1) or after (1) another: "in two weeks", "3 days before
    Friday".
    """

    length: Length
    sign: int
    anchor: DayTerm | None = None

    def period(self, context: Context) -> Period:
        if self.anchor is None:
            origin = context.today
        else:
            anchor = self.anchor.period(context)
            origin = anchor.start if self.sign < 0 else days_after(anchor.end, -1)
        if self.length.workdays:
            day = workdays_after(origin, self.sign * self.length.workdays)
        else:
            day = self.length.span.times(self.sign).after_day(origin)
        return Period(day, days_after(day, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A length of whole days up to today ("last 30 days": today not counted) or from tomorrow on ("next 3 days").

    ``from_today`` counts today ("within 3 days"). Counted quarters are whole ones, beside this quarter. With an
    anchor it starts there ("2 weeks from Monday").
    """

    length: Length
    sign: int
    from_today: bool = False
    whole_quarters: bool = False
    anchor: DayTerm | None = None

    def period(self, context: Context) -> Period:
        today = context.today
        if self.whole_quarters:
            quarter = unit_around(today, "quarter", 1)
            months = self.length.span.months
            if self.sign < 0:
                return Period(months_after(quarter.start, -months), quarter.start)
            return Period(quarter.end, months_after(quarter.end, months))
        if self.anchor is not None:
            return self._from(self.anchor.period(context).start)
        if self.sign > 0:
            return self._from(today if self.from_today else days_after(today, 1))
        if self.length.workdays:
            return Period(workdays_after(today, -self.length.workdays), today)
        return Period(self.length.span.times(-1).after_day(today), today)

    def _from(self, start: date) -> Period:
        if self.length.workdays:
            first = workdays_after(days_after(start, -1), 1)
            return Period(first, days_after(workdays_after(days_after(start, -1), self.length.workdays), 1))
        return Period(start, self.length.span.after_day(start))


Part = Literal["start", "early", "middle", "late", "end", "later", "rest", "first_half", "second_half", "to_date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOf:
    """A part of a period.

    "start" and "end" are its first and last day (the end of a week is its Friday, as in business), "early" and "late"
    its first and last third, "middle" its middle third, of a month the 15th, "rest" and "later" what is left of it from
    today or tomorrow on, "to_date" what has passed with today.
    """

    part: Part
    term: DayTerm

    def period(self, context: Context) -> Period:
        start, end = self.term.period(context)
        days = (end - start).days
        if days < 2:
            return Period(start, end)
        if self.part == "start":
            return Period(start, days_after(start, 1))
        if self.part == "end":
            last = days_after(start, 4) if days == 7 and start.weekday() == 0 else days_after(end, -1)
            return Period(last, days_after(last, 1))
        if self.part == "rest":
            return Period(max(start, min(context.today, days_after(end, -1))), end)
        if self.part == "later":
            return Period(max(start, min(days_after(context.today, 1), days_after(end, -1))), end)
        if self.part == "to_date":
            return Period(start, max(days_after(start, 1), min(end, days_after(context.today, 1))))
        return self._fraction(start, end, days)

    def _fraction(self, start: date, end: date, days: int) -> Period:
        months = (end.year - start.year) * 12 + end.month - start.month if start.day == end.day == 1 else 0
        if self.part == "middle" and (months == 1 or days < 28):
            middle = days_after(start, 14 if months == 1 else (days - 1) // 2)
            return Period(middle, days_after(middle, 1))
        if self.part in ("first_half", "second_half"):
            half = months_after(start, months // 2) if months and months % 2 == 0 else days_after(start, days // 2)
            return Period(start, half) if self.part == "first_half" else Period(half, end)
        if months and months % 3 == 0:
            first, second = months_after(start, months // 3), months_after(start, 2 * months // 3)
        else:
            first, second = days_after(start, days // 3), days_after(start, 2 * days // 3)
        if self.part == "early":
            return Period(start, first)
        return Period(first, second) if self.part == "middle" else Period(second, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class NthOf:
    """The nth (from the end when negative) day, workday, weekday, week, month or weekend of a period.

    A week or weekend belongs to the month or year that holds its Thursday or Saturday.
    """

    nth: int
    of: str
    term: DayTerm
    weekday: int | None = None

    def period(self, context: Context) -> Period:
        whole = self.term.period(context)
        if self.weekday is not None:
            day = nth_weekday(whole, self.weekday, self.nth)
        elif self.of == "workday":
            day = self._workday(whole)
        elif self.of == "week":
            thursday = nth_weekday(whole, 3, self.nth)
            return Period(days_after(thursday, -3), days_after(thursday, 4))
        elif self.of == "weekend":
            saturday = nth_weekday(whole, 5, self.nth)
            return Period(saturday, days_after(saturday, 2))
        elif self.of == "month":
            start = months_after(whole.start if self.nth > 0 else whole.end, self.nth - (self.nth > 0))
            return Period(*self._inside(whole, start, months_after(start, 1)))
        else:
            day = days_after(whole.start if self.nth > 0 else whole.end, self.nth - (self.nth > 0))
        return Period(*self._inside(whole, day, days_after(day, 1)))

    def _workday(self, whole: Period) -> date:
        if self.nth > 0:
            return workdays_after(days_after(whole.start, -1), self.nth)
        return workdays_after(whole.end, self.nth)

    def _inside(self, whole: Period, start: date, end: date) -> tuple[date, date]:
        if not whole.start <= start < whole.end:
            raise UnreadableValue(kind="date", reason="no_such_day", text=f"{self.nth}. {self.of}")
        return start, end


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOf:
    """The first or last (``sign`` -1) so many units of a period: "the last four months of 2027"."""

    length: Length
    sign: int
    term: DayTerm

    def period(self, context: Context) -> Period:
        whole = self.term.period(context)
        if self.sign > 0:
            return Period(whole.start, self.length.span.after_day(whole.start))
        return Period(self.length.span.times(-1).after_day(whole.end), whole.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAround:
    """The calendar unit that holds a day: "the week of April 10th"."""

    unit: Unit
    term: DayTerm

    def period(self, context: Context) -> Period:
        return unit_around(self.term.period(context).start, self.unit, context.fiscal_start)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekdayOf:
    """A weekday inside a week named otherwise: "Tuesday of next week", "Friday in week 12"."""

    weekday: int
    week: DayTerm

    def period(self, context: Context) -> Period:
        day = nth_weekday(self.week.period(context), self.weekday, 1)
        return Period(day, days_after(day, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNumberOf:
    """A day of a month named otherwise: "the 15th of next month"."""

    day: int
    month: DayTerm

    def period(self, context: Context) -> Period:
        return NthOf(nth=self.day, of="day", term=self.month).period(context)


@dataclass(frozen=True, slots=True, kw_only=True)
class InYearOf:
    """A calendar period in the year of another: "March next year", "Q1 of last year"."""

    month: int
    day: int | None
    year: DayTerm

    def period(self, context: Context) -> Period:
        return CalendarDay(year=self.year.period(context).start.year, month=self.month, day=self.day).period(context)
