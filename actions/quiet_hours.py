"""Reading the hours in which somebody wants no messages: "after 6pm", "8pm to 7am", "off"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

DEFAULT_FROM, DEFAULT_UNTIL = time(20), time(8)
"""What the side that was not said is taken to be."""

_NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), start=1)
}
_CLOCK = r"(?:(?P<h{n}>[0-9]{{1,2}})(?:[:.h](?P<m{n}>[0-9]{{2}}))?\s*(?P<p{n}>[ap]\.?m\b\.?)?|(?P<w{n}>noon|midnight))"
_RANGE = re.compile(
    rf"(?:(?:between|from)\s+)?{_CLOCK.format(n=1)}\s*(?:-|–|to|until|till|and|through)\s*{_CLOCK.format(n=2)}"
)
_AFTER = re.compile(rf"\b(?:after|from|past|since)\s+{_CLOCK.format(n=1)}")
_BEFORE = re.compile(rf"\b(?:before|earlier than)\s+{_CLOCK.format(n=1)}")
_OFF = re.compile(
    r"\b(?:off|unmute|disable|remove|delete|clear|cancel|end|stop)\b.*\b(?:quiet|dnd|disturb|mute|silence)"
    r"|\b(?:quiet|dnd|disturb|mute|silent)\b.*\b(?:off|over|away)\b|\bunmute\b|\bno (?:more )?quiet\b|^\s*off\s*$"
    r"|\b(?:message|text|write|notify|ping|remind) me (?:again|any ?time|whenever|at any time)",
)
_PASSING = re.compile(
    r"\b(?:today|tonight|tomorrow|week|weekend|weekends|holidays?|until (?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|for (?:an?|[0-9]+) (?:hours?|minutes?|days?|weeks?)|"
    r"[0-9]+ (?:hours?|minutes?|days?|weeks?|h|min)|rest of)\b"
)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of every day by the person's clock; both None: none."""

    start: time | None
    end: time | None


def read_quiet_hours(said: str) -> QuietHours | None:
    """The daily hours said, QuietHours(None, None) for switching them off; None when there are none to be read.

    A pause that passes ("until 2pm", "for 2 hours") is no daily hours: None.
    """
    text = said.casefold()
    for word, digits in _NUMBER_WORDS.items():
        text = re.sub(rf"\b{word}\b", digits, text)
    if _OFF.search(text):
        return QuietHours(None, None)
    if _PASSING.search(text):
        return None
    return _read_range(text) or _read_side(text)


def clock_range(text: str) -> tuple[time, time] | None:
    """The two clock times of "9 to 17" or "8:30am - 4pm" as they stand; None when there are no two."""
    match = _RANGE.search(text.casefold())
    if match is None:
        return None
    start, end = (_clock(match, n, evening=False) for n in (1, 2))
    return (start, end) if start is not None and end is not None else None


def _read_range(text: str) -> QuietHours | None:
    match = _RANGE.search(text)
    if match is None:
        return None
    bare = not any((match["p1"], match["p2"], match["m1"], match["m2"], match["w1"], match["w2"]))
    start = _clock(match, 1, evening=bare or (match["p1"] is None and match["p2"] is not None))
    end = _clock(match, 2, evening=False)
    return QuietHours(start, end) if start is not None and end is not None and start != end else None


def _read_side(text: str) -> QuietHours | None:
    match = _AFTER.search(text)
    if match is not None:
        start = _clock(match, 1, evening=True)
        return QuietHours(start, DEFAULT_UNTIL) if start not in {None, DEFAULT_UNTIL} else None
    match = _BEFORE.search(text)
    if match is None:
        return None
    end = _clock(match, 1, evening=False)
    return QuietHours(DEFAULT_FROM, end) if end not in {None, DEFAULT_FROM} else None


def _clock(match: re.Match[str], n: int, *, evening: bool) -> time | None:
    """The n-th clock time of a match; ``evening``: "8" without more means 20:00."""
    word = match[f"w{n}"]
    if word is not None:
        return time(12) if word == "noon" else time(0)
    hour, minute, half = int(match[f"h{n}"]), int(match[f"m{n}"] or 0), match[f"p{n}"]
    if half is not None and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    elif evening and match[f"m{n}"] is None and 1 <= hour < 12:
        hour += 12
    hour = 0 if hour == 24 and minute == 0 else hour
    return time(hour, minute) if hour < 24 and minute < 60 else None
