"""Telling that a question about open deals is about one: "what's my biggest deal?", "which deal closes next?"."""

from __future__ import annotations

import re
from typing import Literal

from actions.turn import Turn

SingleDeal = Literal["biggest", "next"]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_DEAL = frozenset({"deal", "opportunity", "opp", "one"})
_DEALS = frozenset({"deals", "opportunities", "opps"})
_BIGGEST = frozenset({"biggest", "largest", "top", "greatest", "valuable"})
_NEXT = frozenset({"next", "soonest", "earliest"})
_CLOSING = frozenset({"closes", "close", "closing", "due"})
_AROUND = frozenset(
    "what what's whats which which's show me tell give name the is a of for in on to my our we i i've we've have "
    "got most currently now right at moment open pipeline still please and that will it by value size".split()
)


def single_deal_asked(turn: Turn) -> SingleDeal | None:
    """Which one deal is asked for, when every word of the message is understood; None for any other question."""
    call = turn.call
    marked = [(entity.start, entity.end) for entity in call.entities if entity.end]
    said = [
        found[0].casefold().replace("’", "'")
        for found in _WORD.finditer(call.text)
        if not any(start <= found.start() < end for start, end in marked)
    ]
    words = set(said)
    singular = bool(words & _DEAL) and (not words & _DEALS or "of" in words or "which" in words)
    singular = singular or ("of" in words and "which" in words and bool(words & _DEALS))
    if not singular or not words <= _AROUND | _DEAL | _DEALS | _BIGGEST | _NEXT | _CLOSING:
        return None
    if words & _BIGGEST and not words & _NEXT:
        return "biggest"
    return "next" if words & _NEXT and words & (_CLOSING | {"next"}) and not words & _BIGGEST else None
