"""A repetition in time: an RFC 5545 rule, a wall-clock time and a zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from nlu.values.dates.vocabulary import WEEKDAY_CODES
from nlu.values.dates.when import local, to_utc
from nlu.values.errors import UnreadableValue

DEFAULT_TIME = time(9)
"""When a repetition without a time of day happens."""
_ELAPSED = {"HOURLY": 3600, "MINUTELY": 60}
_LIMITS = {"INTERVAL": (1, 1000), "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "BYMONTH": (1, 12)}
_SIGNED_LIMITS = {"BYMONTHDAY": 31, "BYSETPOS": 366}
_UNTIL = re.compile(r"(\d{8})T235959")
_BYDAY = re.compile(rf"([+-]?[1-5])?({'|'.join(WEEKDAY_CODES)})")
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A repetition.

    ``rule`` is an RFC 5545 recurrence rule without its name ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"); one without
    BYHOUR says no time of day; UNTIL is the end of its last local day. ``start`` is the local wall time intervals
    above 1 (and hours and minutes) are counted from; None when nothing is counted.
    """

    rule: str
    zone: ZoneInfo
    start: datetime | None = None

    @property
    def local_time(self) -> time | None:
        """The time of day it happens at; None when none was said."""
        parts = rule_parts(self.rule)
        if "BYHOUR" not in parts:
            return None
        return time(int(parts["BYHOUR"]), int(parts.get("BYMINUTE", "0")))

    @property
    def canonical(self) -> str:
        """ "RRULE:..." alone or behind "DTSTART:20270301T090000 ": what dateutil's ``rrulestr`` reads, and these
        readers.
        """
        rule = f"RRULE:{self.rule}"
        return rule if self.start is None else f"DTSTART:{self.start:%Y%m%dT%H%M%S} {rule}"

    def next_after(self, instant: datetime, *, default_time: time = DEFAULT_TIME) -> datetime | None:
        """The first occurrence after an aware instant, aware in ``zone``; None when there is none in the next 9 years
        or it has ended.

        It is at the same wall-clock time before and after a change of the clock: a time the clock skips moves forward
        by the gap, one that comes twice happens once, the first time. Hours and minutes count elapsed time instead.
        """
        freq = rule_parts(self.rule)["FREQ"]
        if freq in _ELAPSED:
            return self._next_elapsed(instant, _ELAPSED[freq])
        here = instant.astimezone(self.zone).replace(tzinfo=None)
        at = self.local_time or default_time
        start = datetime.combine((self.start or here - timedelta(days=2)).date(), at)
        rule = rrulestr(_without_time(self.rule), dtstart=start)
        horizon = here.year + 9
        for wall in rule.xafter(here - timedelta(days=1), inc=True):
            if wall.year > horizon:
                return None
            moment = local(wall.date(), at, self.zone)
            if to_utc(moment) > to_utc(instant):
                return moment
        return None

    def _next_elapsed(self, instant: datetime, seconds: int) -> datetime | None:
        step = timedelta(seconds=seconds * int(rule_parts(self.rule).get("INTERVAL", "1")))
        begin = to_utc(local(self.start.date(), self.start.time(), self.zone)) if self.start else None
        if begin is None:
            begin = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        following = begin if instant < begin else begin + step * ((instant - begin) // step + 1)
        last = self.last_day
        here = following.astimezone(self.zone)
        return here if last is None or here.date() <= last else None

    @property
    def last_day(self) -> date | None:
        """The last local day it can fall on; None when it has no end."""
        until = rule_parts(self.rule).get("UNTIL")
        return date.fromisoformat(until[:8]) if until is not None else None


def rule_parts(rule: str) -> dict[str, str]:
    """The parts of a rule by name."""
    return dict(part.split("=", 1) for part in rule.split(";"))


def _without_time(rule: str) -> str:
    return "RRULE:" + ";".join(part for part in rule.split(";") if not part.startswith(("BYHOUR", "BYMINUTE")))


def checked_rule(rule: str, text: str) -> str:
    """The rule itself. Raises UnreadableValue when it is not one that ``Recurrence`` can carry out."""
    try:
        parts = rule_parts(rule)
        ok = all(_is_valid(name, value) for name, value in parts.items()) and len(parts) == rule.count(";") + 1
    except ValueError:
        ok = False
    if not ok or "FREQ" not in parts or ("BYMINUTE" in parts and "BYHOUR" not in parts):
        raise UnreadableValue(kind="recurrence", reason="not_a_rule", text=text)
    freq, days = parts["FREQ"], parts.get("BYDAY", "")
    if any(character.isdigit() for character in days) and freq not in ("MONTHLY", "YEARLY"):
        raise UnreadableValue(kind="recurrence", reason="not_a_rule", text=text)
    if freq in _ELAPSED and len(parts) > 1 + ("INTERVAL" in parts) + ("UNTIL" in parts):
        raise UnreadableValue(kind="recurrence", reason="not_a_rule", text=text)
    if "BYMONTHDAY" in parts and "BYMONTH" in parts:
        longest = max(_LONGEST_MONTH[int(month) - 1] for month in parts["BYMONTH"].split(","))
        if min(abs(int(day)) for day in parts["BYMONTHDAY"].split(",")) > longest:
            raise UnreadableValue(kind="recurrence", reason="no_such_day", text=text)
    return rule


def _is_valid(name: str, value: str) -> bool:
    if name == "FREQ":
        return value in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY", *_ELAPSED)
    if name == "BYDAY":
        return all(_BYDAY.fullmatch(day) for day in value.split(","))
    if name == "UNTIL":
        last = _UNTIL.fullmatch(value)
        return last is not None and date.fromisoformat(last[1]) is not None
    if name in _SIGNED_LIMITS:
        return all(1 <= abs(int(number)) <= _SIGNED_LIMITS[name] for number in value.split(","))
    if name in _LIMITS:
        low, high = _LIMITS[name]
        numbers = value.split(",") if name == "BYMONTH" else [value]
        return all(number.isdigit() and len(number) <= 4 and low <= int(number) <= high for number in numbers)
    return False


def start_of(rule: str, zone: ZoneInfo, now: datetime, *, from_today: bool) -> datetime:
    """The local wall time to count a rule's intervals from: its first day, or today when it only says how often."""
    here = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    parts = rule_parts(rule)
    if parts["FREQ"] in _ELAPSED:
        return here
    at = time(int(parts["BYHOUR"]), int(parts.get("BYMINUTE", "0"))) if "BYHOUR" in parts else DEFAULT_TIME
    if from_today:
        return datetime.combine(here.date(), at)
    every = ";".join(part for part in rule.split(";") if not part.startswith("INTERVAL"))
    first = Recurrence(rule=every, zone=zone).next_after(now)
    return datetime.combine(first.date() if first else here.date(), at)


def month_day_part(day: int) -> str:
    """The rule part of a day of the month; of a day not every month has, the last day of the shorter ones."""
    if day <= 28:
        return f"BYMONTHDAY={day}"
    return f"BYMONTHDAY={','.join(str(each) for each in range(28, day + 1))};BYSETPOS=-1"
