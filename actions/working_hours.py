"""The hours somebody works, as they say them: "I work 9 to 17", "my working hours are 8:30-16:30", "9 to 5"."""

from __future__ import annotations

import re
from datetime import time

from actions.formatting import clock_text
from actions.turn import Turn
from crm_store.models import Attention, User

SPEAKS_OF_THEM = re.compile(
    r"\bi(?:'m| am)? work(?:ing)?\b|\b(?:work(?:ing)?|office|business) (?:hours|times?|day)\b"
    r"|\bmy (?:hours|workday|shift)\b",
    re.IGNORECASE,
)
_CLOCK = r"(?P<h{n}>[0-9]{{1,2}})(?:[:.h](?P<m{n}>[0-9]{{2}}))?\s*(?P<p{n}>[ap]\.?m\b\.?)?"
_RANGE = re.compile(
    rf"\b{_CLOCK.format(n=1)}\s*(?:-|–|to|until|till|and|through)\s*{_CLOCK.format(n=2)}", re.IGNORECASE
)


def read_working_hours(said: str) -> tuple[time, time] | None:
    """From when to when; "9 to 5" ends in the afternoon. None when no such hours are there to be read."""
    match = _RANGE.search(said)
    if match is None:
        return None
    begin, end = _minutes(match, 1), _minutes(match, 2)
    if begin is None or end is None:
        return None
    if end <= begin and match["p2"] is None:
        end += 12 * 60
    return (time(*divmod(begin, 60)), time(*divmod(end, 60))) if begin < end < 24 * 60 else None


def _minutes(match: re.Match[str], n: int) -> int | None:
    hour, minute, half = int(match[f"h{n}"]), int(match[f"m{n}"] or 0), match[f"p{n}"]
    if half is not None and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.casefold().startswith("p") else 0)
    return 60 * hour + minute if hour < 24 and minute < 60 else None


def keep_working_hours(turn: Turn, user: User, said: str) -> None:
    """Keep the hours said for a colleague, or ask for them."""
    hours = read_working_hours(said)
    if hours is None:
        turn.say("utter_ask_working_hours")
        return
    wishes = turn.session.get(Attention, user.id)
    if wishes is None:
        wishes = Attention(user_id=user.id)
        turn.session.add(wishes)
    wishes.work_from, wishes.work_until = hours
    start, end = (clock_text(each, turn.reading) for each in hours)
    turn.say("utter_working_hours_kept", start=start, end=end)
