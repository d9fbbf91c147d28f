"""A point or range in time, as read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nlu.values.reading import Grain

OPEN_START = date.min
"""The start of a range that says only when it ends ("before March")."""
OPEN_END = date.max
"""The end of a range that says only when it starts ("after March")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The stretch of time an expression names: calendar days, or instants when a time of day was said.

    ``start`` and ``end`` (exclusive) are both dates, or both aware datetimes in ``zone``. An instant ("3pm") is the
    minute (or second) that starts there. A range open to one side has OPEN_START or OPEN_END there.
    """

    start: date | datetime
    end: date | datetime
    zone: ZoneInfo

    @property
    def has_time(self) -> bool:
        """Whether a time of day was said."""
        return isinstance(self.start, datetime) or isinstance(self.end, datetime)

    @property
    def grain(self) -> Grain:
        """The coarsest unit the stretch covers exactly once; of any other stretch, the unit it is counted in."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            length = self.end - self.start
            if length == timedelta(seconds=1):
                return "second"
            return "hour" if length >= timedelta(hours=1) else "minute"
        start, end = self.start, self.end
        if start.day == 1 and end.day == 1:
            months = (end.year - start.year) * 12 + end.month - start.month
            if months == 12:
                return "year"
            if months == 3 and start.month % 3 == 1:
                return "quarter"
            if months >= 1:
                return "month"
        return "week" if start.weekday() == 0 and (self.last_day - start).days == 6 else "day"

    @property
    def is_range(self) -> bool:
        """Whether it is more than one day or one instant."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.end - self.start > timedelta(minutes=1)
        return (self.last_day - self.first_day).days != 0

    @property
    def first_day(self) -> date:
        """The first calendar day it touches, in ``zone``."""
        return self.start.date() if isinstance(self.start, datetime) else self.start

    @property
    def last_day(self) -> date:
        """The last calendar day it touches: the day meant by "closing in March" or "closing this quarter"."""
        if isinstance(self.end, datetime):
            return (self.end - timedelta(microseconds=1)).date()
        return self.end if self.end == OPEN_END else self.end - timedelta(days=1)

    def instant(self, default_time: time) -> datetime:
        """The moment it starts, in UTC, at ``default_time`` of the zone when no time of day was said.

        A local time that the clock skips moves forward by the gap; one that comes twice is the first. A moment outside
        the years a datetime can hold is moved to the nearest it can.
        """
        if isinstance(self.start, datetime):
            return to_utc(self.start)
        return to_utc(datetime.combine(self.start, default_time, self.zone))

    @property
    def canonical(self) -> str:
        """Text that reads as the same value: "2027-03-31", "2027-03-31T15:00+02:00", "2027-01-01/2027-04-01",
        "../X".
        """
        if not self.is_range:
            return _text(self.start)
        start = ".." if self.start == OPEN_START else _text(self.start)
        end = ".." if self.end == OPEN_END else _text(self.end)
        return f"{start}/{end}"


def to_utc(moment: datetime) -> datetime:
    """An aware datetime in UTC, kept inside the years 1 to 9999."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        if moment.year == 1:
            return datetime(1, 1, 1, tzinfo=UTC)
        return datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant a wall clock in ``zone`` shows ``at``: past the gap when skipped, the first when it comes twice."""
    wall = datetime.combine(day, at, zone)
    try:
        return wall.astimezone(UTC).astimezone(zone)
    except OverflowError:
        return wall


def _text(moment: date | datetime) -> str:
    if isinstance(moment, datetime):
        return moment.isoformat(timespec="seconds" if moment.second else "minutes")
    return moment.isoformat()
