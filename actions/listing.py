"""The list shown last, so that "the second one" and "done with the first" mean something without a question open."""

from __future__ import annotations

import re
from collections.abc import Iterable

from actions.turn import Turn
from crm_store.models import Record
from nlu.values import read_ordinal

_KEY = "listed"
_MOST = 20
_PLACE = re.compile(
    r"\b(?:the|my|that)\s+(first|second|third|fourth|fifth|sixth|1st|2nd|3rd|4th|5th|6th|last(?=\s+one))"
    r"(?:\s+(?:one|task|reminder|deal|ticket|company|account|contact))?(?=\s+(?:to|till|until|off|is|was|as|by)\b|\W*$)",
    re.IGNORECASE,
)
"""A place in a list, said in the middle of a request ("push the second to Monday")."""


def remember_listed(turn: Turn, records: Iterable[Record]) -> None:
    """Keep which records a list has just shown, in their order; an earlier list is forgotten."""
    refs = [str(record.ref) for record, _ in zip(records, range(_MOST), strict=False)]
    turn.conversation.focus = {**turn.conversation.focus, _KEY: refs}


def listed_refs(turn: Turn) -> list[str]:
    """The references of the records the last list showed, in its order."""
    refs = turn.conversation.focus.get(_KEY)
    return [str(ref) for ref in refs] if isinstance(refs, list) else []


def listed_ref(turn: Turn) -> str | None:
    """The reference of the record that the message picks from the last list by its place; None when it picks none."""
    said = turn.call.first("ordinal") or _place_said(turn.call.text)
    place = read_ordinal(said, locale=turn.reading.locale) if said else None
    refs = listed_refs(turn)
    if place is None:
        return None
    index = place - 1 if place > 0 else len(refs) + place
    return refs[index] if 0 <= index < len(refs) else None


def _place_said(text: str) -> str | None:
    found = _PLACE.search(text)
    return found[1] if found is not None else None
