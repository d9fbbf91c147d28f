"""A day with a time of day, an instant counted from now, or a range of them: what resolves to a When."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol

from nlu.values.dates.calendar_terms import CalendarDay, DayTerm
from nlu.values.dates.clock import ClockTime, PartOfDay
from nlu.values.dates.context import Context, Prefer, days_after
from nlu.values.dates.span import NOTHING, Span
from nlu.values.dates.when import OPEN_END, OPEN_START, When, local, to_utc
from nlu.values.errors import UnreadableValue


class TimeTerm(Protocol):
    """A point or range in time, not yet placed."""

    def when(self, context: Context) -> When:
        """The stretch of time meant. Raises UnreadableValue when there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A day, a time or range of times or part of the day, or both."""

    day: DayTerm | None = None
    clock: ClockTime | None = None
    part: PartOfDay | None = None
    until: ClockTime | None = None

    @property
    def is_timed(self) -> bool:
        return self.clock is not None or self.part is not None

    def when(self, context: Context) -> When:
        if self.day is not None and not self.is_timed:
            start, end = self.day.period(context)
            return When(start=start, end=end, zone=context.zone)
        day = self._day(context)
        when = self._on(day, context)
        if self.day is None and (self.part is None or self.part.day_offset is None):
            now = context.now
            if context.prefer == "future" and to_utc(_moment(when.end)) <= to_utc(now):
                return self._on(days_after(day, 1), context)
            if context.prefer == "past" and to_utc(_moment(when.start)) > to_utc(now):
                return self._on(days_after(day, -1), context)
        is_weekday = isinstance(self.day, CalendarDay) and self.day == CalendarDay(weekday=self.day.weekday)
        if is_weekday and context.prefer == "future" and to_utc(_moment(when.end)) <= to_utc(context.now):
            return self._on(days_after(day, 7), context)  # "Friday 9am" said on Friday at noon is next week's
        return when

    def _day(self, context: Context) -> date:
        if self.day is not None:
            return self.day.period(context).start
        if self.part is not None and self.part.day_offset is not None:
            return days_after(context.today, self.part.day_offset)
        return context.today

    def _on(self, day: date, context: Context) -> When:
        zone = context.zone
        if self.clock is None:
            first, last = (self.part.start_hour, self.part.end_hour) if self.part is not None else (0, 24)
            end_day = days_after(day, 1) if last == 24 else day
            return When(start=local(day, time(first), zone), end=local(end_day, time(last % 24), zone), zone=zone)
        at = self.clock.settled(self.part)
        start = local(day, at, zone)
        if self.until is None:
            length = timedelta(seconds=1) if at.second else timedelta(minutes=1)
            return When(start=start, end=_plus(start, length), zone=zone)
        until = self.until.settled(self.part)
        if self.until.is_open and until <= at:
            until = time((until.hour + 12) % 24, until.minute)
        end_day = day if until > at else days_after(day, 1)
        return When(start=start, end=local(end_day, until, zone), zone=zone)


def _moment(value: date | datetime) -> datetime:
    if isinstance(value, datetime):
        return value
    raise TypeError(f"{value} has no time of day")


def _plus(moment: datetime, length: timedelta) -> datetime:
    try:
        return (to_utc(moment) + length).astimezone(moment.tzinfo)
    except OverflowError:
        raise UnreadableValue(kind="date", reason="out_of_range", text=str(moment)) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromNow:
    """An instant some time from now ("in 20 minutes", sign 1; "2 hours ago", sign -1; "now", no span)."""

    span: Span = NOTHING
    sign: int = 1

    def when(self, context: Context) -> When:
        now = context.now.replace(second=0, microsecond=0)
        start = self.span.times(self.sign).after(now)
        return When(start=start, end=_plus(start, timedelta(minutes=1)), zone=context.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundNow:
    """The stretch from now on, or up to now: "next 20 minutes", "the last 2 hours", "within 3 hours"."""

    span: Span
    sign: int

    def when(self, context: Context) -> When:
        now = context.now.replace(second=0, microsecond=0)
        other = self.span.times(self.sign).after(now)
        start, end = (now, other) if self.sign > 0 else (other, now)
        return When(start=start, end=end, zone=context.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """A stretch by its start and length: "from 2pm for 2 hours"."""

    start: Moment
    length: Span

    def when(self, context: Context) -> When:
        start = _moment(self.start.when(context).start)
        end = self.length.after(start)
        if to_utc(end) <= to_utc(start):
            raise UnreadableValue(kind="date", reason="ends_before_it_starts", text=self.length.canonical)
        return When(start=start, end=end, zone=context.zone)


Side = Literal["since", "until", "before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRange:
    """A range said by one end. "since" reaches to today, "until" starts today; "before" and "after" leave out what is
    named.

    With a time of day the other end is now, or the midnight of the same day.
    """

    side: Side
    term: TimeTerm
    reaches_now: bool = True

    def when(self, context: Context) -> When:
        if self.side == "since" and self.reaches_now:
            context = replace(context, prefer="past")
        named = self.term.when(context)
        start, end, zone = named.start, named.end, context.zone
        if isinstance(start, datetime) or isinstance(end, datetime):
            return self._timed(named, context)
        tomorrow = days_after(context.today, 1)
        if self.side == "since":
            return When(start=start, end=tomorrow if start < tomorrow and self.reaches_now else OPEN_END, zone=zone)
        if self.side == "until":
            return When(start=context.today if end > context.today else OPEN_START, end=end, zone=zone)
        if self.side == "before":
            return When(start=OPEN_START, end=start, zone=zone)
        return When(start=end, end=OPEN_END, zone=zone)

    def _timed(self, named: When, context: Context) -> When:
        start, end, zone = _moment(named.start), _moment(named.end), context.zone
        now = context.now.replace(second=0, microsecond=0)
        midnight = local(start.date(), time(0), zone)
        next_midnight = local(days_after(start.date(), 1), time(0), zone)
        if self.side == "since":
            if to_utc(start) < to_utc(now) and self.reaches_now:
                return When(start=start, end=now, zone=zone)
            return When(start=start, end=next_midnight, zone=zone)
        if self.side == "after":
            return When(start=start, end=next_midnight, zone=zone)
        if self.side == "until" and to_utc(now) < to_utc(start):
            return When(start=now, end=start if not named.is_range else end, zone=zone)
        return (
            When(start=midnight, end=start, zone=zone)
            if start > midnight
            else When(start=local(days_after(start.date(), -1), time(0), zone), end=start, zone=zone)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """From the start of one moment to the end of another, which is the first such one after it: "March to June"."""

    first: TimeTerm
    last: TimeTerm

    def when(self, context: Context) -> When:
        first, last = self._ends(context)
        if first.has_time or last.has_time:
            start = _as_instant(first.start, context)
            end = _as_instant(last.end if last.is_range or not last.has_time else last.start, context)
            if to_utc(end) <= to_utc(start):
                raise UnreadableValue(kind="date", reason="ends_before_it_starts", text="")
            return When(start=start, end=end, zone=context.zone)
        if last.end <= first.start:
            raise UnreadableValue(kind="date", reason="ends_before_it_starts", text="")
        return When(start=first.start, end=last.end, zone=context.zone)

    def _ends(self, context: Context) -> tuple[When, When]:
        """Both ends placed, "now" being today beside a whole day.

        Of calendar dates without a year the end is placed first, so that "May to September" said in June is this
        year's.
        """
        if isinstance(self.first, FromNow) and self.first == FromNow():
            last = self.last.when(context)
            return (self.first.when(context) if last.has_time else _today(context)), last
        if isinstance(self.last, FromNow) and self.last == FromNow():
            first = self.first.when(replace(context, prefer="past"))
            return first, (self.last.when(context) if first.has_time else _today(context))
        if context.prefer == "future" and _is_yearless(self.first) and _is_yearless(self.last):
            last = self.last.when(context)
            before = replace(context, now=local(last.first_day, time(0), context.zone), prefer="past")
            return self.first.when(before), last
        first = self.first.when(context)
        return first, self._after(first, context)

    def _after(self, first: When, context: Context) -> When:
        """The last moment as seen from the first, so that "Nov to March" ends in the March after that November."""
        day_term = self.last.day if isinstance(self.last, Moment) else None
        if isinstance(day_term, CalendarDay) and day_term.year is None:
            seen: Prefer = "future"
            moved = Context(
                now=local(first.first_day, time(0), context.zone),
                zone=context.zone,
                prefer=seen,
                fiscal_start=context.fiscal_start,
            )
            return self.last.when(moved)
        if isinstance(self.last, Moment) and day_term is None and first.has_time:
            moved = Context(
                now=_as_instant(first.start, context),
                zone=context.zone,
                prefer="future",
                fiscal_start=context.fiscal_start,
            )
            return self.last.when(moved)
        return self.last.when(context)


def _is_yearless(term: TimeTerm) -> bool:
    """Whether a term is a month, or a day of one, of no year said."""
    if not isinstance(term, Moment) or term.is_timed or not isinstance(term.day, CalendarDay):
        return False
    return term.day.year is None and term.day.month is not None


def _today(context: Context) -> When:
    return When(start=context.today, end=days_after(context.today, 1), zone=context.zone)


def _as_instant(value: date | datetime, context: Context) -> datetime:
    return value if isinstance(value, datetime) else local(value, time(0), context.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A stretch already placed, as in canonical text."""

    start: date | datetime
    end: date | datetime

    def when(self, context: Context) -> When:
        return When(start=self._here(self.start, context), end=self._here(self.end, context), zone=context.zone)

    def _here(self, value: date | datetime, context: Context) -> date | datetime:
        if not isinstance(value, datetime):
            return value
        if value.tzinfo is None:
            return local(value.date(), value.time(), context.zone)
        try:
            return value.astimezone(context.zone)
        except OverflowError:
            raise UnreadableValue(kind="date", reason="out_of_range", text=value.isoformat()) from None
