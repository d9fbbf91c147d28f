"""Changes asked for of many records at once. They are made one by one, so nothing is changed that nobody looked at."""

from __future__ import annotations

import re

from actions.errors import refused
from actions.turn import Turn

_WHAT = r"(?:deals?|tasks?|reminders?|tickets?|accounts?|compan(?:y|ies)|contacts?|records?|orders?|stuff)"
_MANY = re.compile(
    rf"\b(?:all|every|each|both)\s+(?:(?:of|the|my|our|his|her|their|your|those|these|\w+'?s|\w+)\s+){{0,3}}?{_WHAT}\b"
    r"|\b(?:all|both) of (?:them|those|these)\b|\bthem all\b|\beverything\b",
    re.IGNORECASE,
)


def require_one(turn: Turn) -> None:
    """Raise Refused when the message asks for a change of many records; a button always names one."""
    if turn.call.first("ref") is not None:
        return
    text = turn.call.text
    for entity in sorted(turn.call.entities, key=lambda each: each.start, reverse=True):
        if entity.entity in {"subject", "note", "reason"} and entity.end:
            text = text[: entity.start] + text[entity.end :]
    if _MANY.search(text):
        raise refused("utter_one_at_a_time")
