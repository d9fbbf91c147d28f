"""When it is polite to speak unasked: quiet hours, working hours, holidays, and a pause between two messages.

Pure: a person, a notice and a moment in, the moment it may be said out. All hours are wall-clock times of the person's
own zone, so they stay what they are when the clocks change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from actions.working_hours import USUAL_FROM, USUAL_UNTIL
from crm_store.models import NoticeKind

PAUSE = timedelta(minutes=1)
"""No two messages unasked within this time; what comes due meanwhile is said together after it."""
URGENT = 3
_ASKED_FOR = frozenset(
    {NoticeKind.REMINDER, NoticeKind.DIGEST, NoticeKind.SUMMARY, NoticeKind.SAVED_REPORT, NoticeKind.APPROVAL}
)
"""What the person has chosen the time of themselves, and what a colleague waits for."""
_MOST_DAYS_OFF = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a colleague may be spoken to. None: no quiet hours, the usual working hours, no holidays."""

    zone: ZoneInfo
    quiet_from: time | None = None
    quiet_until: time | None = None
    work_from: time | None = None
    work_until: time | None = None
    work_days: str | None = None
    """The digits of the weekdays they work on, 0 is Monday; None: those of the country."""
    country: str | None = None


class Held(NamedTuple):
    """Not now: from when on, and why ("quiet", "off_hours" or "pause")."""

    until: datetime
    because: str


def held_back(
    hours: Hours, kind: NoticeKind, severity: int, *, now: datetime, last_said: datetime | None
) -> Held | None:
    """Until when a notice has to wait; None when it may be said now.

    Quiet hours hold back everything. Working hours, weekends and holidays hold back what is the assistant's own idea,
    unless it is urgent.
    """
    quiet_until = end_of_quiet_hours(hours, now)
    if quiet_until is not None:
        return Held(quiet_until, "quiet")
    if kind not in _ASKED_FOR and severity < URGENT:
        opens = _start_of_work(hours, now)
        if opens is not None:
            return Held(opens, "off_hours")
    if kind is NoticeKind.DESK:
        # A customer waits.
        return None
    # A clock set back must not silence anybody: a message from the future is no reason to wait.
    if last_said is not None and timedelta(0) <= now - last_said < PAUSE:
        return Held(last_said + PAUSE, "pause")
    return None


def end_of_quiet_hours(hours: Hours, now: datetime) -> datetime | None:
    """When the quiet hours that ``now`` is in end, aware UTC; None when it is in none."""
    start, end = hours.quiet_from, hours.quiet_until
    if start is None or end is None or start == end:
        return None
    local = now.astimezone(hours.zone)
    clock = local.time()
    spans_midnight = start > end
    quiet = clock >= start or clock < end if spans_midnight else start <= clock < end
    if not quiet:
        return None
    day = local.date() + timedelta(days=1) if spans_midnight and clock >= start else local.date()
    return datetime.combine(day, end, hours.zone).astimezone(UTC)


def _start_of_work(hours: Hours, now: datetime) -> datetime | None:
    """When the next working time begins, aware UTC; None while it is working time."""
    start, end = hours.work_from or USUAL_FROM, hours.work_until or USUAL_UNTIL
    is_day_off = _days_off(hours.country, hours.work_days)
    local = now.astimezone(hours.zone)
    day, clock = local.date(), local.time()
    if not is_day_off(day):
        if start <= clock < end:
            return None
        if clock < start:
            return datetime.combine(day, start, hours.zone).astimezone(UTC)
    for _ in range(_MOST_DAYS_OFF):
        day += timedelta(days=1)
        if not is_day_off(day):
            break
    return datetime.combine(day, start, hours.zone).astimezone(UTC)


def is_workday(day: date, country: str | None) -> bool:
    """Whether people in ``country`` work on a day; with None, on every Monday to Friday."""
    return not _days_off(country, None)(day)


@lru_cache(maxsize=256)
def _days_off(country: str | None, work_days: str | None) -> Callable[[date], bool]:
    try:
        kept = holidays.country_holidays(country) if country is not None else None
    except NotImplementedError:
        kept = None
    if work_days:
        return lambda day: str(day.weekday()) not in work_days or (kept is not None and day in kept)
    if kept is None:
        return _is_weekend
    return lambda day: not kept.is_working_day(day)


def _is_weekend(day: date) -> bool:
    return day.weekday() >= 5
