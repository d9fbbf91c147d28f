"""All values in a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from nlu.values.contact_points import find_emails, find_phones
from nlu.values.dates.context import Context, Prefer
from nlu.values.dates.expression import expressions
from nlu.values.errors import UnreadableValue
from nlu.values.money import find_money
from nlu.values.numbers import find_numbers, find_percents, number_text
from nlu.values.ordinals import find_ordinals
from nlu.values.reading import Reading
from nlu.values.source_text import SourceText

ValueKind = Literal["email", "phone", "date", "money", "percent", "ordinal", "number"]
VALUE_KINDS: frozenset[ValueKind] = frozenset({"email", "phone", "date", "money", "percent", "ordinal", "number"})
_PRECEDENCE: dict[ValueKind, int] = {
    "email": 0,
    "phone": 1,
    "percent": 2,
    "money": 3,
    "date": 4,
    "ordinal": 5,
    "number": 6,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundValue:
    """A value in a text: ``text`` is the original's characters ``start`` to ``end`` (exclusive).

    ``canonical`` reads as the same value again. ``kind`` "date" is any temporal expression: a point, a range, a length or a
    repetition.
    """

    kind: ValueKind
    start: int
    end: int
    text: str
    canonical: str


class _Candidate(NamedTuple):
    kind: ValueKind
    first: int
    last: int
    canonical: str


def find_values(
    text: str, reading: Reading, *, prefer: Prefer = "future", kinds: frozenset[ValueKind] = VALUE_KINDS
) -> tuple[FoundValue, ...]:
    """The values in ``text`` in the order they stand there, none overlapping another.

    Of overlapping ones the longer is kept, of equally long ones the more specific kind. What is there but cannot be read
    ("Feb 30") is left out. ``kinds`` limits what is looked for. Never raises.
    """
    source = SourceText(text, reading.locale)
    if not source.tokens:
        return ()
    candidates = list(_candidates(source, Context.of(reading, prefer), kinds))
    candidates.sort(key=lambda found: (found.first - found.last, _PRECEDENCE[found.kind], found.first))
    taken: list[_Candidate] = []
    occupied = bytearray(len(source.tokens))
    for found in candidates:
        if not any(occupied[found.first : found.last]):
            occupied[found.first : found.last] = b"\1" * (found.last - found.first)
            taken.append(found)
    taken.sort(key=lambda found: found.first)
    values = []
    for found in taken:
        start, end = source.original_span(found.first, found.last)
        values.append(
            FoundValue(kind=found.kind, start=start, end=end, text=text[start:end], canonical=found.canonical)
        )
    return tuple(values)


def _candidates(source: SourceText, context: Context, kinds: frozenset[ValueKind]) -> Iterator[_Candidate]:
    if "email" in kinds:
        for begin, stop, address in find_emails(source):
            yield _Candidate("email", source.index_at(begin), source.index_at(stop), address)
    if "phone" in kinds:
        for begin, stop, number in find_phones(source):
            yield _Candidate("phone", source.index_at(begin), source.index_at(stop), number)
    if "date" in kinds:
        for expression in expressions(source, skip_unreadable=True):
            try:
                canonical = expression.canonical(context)
            except UnreadableValue:
                continue
            yield _Candidate("date", expression.start, expression.end, canonical)
    if "percent" in kinds:
        for first, last, percent in find_percents(source):
            yield _Candidate("percent", first, last, f"{number_text(percent)}%")
    if "money" in kinds:
        for first, last, amount in find_money(source):
            yield _Candidate("money", first, last, amount.canonical)
    if "ordinal" in kinds:
        for first, last, place in find_ordinals(source):
            yield _Candidate("ordinal", first, last, str(place))
    if "number" in kinds:
        for first, last, value in find_numbers(source):
            yield _Candidate("number", first, last, number_text(value))
