"""When the company is open: reading "Mon-Fri 09:00-18:00", and whether and when next somebody is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from actions.errors import ActionError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_DAYS_PART = re.compile(rf"daily|every day|{_DAY}(?:\s*(?:-|–|to|,|and|&)\s*{_DAY})*", re.IGNORECASE)
_HOURS = re.compile(
    r"(?P<h1>[0-9]{1,2})(?:[:.](?P<m1>[0-9]{2}))?\s*(?:-|–|to)\s*(?P<h2>[0-9]{1,2})(?:[:.](?P<m2>[0-9]{2}))?",
    re.IGNORECASE,
)
_MIDNIGHT = 24 * 60


@dataclass(eq=False)
class UnreadableHours(ActionError):
    """The configured opening hours are not of the form "Mon-Fri 09:00-18:00, Sat 10:00-14:00"."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """A week of opening times by the wall clock of ``zone``.

    ``week`` holds for each weekday from Monday on its (start, end) stretches in minutes from midnight; an end beyond 24
    hours lies in the next day.
    """

    week: tuple[tuple[tuple[int, int], ...], ...]
    zone: ZoneInfo

    @classmethod
    def from_text(cls, text: str, zone: ZoneInfo) -> Self:
        """Read weekdays followed by times, any number of them; "24/7" is always. Raises UnreadableHours.

        A weekday that is named twice has the times of both; one not named is closed.
        """
        if text.strip() == "24/7":
            return cls(week=((((0, _MIDNIGHT)),),) * 7, zone=zone)
        week: list[list[tuple[int, int]]] = [[] for _ in _DAYS]
        rest = text.strip()
        while rest:
            days = _DAYS_PART.match(rest)
            if days is None:
                raise UnreadableHours(text)
            rest = rest[days.end() :].lstrip(" :")
            stretches, rest = _take_hours(rest, text)
            for day in _days_named(days[0]):
                week[day].extend(stretches)
        if not any(week):
            raise UnreadableHours(text)
        return cls(week=tuple(tuple(sorted(day)) for day in week), zone=zone)

    def on(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The stretches that begin on a calendar day of the company, as aware datetimes in its zone."""
        return tuple((self._at(day, start), self._at(day, end)) for start, end in self.week[day.weekday()])

    def is_open(self, moment: datetime) -> bool:
        """Whether somebody is there at an instant."""
        return self.closes_at(moment) is not None

    def closes_at(self, moment: datetime) -> datetime | None:
        """When the stretch that ``moment`` falls into ends; None when it is closed then."""
        day = moment.astimezone(self.zone).date()
        for start, end in (*self.on(day - timedelta(days=1)), *self.on(day)):
            if start <= moment < end:
                return end
        return None

    def next_opening(self, moment: datetime) -> datetime:
        """The next instant after ``moment`` at which it opens, in the company's zone."""
        day = moment.astimezone(self.zone).date()
        return next(start for ahead in range(9) for start, _ in self.on(day + timedelta(days=ahead)) if start > moment)

    def _at(self, day: date, minutes: int) -> datetime:
        days, rest = divmod(minutes, _MIDNIGHT)
        wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), self.zone)
        # Through UTC: a wall time that the clock skips moves past the gap.
        return wall.astimezone(UTC).astimezone(self.zone)


def _take_hours(rest: str, whole: str) -> tuple[list[tuple[int, int]], str]:
    """The times at the start of ``rest``, and what follows them."""
    if rest[:6].casefold() == "closed":
        return [], rest[6:].lstrip(" ,;")
    stretches: list[tuple[int, int]] = []
    while (match := _HOURS.match(rest)) is not None:
        stretches.append(_stretch(match, whole))
        rest = rest[match.end() :].lstrip(" ,;")
    if not stretches:
        raise UnreadableHours(whole)
    return stretches, rest


def _stretch(match: re.Match[str], whole: str) -> tuple[int, int]:
    start = int(match["h1"]) * 60 + int(match["m1"] or 0)
    end = int(match["h2"]) * 60 + int(match["m2"] or 0)
    if start >= _MIDNIGHT or end > _MIDNIGHT or int(match["m1"] or 0) > 59 or int(match["m2"] or 0) > 59:
        raise UnreadableHours(whole)
    return start, end if end > start else end + _MIDNIGHT


def _days_named(text: str) -> Iterator[int]:
    lowered = text.casefold()
    if lowered in {"daily", "every day"}:
        yield from range(7)
        return
    for part in re.split(r"\s*(?:,|and|&)\s*", lowered):
        first, *last = (_DAYS.index(day[:3]) for day in re.split(r"\s*(?:-|–|to)\s*", part))
        until = last[0] if last else first
        # "Sat-Mon" runs over the end of the week.
        yield from ((first + step) % 7 for step in range((until - first) % 7 + 1))
