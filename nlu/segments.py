"""Several requests in one message, taken apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from nlu.entities.kinds import FREE_TEXT, NAMES
from nlu.parse import FALLBACK_INTENT, ParseResult

MOST_PARTS = 5
LEAST_CONFIDENCE = 0.6
"""How sure the intent of a part has to be for the part to stand alone."""

# The end of a sentence or line, with the words that open the next one.
_LINK = r"(?:(?:and|then|also|plus|oh|next)\b,?\s+){0,3}"
_SENTENCE_END = re.compile(rf"(?<=[.!?;])\s+{_LINK}|\s*\n\s*{_LINK}", re.IGNORECASE)
# Words that may join two requests but mostly join two things ("Jane and Bob").
_CONNECTION = re.compile(r",?\s+(?:and|then|also|plus)\b(?:\s+(?:then|also)\b)?,?\s+|,\s+", re.IGNORECASE)
_MOST_GAPS = 16
"""So many places are tried at most: each costs two parses, and a message of more commas is a list or a letter."""

_QUOTED = re.compile(r'"[^"\n]*"')
_KEPT_WHOLE = FREE_TEXT.union(NAMES, {"amount", "date"})
# Requests whose parts look like requests: "when a deal is won, tell the team and create a task".
_RUNS_ON = frozenset({"add_rule"})
# Intents that are no request beside another one: "hi, log a deal", "log a deal. thanks!", "no, make it 60k".
_NO_REQUEST = frozenset(
    {"greet", "goodbye", "thank", "affirm", "deny", "cancel", "inform", "choose", "correct", "insult", "why", "help"}
)
# What a bare comma adds to another request is hardly ever a problem ("new company X, website x.com"), and what it
# adds to a report is a part of the question ("revenue by rep, excluding Theo").
_NEEDS_A_BREAK = frozenset({"open_ticket", "complaint", "ask_question", "refine_report"})


def split_requests(text: str, parse: Callable[[str], ParseResult]) -> tuple[str, ...]:
    """Return the requests in ``text`` in order, ``(text,)`` when there is only one.

    A cut is made only where both sides are understood with confidence and, unless a sentence ends there, as different
    intents; never inside a name, an amount, quoted words or free text that the reading of the whole marks. There are
    at most MOST_PARTS parts, the last of which holds the rest. Between them the parts hold all of ``text`` but the
    white space and connecting words ("and then") at the cuts.
    """
    gaps = _gaps(text)[:_MOST_GAPS]
    if not gaps:
        return (text,)
    whole = parse(text)
    if whole.intent.name in _RUNS_ON:
        return (text,)
    kept = _kept_whole(text, whole)
    gaps = [gap for gap in gaps if all(gap.end <= start or gap.start >= end for start, end in kept)]
    parts: list[str] = []
    begin = 0
    for at, gap in enumerate(gaps):
        if len(parts) == MOST_PARTS - 1:
            break
        until = gaps[at + 1].start if at + 1 < len(gaps) else len(text)
        left, right = text[begin : gap.start], text[gap.end : until]
        if not (left.strip() and right.strip()):
            continue
        before, after = parse(left), parse(right)
        if text[gap.start : gap.end].strip() == "," and (
            _says_what(before, whole) or after.intent.name in _NEEDS_A_BREAK
        ):
            continue
        if _stand_apart(before, after, sentence_ends=gap.sentence_ends):
            parts.append(left)
            begin = gap.end
    return (*parts, text[begin:])


class _Gap(NamedTuple):
    """What stands between two possible requests."""

    start: int
    end: int
    sentence_ends: bool


def _gaps(text: str) -> list[_Gap]:
    """Return the places where one request may end and another begin, in order, none touching another."""
    found = [_Gap(*match.span(), True) for match in _SENTENCE_END.finditer(text)]
    for match in _CONNECTION.finditer(text):
        if all(match.end() <= gap.start or match.start() >= gap.end for gap in found):
            found.append(_Gap(*match.span(), False))
    return sorted(gap for gap in found if gap.start > 0 and gap.end < len(text))


def _kept_whole(text: str, whole: ParseResult) -> list[tuple[int, int]]:
    """Return the stretches no cut may touch; free text may not be cut off from what it belongs to either."""
    spans = [
        (entity.start - (entity.entity in FREE_TEXT), entity.end)
        for entity in whole.entities
        if entity.entity in _KEPT_WHOLE
    ]
    return spans + [match.span() for match in _QUOTED.finditer(text)]


def _says_what(left: ParseResult, whole: ParseResult) -> bool:
    """Say whether what follows a bare comma only completes the request: "open a ticket, my printer is offline"."""
    return not left.entities and whole.intent.name == left.intent.name


def _stand_apart(left: ParseResult, right: ParseResult, *, sentence_ends: bool) -> bool:
    """Say whether two stretches are requests of their own."""
    for side in (left, right):
        if side.intent.name == FALLBACK_INTENT or side.intent.name in _NO_REQUEST:
            return False
        if side.intent.confidence < LEAST_CONFIDENCE:
            return False
    return left.intent.name != right.intent.name or (sentence_ends and bool(left.entities) and bool(right.entities))
