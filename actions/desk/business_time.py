"""Time as the desk counts it: only while it is open, never on a holiday."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from actions.opening_hours import OpeningHours

MOST_DAYS = 4_000
"""So far a promise is looked for; a desk that is closed for ten years keeps none."""
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """The open time of a desk. Every instant given and returned is aware; those returned are UTC.

    On a holiday of ``country`` (ISO 3166) no stretch begins; one that began the evening before goes on to its end.
    """

    hours: OpeningHours
    country: str | None = None

    @classmethod
    def from_text(cls, hours: str, zone: str, country: str | None = None) -> BusinessTime:
        """Read opening hours; raises UnreadableHours."""
        return cls(OpeningHours.from_text(hours, ZoneInfo(zone)), country)

    def add(self, start: datetime, open_time: timedelta) -> datetime:
        """The instant at which ``open_time`` of open time has passed since ``start``; ``start`` itself for none."""
        if open_time <= timedelta(0):
            return start.astimezone(UTC)
        left = open_time
        for opens, closes in self._stretches(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        raise OverflowError(f"not {open_time} of open time after {start}")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies between two instants; nothing when ``end`` is not after ``start``."""
        total = timedelta(0)
        end = end.astimezone(UTC)
        for opens, closes in self._stretches(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """``between`` in whole minutes."""
        return self.between(start, end) // _MINUTE

    def is_open(self, moment: datetime) -> bool:
        """Whether the desk is open at an instant."""
        return self.closes_at(moment) is not None

    def closes_at(self, moment: datetime) -> datetime | None:
        """When the stretch that ``moment`` falls into ends; None when the desk is closed then."""
        opens, closes = next(self._stretches(moment))
        return closes if opens <= moment.astimezone(UTC) else None

    def next_opening(self, moment: datetime) -> datetime:
        """The instant from which the desk is open: ``moment`` itself when it is open then."""
        opens, _ = next(self._stretches(moment))
        return opens

    def _stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches after ``start`` in order, without gaps counted or times counted twice."""
        cursor = start.astimezone(UTC)
        day = start.astimezone(self.hours.zone).date() - _DAY
        for _ in range(MOST_DAYS):
            if not self._is_holiday(day):
                for begins, ends in self.hours.on(day):
                    # Through UTC: Python subtracts wall times of one zone as if the clocks never changed.
                    opens, closes = max(begins.astimezone(UTC), cursor), ends.astimezone(UTC)
                    if closes > opens:
                        yield opens, closes
                        cursor = closes
            day += _DAY

    def _is_holiday(self, day: date) -> bool:
        return self.country is not None and day in _holidays_of(self.country, day.year)


@lru_cache(maxsize=256)
def _holidays_of(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()
