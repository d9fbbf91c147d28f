"""Spoken periods as what queries need: days, and instants in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from nlu.values import When
from nlu.values.reading import Reading


def start_of_day(day: date, reading: Reading) -> datetime:
    """The instant a calendar day begins for the person, in UTC."""
    return datetime.combine(day, time(0), reading.zone).astimezone(UTC)


def start_of(when: When, reading: Reading) -> datetime:
    """The instant a period begins, in UTC."""
    return when.start.astimezone(UTC) if isinstance(when.start, datetime) else start_of_day(when.start, reading)


def end_of(when: When, reading: Reading) -> datetime:
    """The instant a period ends (exclusive), in UTC; a moment ends with its day."""
    if isinstance(when.end, datetime):
        return start_of_day(when.last_day + timedelta(days=1), reading)
    return start_of_day(when.end, reading)
