"""Plain numbers and percentages."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from nlu.values.errors import UnreadableValue
from nlu.values.number_words import SCALES, TENS, UNITS, parse_number
from nlu.values.numerals import is_malformed_after, match_numeral
from nlu.values.source_text import SourceText

MAX_NUMBER = Decimal(10) ** 18
_STARTS = frozenset({"a", "an", "half", "quarter", "hundred"})
_SIGNS = frozenset({"minus", "negative"})
_PERCENT_WORDS = frozenset({"percent", "percents", "percentage", "pct", "prozent"})
_POINTING = frozenset(
    "which this that the each every no any another other first second third last next previous good new only "
    "wrong right".split()
)


def read_number(text: str, *, locale: str = "en_US") -> Decimal | None:
    """The first number in ``text``, in digits or words; None when there is none.

    Raises UnreadableValue(kind="number") with reason "not_a_number" ("12..5") or "too_large" (over 10^18).
    """
    source = SourceText(text, locale)
    for token in source.tokens:
        numeral = match_numeral(source.normal, token.start) if token.is_digits and not token.glued else None
        if numeral is not None and is_malformed_after(source.normal, numeral[0]):
            raise UnreadableValue(kind="number", reason="not_a_number", text=text)
    for _, _, value in _scan(source, alone=True):
        if abs(value) > MAX_NUMBER:
            raise UnreadableValue(kind="number", reason="too_large", text=text)
        return value
    return None


def read_percent(text: str, *, locale: str = "en_US") -> Decimal | None:
    """The first percentage in ``text`` (40 for "40%"); of a lone number, the number. None when there is none.

    Raises UnreadableValue(kind="percent", reason="too_large") over 10^18.
    """
    source = SourceText(text, locale)
    lone: Decimal | None = None
    value = next((value for _, _, value in find_percents(source)), None)
    if value is None:
        lone = next((value for _, end, value in _scan(source, alone=True) if end == len(source.tokens)), None)
    value = lone if value is None else value
    if value is not None and abs(value) > MAX_NUMBER:
        raise UnreadableValue(kind="percent", reason="too_large", text=text)
    return value


def find_percents(source: SourceText) -> Iterator[tuple[int, int, Decimal]]:
    """The tokens and value of every percentage."""
    if "%" not in source.normal and not any(
        token.text in _PERCENT_WORDS or token.text == "cent" for token in source.tokens
    ):
        return
    for start, end, value in _scan(source, alone=True):
        after = end
        if source.word(after) == "-" and source.word(after + 1) in _PERCENT_WORDS:
            after += 1
        if source.word(after) == "%" or source.word(after) in _PERCENT_WORDS:
            yield start, after + 1, value
        elif source.word(after) == "per" and source.word(after + 1) == "cent":
            yield start, after + 2, value


def find_numbers(source: SourceText) -> Iterator[tuple[int, int, Decimal]]:
    """The tokens and value of every number that is not part of a word or code."""
    yield from _scan(source, alone=False)


def _scan(source: SourceText, *, alone: bool) -> Iterator[tuple[int, int, Decimal]]:
    """Numbers in order; ``alone`` also takes "one" where it may be a pronoun ("which one")."""
    index, count = 0, len(source.tokens)
    while index < count:
        token = source.tokens[index]
        text = token.text
        if not (token.is_digits or text in UNITS or text in TENS or text in _STARTS):
            index += 1
            continue
        if token.is_digits and token.glued and _is_inside_word(source, index):
            index += 1
            while (index < count and source.tokens[index].glued and source.tokens[index].text in ".-:/_") or (
                index < count and source.tokens[index].glued and source.tokens[index].is_digits
            ):
                index += 1
            continue
        number = parse_number(source, index)
        if number is None:
            index += 1
            continue
        end, value = number.end, number.value
        if text == "one" and end == index + 1 and not alone and _is_pronoun(source, index):
            index = end
            continue
        after = source.token(end)
        if after.glued and after.is_word and after.text not in SCALES and source.token(end - 1).is_digits:
            index = end + 1
            continue
        start = index
        before = source.token(index - 1)
        if before.text == "." and token.is_digits and token.glued and number.numeral == text and not before.glued:
            start, value = index - 1, Decimal(f"0.{text}")  # ".08"
            before = source.token(index - 2)
        if before.text in _SIGNS or (
            before.text == "-" and source.token(start).glued and not _joins(source, start - 1)
        ):
            start, value = start - 1, -value
        yield start, end, value
        index = end


def _is_inside_word(source: SourceText, index: int) -> bool:
    """Whether digits belong to a code, a version or an address ("INV-2041", "v3.11")."""
    before = source.token(index - 1)
    if before.is_word or before.text == "_":
        return True
    return before.text in ".-:/@#" and before.glued and source.token(index - 2).is_word


def _joins(source: SourceText, index: int) -> bool:
    """Whether a hyphen stands between two things and is no sign."""
    return source.token(index).glued and source.word(index - 1).isalnum()


def _is_pronoun(source: SourceText, index: int) -> bool:
    before = source.word(index - 1)
    return (
        before in _POINTING
        or before.endswith(("st", "nd", "rd", "th"))
        or source.word(index + 1) in ("of", "more", "s", "'")
    )


def number_text(value: Decimal) -> str:
    """A number without exponent or trailing zeros: "40", "2.5"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
