"""A task's new time, from what was said: another hour, another day, or another repetition; what was not said stays."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import NamedTuple

from actions.due_dates import due_from
from actions.turn import Turn
from crm_store.models import Task
from nlu.values import Recurrence, read_recurrence

_TIME_ONLY = re.compile(
    r"(?:at\s+)?(?:\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|a\.m\.|p\.m\.|o'clock|h)?|noon|midnight)", re.IGNORECASE
)
_WEEKDAY = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:days?)?\b", re.IGNORECASE)


class NewTime(NamedTuple):
    """When it is due next (aware), and its repetition (RRULE) from now on."""

    due: datetime
    recurrence: str | None


def rescheduled(turn: Turn, task: Task, said: str) -> NewTime:
    """The next time of a task that puts off or changes its time; raises SlotRejected for what is no time.

    An hour alone keeps the day, a repetition without an hour the hour, and one day alone moves only the next time.
    """
    due, recurrence = due_from(turn, said)
    zone = turn.reading.zone
    before = task.due_at.astimezone(zone) if task.due_at is not None else None
    if before is not None and _TIME_ONLY.fullmatch(said.strip()):
        clock = due.astimezone(zone).time()
        due = datetime.combine(before.date(), clock, zone).astimezone(UTC)
        return NewTime(due, _at(turn, task.recurrence, clock))
    if recurrence is None:
        return NewTime(due, task.recurrence)
    if before is not None and task.recurrence is not None:
        return _repeating(turn, recurrence, before.time(), due)
    return NewTime(due, recurrence)


def corrected(turn: Turn, task: Task, said: str) -> NewTime:
    """Like ``rescheduled`` for "no, Mondays": of what repeats every week, a weekday is the day it repeats on."""
    if task.recurrence is not None and "FREQ=WEEKLY" in task.recurrence and _WEEKDAY.search(said):
        weekly = said if read_recurrence(said, turn.reading) is not None else f"every {said}"
        if read_recurrence(weekly, turn.reading) is not None:
            return rescheduled(turn, task, weekly)
    return rescheduled(turn, task, said)


def _repeating(turn: Turn, recurrence: str, clock: time, due: datetime) -> NewTime:
    said = read_recurrence(recurrence, turn.reading)
    if said is None or said.local_time is not None:
        return NewTime(due, recurrence)
    rule = _at(turn, recurrence, clock)
    kept = read_recurrence(rule or "", turn.reading)
    following = kept.next_after(turn.reading.now) if kept is not None else None
    return NewTime(following or due, rule)


def _at(turn: Turn, recurrence: str | None, clock: time) -> str | None:
    """The repetition at another time of day; as it was when it is none of days, or none that can be read."""
    rule = read_recurrence(recurrence or "", turn.reading)
    if rule is None or "HOURLY" in rule.rule or "MINUTELY" in rule.rule:
        return recurrence
    kept = [part for part in rule.rule.split(";") if not part.startswith(("BYHOUR", "BYMINUTE"))]
    changed = ";".join([*kept, f"BYHOUR={clock.hour}", f"BYMINUTE={clock.minute}"])
    return Recurrence(rule=changed, zone=rule.zone, start=rule.start).canonical
