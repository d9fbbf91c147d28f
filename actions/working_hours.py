"""The hours somebody works, as they say them: "I work 9 to 17", "my working hours are 8:30-16:30", "9 to 5"."""

from __future__ import annotations

import re
from datetime import time

from actions.attention import own_wishes
from actions.formatting import clock_text
from actions.quiet_hours import clock_range
from actions.turn import Turn

SPEAKS_OF_THEM = re.compile(
    r"^(?!.*\b(?:don'?t|do not|no|never|quiet|mute)\b).*"
    r"(?:\bi work\b|\b(?:work(?:ing)?|office|business) hours\b|\bmy (?:hours|workday|shift)\b)",
    re.IGNORECASE | re.DOTALL,
)
"""Not "don't write to me 9 to 11, I work then", which asks for quiet."""


def read_working_hours(said: str) -> tuple[time, time] | None:
    """From when to when; "9 to 5" ends in the afternoon. None when no hours of one day are there to be read."""
    found = clock_range(said)
    if found is None:
        return None
    start, end = found
    if end <= start and end.hour < 12:
        end = end.replace(hour=end.hour + 12)
    return (start, end) if start < end else None


def keep_working_hours(turn: Turn, said: str) -> None:
    """Keep the hours said for the colleague who speaks, or ask for them."""
    hours = read_working_hours(said)
    if hours is None:
        turn.say("utter_ask_working_hours")
        return
    wishes = own_wishes(turn)
    wishes.work_from, wishes.work_until = hours
    start, end = (clock_text(each, turn.reading) for each in hours)
    turn.say("utter_working_hours_kept", start=start, end=end)
