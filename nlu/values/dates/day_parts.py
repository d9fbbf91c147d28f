"""The small pieces days are named with: ordinals, years, places in a sequence, and where ambiguous words count."""

from __future__ import annotations

from typing import NamedTuple

from nlu.values.dates.numeric_dates import full_year
from nlu.values.dates.vocabulary import ALSO_COMMON_WORDS, CARDINALS, MONTHS, ORDINAL_SUFFIXES, ORDINALS, WEEKDAYS
from nlu.values.number_words import TENS, parse_number
from nlu.values.source_text import SourceText

DATE_PREPOSITIONS = frozenset(
    "in of by until till til since before after on during for from to through thru between this next last late "
    "early mid every each end start beginning middle closing due around about past".split()
)
YEAR_PREPOSITIONS = frozenset(
    "in of by until till til since before after during from through thru between year".split()
)


class Counted(NamedTuple):
    """A number that counts a day, at a place of a text."""

    end: int
    value: int
    is_ordinal: bool


def parse_ordinal(source: SourceText, index: int) -> Counted | None:
    """ "3rd", "third", "twenty-third" (up to 99)."""
    token = source.token(index)
    if token.is_digits:
        suffix = source.token(index + 1)
        if suffix.glued and suffix.text in ORDINAL_SUFFIXES and len(token.text) <= 3:
            return Counted(index + 2, int(token.text), True)
        return None
    if token.text in ORDINALS:
        return Counted(index + 1, ORDINALS[token.text], True)
    tens = TENS.get(token.text)
    if tens is not None:
        after = index + 1 + (source.word(index + 1) == "-")
        unit = ORDINALS.get(source.word(after), 0)
        if 1 <= unit <= 9:
            return Counted(after + 1, tens + unit, True)
    return None


def parse_day_number(source: SourceText, index: int) -> Counted | None:
    """The number of a day in a month: an ordinal or a number up to 31 in digits or words."""
    ordinal = parse_ordinal(source, index)
    if ordinal is not None:
        return ordinal
    token = source.token(index)
    if token.is_digits:
        if len(token.text) > 2 or source.word(index + 1) in (":", "%"):
            return None
        follower = source.token(index + 1)
        if (
            follower.glued
            and follower.text in ".,"
            and source.token(index + 2).is_digits
            and source.token(index + 2).glued
        ):
            return None
        if follower.glued and follower.is_word:
            return None
        return Counted(index + 1, int(token.text), False)
    if token.text in CARDINALS or token.text in TENS:
        small = CARDINALS.get(token.text)
        if small is not None:
            return Counted(index + 1, small, False)
        after = index + 1 + (source.word(index + 1) == "-")
        unit = CARDINALS.get(source.word(after), 0)
        if 1 <= unit <= 9 and TENS[token.text] <= 30:
            return Counted(after + 1, TENS[token.text] + unit, False)
        return Counted(index + 1, TENS[token.text], False)
    return None


def parse_year(source: SourceText, index: int) -> Counted | None:
    """A year: four digits from 1900 to 2199, "'27", "two thousand and five", "nineteen eighty six"."""
    token = source.token(index)
    if token.is_digits:
        if len(token.text) != 4 or not "1900" <= token.text <= "2199":
            return None
        after = source.token(index + 1)
        if after.glued and (after.text == "%" or (after.text in ".,:" and source.token(index + 2).is_digits)):
            return None
        if after.glued and after.is_word:
            return None
        return Counted(index + 1, int(token.text), False)
    if token.text == "'":
        digits = source.token(index + 1)
        if digits.is_digits and digits.glued and len(digits.text) == 2:
            return Counted(index + 2, full_year(digits.text), False)
        return None
    if token.text in ("nineteen", "twenty") and source.word(index + 1) in TENS | CARDINALS:
        rest = parse_number(source, index + 1)
        if rest is None:
            return None
        if 10 <= rest.value <= 99:
            return Counted(rest.end, (19 if token.text == "nineteen" else 20) * 100 + int(rest.value), False)
    if token.text == "nineteen" and source.word(index + 1) == "hundred":
        century = parse_number(source, index)
        if century is not None and 1900 <= century.value <= 1999:
            return Counted(century.end, int(century.value), False)
    if token.text == "two" and source.word(index + 1) == "thousand":
        number = parse_number(source, index)
        if number is not None and 2000 <= number.value <= 2199:
            return Counted(number.end, int(number.value), False)
    return None


def skip_of_the(source: SourceText, index: int) -> int:
    """The index after an optional "of", "in" or "'s" and an optional article or possessive."""
    index += source.word(index) in ("of", "in")
    return index + (source.word(index) in ("the", "my", "our"))


def expects_date(source: SourceText, start: int, end: int) -> bool:
    """Whether a word that is a common word too must be a date here: by what is before it, or because it is all there
    is.
    """
    before = source.word(start - 2) if source.word(start - 1) == "-" else source.word(start - 1)
    if before == "this" and source.word(start) in ("may", "march") and source.token(end).is_word:
        return source.word(end) in DATE_PREPOSITIONS  # "this may take longer"
    if before in ("and", "or") and source.word(start - 2) in MONTHS.keys() - ALSO_COMMON_WORDS:
        return True
    if before in DATE_PREPOSITIONS:
        return True
    if before == "," and source.word(start) in WEEKDAYS and not any(t.text.isalnum() for t in source.tokens[end:]):
        return True  # "price check granite, wed"
    if before in ("me", "us") and source.word(start) in WEEKDAYS and source.word(end) != "down":
        return True  # "remind me wed to call"
    if source.word(start - 1) in ("to", "-", "through", "until") and source.word(start - 2) in WEEKDAYS:
        return source.word(start) in WEEKDAYS
    if source.word(end) in ("to", "-", "through", "until"):
        names = MONTHS if source.word(start) in MONTHS else WEEKDAYS
        if source.word(end + 1) in names:
            return True
    return is_whole(source, start, end) or _is_name(source, start)


def _is_name(source: SourceText, index: int) -> bool:
    """Whether a word is written with a capital where no sentence starts, as only names are: "no, May"."""
    begin, end = source.original_span(index, index + 1)
    word = source.original[begin:end]
    return index > 0 and word.istitle() and source.word(index - 1) not in ".?!:;-*\"'()"


def is_whole(source: SourceText, start: int, end: int) -> bool:
    """Whether tokens ``start`` to ``end`` are the text, punctuation aside."""
    tokens = source.tokens
    before = all(not token.text.isalnum() for token in tokens[max(0, start - 3) : start]) and start <= 3
    return before and len(tokens) - end <= 3 and all(not token.text.isalnum() for token in tokens[end:])
