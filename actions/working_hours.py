"""The hours somebody works, as they say them: "I work 9 to 17", "my working hours are 8:30-16:30", "9 to 5"."""

from __future__ import annotations

import re
from datetime import time

from babel.dates import get_day_names

from actions.attention import own_wishes
from actions.formatting import clock_text
from actions.quiet_hours import clock_range
from actions.turn import Turn

SPEAKS_OF_THEM = re.compile(
    r"^(?!.*\b(?:don'?t|do not|no|never|quiet|mute)\b).*"
    r"(?:\b(?:i|do i|i only) work\b|\b(?:work(?:ing)?|office|business) hours\b"
    r"|\bmy (?:hours|work ?days?|shift|working days?)\b)",
    re.IGNORECASE | re.DOTALL,
)
"""Not "don't write to me 9 to 11, I work then", which asks for quiet."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(
    r"\b(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:s|rs?|days?|sdays?|nesdays?|rsdays?|urdays?)?\b", re.IGNORECASE
)
_THROUGH = re.compile(r"\s*(?:-|–|to|till|until|through|thru)\s*", re.IGNORECASE)
_ASKS = re.compile(r"^\W*(?:what(?:'?s)?|which|when|show|do you know)\b", re.IGNORECASE)
USUAL_FROM, USUAL_UNTIL = time(8), time(18)
"""When people work who have not said when."""


def read_working_hours(said: str) -> tuple[time, time] | None:
    """From when to when; "9 to 5" ends in the afternoon. None when no hours of one day are there to be read."""
    found = clock_range(said)
    if found is None:
        return None
    start, end = found
    if end <= start and end.hour < 12:
        end = end.replace(hour=end.hour + 12)
    return (start, end) if start < end else None


def read_working_days(said: str) -> str | None:
    """The digits of the weekdays named with the hours, 0 is Monday: "mon-thu", "Monday, Tuesday and Friday"."""
    days: set[int] = set()
    at = -1
    last: int | None = None
    for found in _DAY.finditer(said):
        day = _DAYS.index(found["day"].casefold()[:3])
        if last is not None and _THROUGH.fullmatch(said[at : found.start()]):
            days.update((last + step) % 7 for step in range((day - last) % 7 + 1))
        days.add(day)
        at, last = found.end(), day
    return "".join(str(day) for day in sorted(days)) or None


def keep_working_hours(turn: Turn, said: str) -> None:
    """Keep the hours and days said for the colleague who speaks, say what is kept, or ask for them."""
    hours, days, wishes = read_working_hours(said), read_working_days(said), own_wishes(turn)
    if hours is None and days is None and not _ASKS.search(said):
        turn.say("utter_ask_working_hours")
        return
    if hours is not None:
        wishes.work_from, wishes.work_until = hours
    if days is not None:
        wishes.work_days = days
    start = clock_text(wishes.work_from or USUAL_FROM, turn.reading)
    end = clock_text(wishes.work_until or USUAL_UNTIL, turn.reading)
    if not wishes.work_days:
        turn.say("utter_working_hours_kept", start=start, end=end)
        return
    names = get_day_names("wide", locale=turn.reading.locale)
    on = ", ".join(names[int(day)] for day in wishes.work_days)
    turn.say("utter_working_days_kept", days=on, start=start, end=end)
