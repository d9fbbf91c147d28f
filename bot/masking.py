"""Messages without the personal data in them: what may be kept for review.

Masked is what identifies somebody: addresses, numbers of seven digits and more, document numbers, names on record,
names the engine found, and capitalised words in the middle of a sentence that are no known word. Amounts and dates
stay. A name nobody knows, written in lower case and not noticed by the engine, is not recognised as one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from bot.known_names import NamesOnRecord
from nlu.entities.documents import find_document_numbers
from nlu.parse import Entity
from nlu.values import find_values
from nlu.values.reading import Reading

READ = 2000
KEPT = 500
"""Characters of a message that are looked at, and that are kept."""

MASKED_ENTITIES = frozenset(
    {"account", "contact", "person", "deal", "email", "phone", "order_number", "invoice_number", "ticket_number"}
)
_UNMASKED_NAMES = frozenset({"product", "stage"})
# Wider than what an address is: half an address is personal too.
_ADDRESS = re.compile(r"[^\s<>()\[\]{},;:\"]+@[^\s<>()\[\]{},;:\"]+")
_MENTION = re.compile(r"<[@#!][^<>\s]{1,80}>|(?<![\w@])@[\w.-]{2,64}")
_LINK = re.compile(r"(?:https?|ftp|file)://\S+|(?<![\w@.])www\.\S+|(?:mailto|tel):\S+", re.IGNORECASE)
_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?(?![^\W_])", re.IGNORECASE)
_IBAN_DIGITS = 8
_INVISIBLE = "\u00ad\u200b-\u200f\u2060\ufeff"
_DIGITS = re.compile(rf"\+?\(?\d(?:[\s()./{_INVISIBLE}\u2010-\u2015_-]{{0,3}}\d){{6,}}")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{1,2}:?\d{0,2})?(?:/\d{4}-\d{2}-\d{2})?")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:\n\"(\u2022*-])\s*$")
_NO_NAMES = frozenset("i i'm i'll i'd i've ok okay crm".split())


class _Span(NamedTuple):
    start: int
    end: int
    placeholder: str


def mask(text: str, *, entities: Iterable[Entity], names: NamesOnRecord, reading: Reading) -> str:
    """``text`` with a placeholder ("<contact>", "<phone>") for everything personal, cut to KEPT characters.

    ``entities`` are what the engine found in just this text.
    """
    plain = _same_length_plain(text[:READ])
    found = list(entities)
    spans = [*_addresses(plain), *_numbers(plain, reading)]
    spans += [_Span(number.start, number.end, number.entity) for number in find_document_numbers(plain)]
    on_record = names.find(plain)
    spans += [_Span(*each[1:], each.kind) for each in on_record if each.kind not in _UNMASKED_NAMES]
    spans += [_Span(e.start, e.end, e.entity) for e in found if e.entity in MASKED_ENTITIES and e.end > e.start]
    explained = [(e.start, e.end) for e in found if e.entity not in {"subject", "note", "reason", "query"}]
    explained += [(each.start, each.end) for each in on_record]
    explained += [(value.start, value.end) for value in find_values(plain, reading)]
    spans += _unknown_names(plain, explained)
    return _replaced(plain, spans)[:KEPT]


def _same_length_plain(text: str) -> str:
    """Compatibility characters ("\uff20") unfolded where that moves nothing: entities keep their places."""
    return "".join(
        plain if len(plain := unicodedata.normalize("NFKC", character)) == 1 else character for character in text
    )


def _addresses(text: str) -> Iterable[_Span]:
    for pattern, placeholder in ((_ADDRESS, "email"), (_LINK, "link"), (_MENTION, "person")):
        for match in pattern.finditer(text):
            yield _Span(match.start(), match.end(), placeholder)


def _numbers(text: str, reading: Reading) -> Iterable[_Span]:
    for value in find_values(text, reading, kinds=frozenset({"phone"})):
        yield _Span(value.start, value.end, "phone")
    for match in _IBAN.finditer(text):
        if sum(character.isdigit() for character in match.group()) >= _IBAN_DIGITS:
            yield _Span(match.start(), match.end(), "number")
    for match in _DIGITS.finditer(text):
        if not _ISO_DATE.fullmatch(match.group()):
            yield _Span(match.start(), match.end(), "phone" if match.group()[0] in "+(0" else "number")


def _unknown_names(text: str, explained: list[tuple[int, int]]) -> Iterable[_Span]:
    for match in _WORD.finditer(text):
        word = match.group()
        if not word[0].isupper() or word.isupper() or word.casefold() in _NO_NAMES:
            continue
        if _SENTENCE_START.search(text[: match.start()]):
            continue
        if any(start < match.end() and match.start() < end for start, end in explained):
            continue
        yield _Span(match.start(), match.end(), "name")


def _replaced(text: str, spans: list[_Span]) -> str:
    """Replace the spans; of overlapping ones all characters go, and the placeholder of the longest stays."""
    merged: list[_Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            longest = max(last, span, key=lambda each: each.end - each.start)
            merged.append(_Span(last.start, max(last.end, span.end), longest.placeholder))
        else:
            merged.append(span)
    pieces: list[str] = []
    reached = 0
    for span in merged:
        between = text[reached : span.start]
        if pieces and not between.strip() and pieces[-1] == f"<{span.placeholder}>":
            # "Jane" and "Doe", both masked for themselves, are one name.
            reached = span.end
            continue
        pieces += [between, f"<{span.placeholder}>"]
        reached = span.end
    pieces.append(text[reached:])
    return " ".join("".join(pieces).split())
