"""A repetition as said, before it is placed in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from nlu.values.dates.calendar_terms import DayTerm
from nlu.values.dates.clock import ClockTime, PartOfDay
from nlu.values.dates.context import Context, days_after
from nlu.values.dates.recurrence import Recurrence, checked_rule, month_day_part, start_of
from nlu.values.dates.vocabulary import WEEKDAY_CODES

WORKWEEK = WEEKDAY_CODES[:5]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceTerm:
    """A repetition as said: what it does not say (which day a weekly one is on) is today's.

    ``months`` are those a monthly one is confined to, ``last`` the day or period it goes on until.
    """

    freq: str
    interval: int = 1
    days: tuple[str, ...] = ()
    set_position: int | None = None
    month_days: tuple[int, ...] = ()
    month: int | None = None
    months: tuple[int, ...] = ()
    last: DayTerm | None = None
    clock: ClockTime | None = None
    part: PartOfDay | None = None
    text: str = ""

    def recurrence(self, context: Context) -> Recurrence:
        """The repetition as of the context's now. Raises UnreadableValue for a day no year has."""
        today = context.today
        parts = [f"FREQ={self.freq}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        says_days = bool(self.days or self.month_days)
        if self.month is not None or (self.freq == "YEARLY" and not says_days):
            parts.append(f"BYMONTH={self.month or today.month}")
        elif self.months:
            parts.append(f"BYMONTH={','.join(str(month) for month in self.months)}")
        if self.days:
            parts.append(f"BYDAY={','.join(self.days)}")
            if self.set_position is not None:
                parts.append(f"BYSETPOS={self.set_position}")
        elif self.month_days:
            parts.append(self._month_days_part())
        elif self.freq == "WEEKLY":
            parts.append(f"BYDAY={WEEKDAY_CODES[today.weekday()]}")
        elif self.freq == "YEARLY":
            parts.append(f"BYMONTHDAY={today.day if self.month in (None, today.month) else 1}")
        elif self.freq == "MONTHLY":
            parts.append(month_day_part(today.day))
        if self.clock is not None:
            at = self.clock.settled(self.part)
            parts += [f"BYHOUR={at.hour}", f"BYMINUTE={at.minute}"]
        elif self.part is not None:
            parts += [f"BYHOUR={self.part.start_hour}", "BYMINUTE=0"]
        if self.last is not None:
            parts.append(f"UNTIL={days_after(self.last.period(context).end, -1):%Y%m%d}T235959")
        rule = checked_rule(";".join(parts), self.text)
        counted = self.interval > 1 or self.freq in ("HOURLY", "MINUTELY")
        start = start_of(rule, context.zone, context.now, from_today=not says_days) if counted else None
        return Recurrence(rule=rule, zone=context.zone, start=start)

    def _month_days_part(self) -> str:
        if len(self.month_days) == 1 and self.month is None and self.month_days[0] > 0:
            return month_day_part(self.month_days[0])
        return f"BYMONTHDAY={','.join(str(day) for day in self.month_days)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRule:
    """A repetition given as a rule, as in canonical text."""

    rule: str
    start: datetime | None

    def recurrence(self, context: Context) -> Recurrence:
        """The repetition in the context's zone."""
        return Recurrence(rule=self.rule, zone=context.zone, start=self.start)


class FoundRecurrence(NamedTuple):
    """A repetition and the token index after it."""

    end: int
    term: RecurrenceTerm | StatedRule


def found_term(end: int, freq: str, **parts: object) -> FoundRecurrence:
    """A found RecurrenceTerm of a frequency and other fields."""
    return FoundRecurrence(end, RecurrenceTerm(freq=freq, **parts))  # type: ignore[arg-type]
