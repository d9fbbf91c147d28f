"""The list shown last, so that "the second one" and "done with the first" mean something without a question open."""

from __future__ import annotations

from collections.abc import Iterable

from actions.turn import Turn
from crm_store.models import Record
from nlu.values import read_ordinal

_KEY = "listed"
_MOST = 20


def remember_listed(turn: Turn, records: Iterable[Record]) -> None:
    """Keep which records a list has just shown, in their order; an earlier list is forgotten."""
    refs = [str(record.ref) for record, _ in zip(records, range(_MOST), strict=False)]
    turn.conversation.focus = {**turn.conversation.focus, _KEY: refs}


def listed_ref(turn: Turn) -> str | None:
    """The reference of the record that the message picks from the last list by its place; None when it picks none."""
    said = turn.call.first("ordinal")
    place = read_ordinal(said, locale=turn.reading.locale) if said else None
    refs = turn.conversation.focus.get(_KEY)
    if place is None or not isinstance(refs, list):
        return None
    index = place - 1 if place > 0 else len(refs) + place
    return str(refs[index]) if 0 <= index < len(refs) else None
