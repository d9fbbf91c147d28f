"""Times of day in a text: "9am", "15:00", "half past seven", "noon", "in the evening"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from typing import Literal, NamedTuple

Meridiem = Literal["am", "pm"]
FIRST_BUSINESS_HOUR = 7
"""An hour said without am or pm is before noon from this hour on, and after noon below it: "at 3" is 15:00."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTime:
    """A time of day; ``is_open`` while it may be before or after noon."""

    hour: int
    minute: int = 0
    second: int = 0
    is_open: bool = False

    def settled(self, part: PartOfDay | None = None) -> time:
        """The time meant: in the part of the day when one was said, else by FIRST_BUSINESS_HOUR."""
        hour = self.hour
        if self.is_open:
            if part is not None:
                late = part.start_hour >= 12 and not (part.name == "night" and hour in (12, 1, 2, 3, 4, 5))
                hour = hour % 12 + (12 if late else 0)
            elif hour < FIRST_BUSINESS_HOUR:
                hour += 12
        return time(hour, self.minute, self.second)

    def with_meridiem(self, meridiem: Meridiem) -> ClockTime:
        """The same reading of the clock, before or after noon."""
        return replace(self, hour=self.hour % 12 + (12 if meridiem == "pm" else 0), is_open=False)

    @property
    def minutes(self) -> int:
        """Minutes since midnight as read on the clock."""
        return self.hour * 60 + self.minute


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfDay:
    """A stretch of the day, on a day counted from today when that was said ("tonight", "last night")."""

    name: str
    start_hour: int
    end_hour: int
    day_offset: int | None = None


class FoundClock(NamedTuple):
    """A time of day and the token index after it. ``is_bare`` when a lone number was taken for an hour."""

    end: int
    clock: ClockTime
    is_bare: bool = False


class FoundPart(NamedTuple):
    """A part of the day and the token index after it."""

    end: int
    part: PartOfDay


class FoundClockRange(NamedTuple):
    """Two times of day and the token index after them. ``is_bare`` when both are lone numbers."""

    end: int
    first: ClockTime
    last: ClockTime
    is_bare: bool
