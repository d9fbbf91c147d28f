"""A length of time, and its ISO 8601 text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nlu.values.dates.context import days_after, months_after
from nlu.values.dates.when import to_utc
from nlu.values.errors import UnreadableValue

_ISO = re.compile(
    r"(?<![a-z0-9])p(?=\d|t\d)(?:(\d{1,6})y)?(?:(\d{1,6})m)?(?:(\d{1,6})w)?(?:(\d{1,7})d)?"
    r"(?:t(?=\d)(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?)?(?![a-z0-9])"
)
MAX_YEARS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A length of time in units that do not convert into each other: months, calendar days, and elapsed seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @property
    def canonical(self) -> str:
        """ISO 8601: "P2W", "P1M", "P1Y6M", "PT20M", "P1DT12H"; "PT0S" for nothing."""
        years, months = divmod(self.months, 12)
        if not self.months and not self.seconds and self.days and self.days % 7 == 0:
            return f"P{self.days // 7}W"
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        day_part = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (self.days, "D")) if n)
        time_part = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        if not day_part and not time_part:
            return "PT0S"
        return f"P{day_part}" + (f"T{time_part}" if time_part else "")

    @property
    def is_whole_days(self) -> bool:
        """Whether it moves a calendar day to a calendar day."""
        return self.seconds == 0

    @property
    def nominal_seconds(self) -> int:
        """Its length with months of 30 and years of 365 days, for comparing lengths only."""
        years, months = divmod(self.months, 12)
        return (years * 365 + months * 30 + self.days) * 86400 + self.seconds

    def times(self, count: int) -> Span:
        """The length ``count`` times over."""
        return Span(months=self.months * count, days=self.days * count, seconds=self.seconds * count)

    def plus(self, other: Span) -> Span:
        """Both lengths, one after the other."""
        return Span(
            months=self.months + other.months, days=self.days + other.days, seconds=self.seconds + other.seconds
        )

    def after_day(self, day: date) -> date:
        """The calendar day this long after ``day``; seconds are left out."""
        return days_after(months_after(day, self.months), self.days)

    def after(self, moment: datetime) -> datetime:
        """The instant this long after an aware one: months and days on its wall clock, seconds as elapsed time."""
        day = self.after_day(moment.date())
        zone = moment.tzinfo
        if self.months or self.days:
            moment = datetime.combine(day, moment.timetz().replace(tzinfo=None), zone)
        if not self.seconds:
            return moment
        try:
            return (to_utc(moment) + timedelta(seconds=self.seconds)).astimezone(zone)
        except OverflowError:
            raise UnreadableValue(kind="date", reason="out_of_range", text=self.canonical) from None

    def checked(self, text: str) -> Span:
        """Itself. Raises UnreadableValue(reason="too_large") for more than MAX_YEARS years."""
        if abs(self.nominal_seconds) > MAX_YEARS * 365 * 86400:
            raise UnreadableValue(kind="duration", reason="too_large", text=text)
        return self


NOTHING = Span()
"""A length of no time."""


def match_iso_span(text: str, start: int) -> tuple[int, Span] | None:
    """An ISO 8601 duration in lower-case text at an offset: the offset after it and its value."""
    match = _ISO.match(text, start)
    if match is None:
        return None
    years, months, weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    span = Span(months=years * 12 + months, days=weeks * 7 + days, seconds=hours * 3600 + minutes * 60 + seconds)
    return match.end(), span
