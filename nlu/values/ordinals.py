"""A choice from a list: "second", "the last one", "#2", "option b"."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.values.dates.day_parts import parse_ordinal
from nlu.values.number_words import UNITS
from nlu.values.source_text import SourceText

MAX_ORDINAL = 999
_OPTION_WORDS = frozenset({"option", "choice", "number", "no", "nr", "item", "answer", "variant", "#"})
_NEXT_TO_LAST = (
    ("second", "to", "last"),
    ("next", "to", "last"),
    ("last", "but", "one"),
    ("one", "before", "the", "last"),
    ("penultimate",),
)


def read_ordinal(text: str, *, locale: str = "en_US") -> int | None:
    """The place chosen: 2 for "second", "2nd", "#2", "2", "option b"; -1 for "the last"; None when none is named.

    Places above 999 and "0" are none.
    """
    source = SourceText(text, locale)
    found = next(find_ordinals(source), None)
    if found is not None:
        return found[2]
    for index, token in enumerate(source.tokens):
        if token.is_digits and not token.glued and len(token.text) <= 3 and not _is_decimal(source, index):
            return int(token.text) or None
        if token.text in UNITS and not (token.text == "one" and len(source.tokens) > 1):
            return UNITS[token.text] or None
    if len(source.tokens) == 1 and len(source.word(0)) == 1 and "a" <= source.word(0) <= "z":
        return ord(source.word(0)) - ord("a") + 1
    return None


def _is_decimal(source: SourceText, index: int) -> bool:
    after = source.token(index + 1)
    if (after.glued and after.is_word) or after.text in "%$€£":
        return True
    return after.glued and after.text in ".,:/" and source.token(index + 2).glued and source.token(index + 2).is_digits


def find_ordinals(source: SourceText) -> Iterator[tuple[int, int, int]]:
    """The tokens and place of every ordinal: words, digits with a suffix, "#2", "option b", "last"."""
    index, count = 0, len(source.tokens)
    while index < count:
        found = _at(source, index)
        if found is None:
            index += 1
            continue
        yield index, found[0], found[1]
        index = found[0]


def _at(source: SourceText, index: int) -> tuple[int, int] | None:
    word = source.word(index)
    for phrase in _NEXT_TO_LAST:
        if word == phrase[0] and all(source.word(index + n) == part for n, part in enumerate(phrase)):
            end = index + len(phrase)
            return end + (phrase == _NEXT_TO_LAST[3] and source.word(end) == "one"), -2
    if word in _OPTION_WORDS:
        return _option(source, index)
    if source.token(index).is_digits and source.token(index).glued and source.token(index - 1).text.isalnum():
        return None
    hundreds = _hundreds(source, index)
    if hundreds is not None:
        return hundreds
    ordinal = parse_ordinal(source, index)
    if ordinal is not None:
        if ordinal.value < 1 or (source.token(ordinal.end).glued and source.token(ordinal.end).text.isalnum()):
            return None
        return ordinal.end, ordinal.value
    if word == "last":
        return index + 1, -1
    return None


def _hundreds(source: SourceText, index: int) -> tuple[int, int] | None:
    """ "two hundredth", "one hundred and twenty-fifth"."""
    hundreds = UNITS.get(source.word(index), 0)
    if not 1 <= hundreds <= 9:
        return None
    if source.word(index + 1) == "hundredth":
        return index + 2, hundreds * 100
    if source.word(index + 1) != "hundred":
        return None
    rest = parse_ordinal(source, index + 2 + (source.word(index + 2) == "and"))
    return None if rest is None else (rest.end, hundreds * 100 + rest.value)


def _option(source: SourceText, index: int) -> tuple[int, int] | None:
    """ "#2", "option b", "number two"."""
    at = index + 1
    at += source.word(at) in ("#", ".")
    token = source.token(at)
    if source.token(at + 1).glued and source.token(at + 1).text.isalnum():
        return None
    if token.is_digits:
        if len(token.text) <= 3 and 1 <= int(token.text) <= MAX_ORDINAL and not _is_decimal(source, at):
            return at + 1, int(token.text)
        return None
    if token.text in UNITS:
        return (at + 1, UNITS[token.text]) if UNITS[token.text] else None
    if (
        source.word(index) in ("option", "choice", "answer", "variant")
        and len(token.text) == 1
        and "a" <= token.text <= "z"
    ):
        return at + 1, ord(token.text) - ord("a") + 1
    return None
