"""Messages with their entities replaced by one stand-in per kind: what is asked for, whoever it is about.

"show me Globix" and "show me Zorblatt Industries" ask for the same. A classifier that sees names, amounts and dates as
they stand must learn which of them matter, and takes a name nobody has heard of for a strange message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

_STAND_INS = {
    "account": "Acme",
    "amount": "40k",
    "contact": "Jane",
    "date": "Friday",
    "deal": "the license deal",
    "email": "jane@acme.com",
    "invoice_number": "INV-2001",
    "note": "some note",
    "order_number": "ORD-10001",
    "percent": "40%",
    "person": "Sam",
    "phone": "+1 555 0100",
    "product": "the product",
    "query": "words",
    "reason": "some reason",
    "subject": "something",
    "ticket_number": "T-101",
    "timezone": "Berlin",
}
"""A natural example of each kind, so that a sentence encoder reads a sentence. Other kinds stand for themselves."""

_KEPT = frozenset(
    {"activity_kind", "field", "grouping", "language", "ordinal", "output", "record_kind", "scope", "stage"}
)
"""Kinds of a few words each, which are part of what is asked for: "emailed" is no "call", "deals" are no "tasks"."""


class MaskedSpan(Protocol):
    """An entity at characters ``start`` to ``end`` (exclusive) of a message."""

    @property
    def entity(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def masked(text: str, spans: Iterable[MaskedSpan]) -> str:
    """Return ``text`` with ``spans`` (in order, none overlapping) replaced by stand-ins, but words of the trade."""
    pieces = []
    reached = 0
    for span in spans:
        if span.entity in _KEPT:
            continue
        pieces += [text[reached : span.start], stand_in(span.entity)]
        reached = span.end
    return "".join([*pieces, text[reached:]])


def stand_in(entity: str) -> str:
    """Return what stands for entities of this kind; for kinds unknown here, the kind's name as words."""
    return _STAND_INS.get(entity) or re.sub(r"[\W_]+", " ", entity).strip() or "it"
