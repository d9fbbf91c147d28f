"""All values in a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NamedTuple

from nlu.values.contact_points import find_emails, find_phones
from nlu.values.dates.context import Context, Prefer
from nlu.values.dates.expression import expressions
from nlu.values.dates.moment import FromNow
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

    ``canonical`` reads as the same value again. ``kind`` "date" is any temporal expression: a point, a range, a
    length or a repetition.
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

    Of overlapping ones the longer is kept, of equally long ones the more specific kind. What is there but cannot be
    read ("Feb 30") is left out. ``kinds`` limits what is looked for. Never raises.
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
    values: list[FoundValue] = []
    for found in taken:
        start, end = source.original_span(found.first, found.last)
        if values and start < values[-1].end:
            continue  # two tokens of one character: "¼0"
        values.append(
            FoundValue(kind=found.kind, start=start, end=end, text=text[start:end], canonical=found.canonical)
        )
    return tuple(values)


def _candidates(source: SourceText, context: Context, kinds: frozenset[ValueKind]) -> Iterator[_Candidate]:
    for kind in kinds:
        for first, last, canonical in _FINDERS[kind](source, context):
            yield _Candidate(kind, first, last, canonical)


_Found = Iterator[tuple[int, int, str]]
"""Token indices (end exclusive) and canonical text."""


def _dates(source: SourceText, context: Context) -> _Found:
    for expression in expressions(source, skip_unreadable=True):
        if expression.time == FromNow():
            continue  # "it works now", "not now": talk, hardly ever a value
        with suppress(UnreadableValue):
            yield expression.start, expression.end, expression.canonical(context)


def _emails(source: SourceText, _: Context) -> _Found:
    return ((source.index_at(start), source.index_at(end), address) for start, end, address in find_emails(source))


def _phones(source: SourceText, _: Context) -> _Found:
    return ((source.index_at(start), source.index_at(end), number) for start, end, number in find_phones(source))


def _money(source: SourceText, _: Context) -> _Found:
    return ((first, last, amount.canonical) for first, last, amount in find_money(source))


def _percents(source: SourceText, _: Context) -> _Found:
    return ((first, last, f"{number_text(value)}%") for first, last, value in find_percents(source))


def _ordinals(source: SourceText, _: Context) -> _Found:
    return ((first, last, str(place)) for first, last, place in find_ordinals(source))


def _numbers(source: SourceText, _: Context) -> _Found:
    return ((first, last, number_text(value)) for first, last, value in find_numbers(source))


_FINDERS: dict[ValueKind, Callable[[SourceText, Context], _Found]] = {
    "email": _emails,
    "phone": _phones,
    "date": _dates,
    "money": _money,
    "percent": _percents,
    "ordinal": _ordinals,
    "number": _numbers,
}
