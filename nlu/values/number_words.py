"""Numbers in words or mixed ("forty thousand", "half a million", "3 hundred and 21", "two dozen")."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from nlu.values.numerals import is_malformed_after, match_numeral, numeral_value
from nlu.values.source_text import SourceText, remembered

UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
} | {"nought": 0, "naught": 0, "nil": 0}
TENS = {
    word: value * 10
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
} | {"fourty": 40}
SCALES = {
    "thousand": 10**3,
    "thousands": 10**3,
    "grand": 10**3,
    "k": 10**3,
    "tsd": 10**3,
    "lakh": 10**5,
    "lakhs": 10**5,
    "lac": 10**5,
    "million": 10**6,
    "millions": 10**6,
    "mio": 10**6,
    "mil": 10**6,
    "mill": 10**6,
    "mln": 10**6,
    "mn": 10**6,
    "mm": 10**6,
    "m": 10**6,
    "crore": 10**7,
    "crores": 10**7,
    "billion": 10**9,
    "billions": 10**9,
    "bn": 10**9,
    "bln": 10**9,
    "mrd": 10**9,
    "b": 10**9,
    "trillion": 10**12,
    "trillions": 10**12,
    "tn": 10**12,
}
_AFTER_DIGITS_ONLY = frozenset(
    {"k", "tsd", "mio", "mil", "mill", "mln", "mn", "mm", "m", "bn", "bln", "mrd", "b", "tn"}
)
MONEY_SCALES = _AFTER_DIGITS_ONLY | {"grand"}
"""Scales that people only use of money (and of numbers nearly as often as never)."""
_GLUED_ONLY = frozenset({"m", "b", "mm"})
_DOZENS = {"dozen": 12, "dozens": 12, "dz": 12, "dzs": 12}
_ARTICLES = frozenset({"a", "an"})
_PORTIONS = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}
MAX_WORDS = 24
"""No number takes more tokens than this; it bounds the work at any one place of a text."""


class Number(NamedTuple):
    """A number at a place of a text: the token index after it, its value and how it was written."""

    end: int
    value: Decimal
    has_words: bool
    money_scale: bool
    """Whether a scale was said that is used of money only ("k", "grand", "mio")."""
    numeral: str | None
    """The digits as written when the number is one numeral and nothing else."""


@remembered
def parse_number(source: SourceText, start: int, *, whole_thousands: bool = False) -> Number | None:
    """The longest number that starts at a token, without sign; None when there is none."""
    return _portion(source, start) or _compound(source, start, whole_thousands)


def _portion(source: SourceText, start: int) -> Number | None:
    """ "half a million", "a quarter million", "half a dozen"; "half" alone only means something before a unit."""
    index = start + 1 if source.word(start) in _ARTICLES else start
    portion = _PORTIONS.get(source.word(index))
    if portion is None:
        return None
    index += 1
    if source.word(index) == "of":
        index += 1
    if source.word(index) in _ARTICLES:
        index += 1
    word = source.word(index)
    scale = _DOZENS.get(word) or (SCALES.get(word) if word not in _AFTER_DIGITS_ONLY else None)
    if scale is None:
        return None
    return Number(index + 1, portion * scale, True, word in MONEY_SCALES, None)


def _small(source: SourceText, index: int) -> tuple[int, int] | None:
    """A number word below 100: ("twenty", "-", "one") or one word."""
    word = source.word(index)
    if word in UNITS:
        return index + 1, UNITS[word]
    tens = TENS.get(word)
    if tens is None:
        return None
    after = index + 1
    if source.word(after) == "-":
        after += 1
    unit = UNITS.get(source.word(after), 0)
    if 1 <= unit <= 9:
        return after + 1, tens + unit
    return index + 1, tens


def _numeral(source: SourceText, index: int, whole: bool) -> tuple[int, Decimal, str] | None:
    token = source.token(index)
    if not token.is_digits:
        return None
    found = match_numeral(source.normal, token.start)
    if found is None:
        return None
    end, text = found
    after = source.index_at(end)
    follower = source.word(after) if source.token(after).glued else ""
    scaled = source.word(after) in SCALES and (follower or source.word(after) not in _GLUED_ONLY)
    return after, numeral_value(text, source.locale, whole_thousands=whole and not scaled), text


def _scale(source: SourceText, index: int, from_digits: bool) -> int | None:
    token = source.token(index)
    scale = SCALES.get(token.text)
    if scale is None or (token.text in _AFTER_DIGITS_ONLY and not from_digits):
        return None
    if token.text in _GLUED_ONLY and not token.glued:
        return None
    return scale


def _compound(source: SourceText, start: int, whole: bool) -> Number | None:
    total = Decimal(0)
    group: Decimal | None = None  # what the next scale multiplies
    smallest = 10**15  # scales must fall: "two million three thousand", never the other way round
    index = start
    has_words = money_scale = from_digits = hundred_said = False
    numeral: str | None = None
    if source.word(index) == "hundred" and _scale(source, index + 1, False):
        group, index, has_words, hundred_said = Decimal(100), index + 1, True, True
    elif source.word(index) in _ARTICLES:
        if not (source.word(index + 1) in ("hundred", "dozen") or _scale(source, index + 1, False)):
            return None
        group, index, has_words = Decimal(1), index + 1, True
    limit = start + MAX_WORDS
    while index < limit:
        word = source.word(index)
        if word == "hundred" or (word == "hundreds" and group is not None):
            if group is None or hundred_said or group >= 100:
                break
            group, index, has_words, hundred_said, numeral = group * 100, index + 1, True, True, None
            continue
        if word in _DOZENS and group is not None and total == 0:
            return Number(index + 1, group * _DOZENS[word], True, False, None)
        scale = _scale(source, index, from_digits) if group is not None else None
        if scale is not None and group is not None:
            if scale >= smallest:
                break
            total, group, smallest, hundred_said = total + group * scale, None, scale, False
            money_scale = money_scale or word in MONEY_SCALES
            has_words, numeral, from_digits, index = has_words or word not in MONEY_SCALES, None, False, index + 1
            continue
        step = index + 1 if word == "and" and (hundred_said or (smallest < 10**15 and group is None)) else index
        part = _and_a_part(source, index) if word == "and" and group is not None and not hundred_said else None
        if part is not None and group is not None:
            group, index, has_words, numeral = group + part[1], part[0], True, None
            continue
        small = _small(source, step)
        if small is not None and (group is None or (hundred_said and group % 100 == 0 and small[1] > 0)):
            if word == "and" and group is None and smallest == 10**15:
                break
            group = (group or Decimal(0)) + small[1]
            index, has_words, numeral = small[0], True, None
            continue
        if group is None or (hundred_said and step > index and group % 100 == 0):
            digits = _numeral(source, step, whole)
            if digits is not None and (
                index == start or (step > index and digits[1] < 1000 and digits[1] == int(digits[1]))
            ):
                if index == start:
                    numeral = digits[2]
                index, from_digits = digits[0], True
                group = (group or Decimal(0)) + digits[1]
                continue
        break
    if index == start:
        return None
    if numeral is not None and is_malformed_after(source.normal, source.token(index - 1).end):
        return None
    if has_words and numeral is None and source.word(index) == "point" and group is not None:
        index, group = _decimals(source, index, group)
    return Number(index, total + (group or 0), has_words, money_scale, numeral)


def _and_a_part(source: SourceText, index: int) -> tuple[int, Decimal] | None:
    """ "and a half", "and a quarter" behind a number; not "and half an hour"."""
    index += 1
    if source.word(index) in _ARTICLES:
        index += 1
    portion = _PORTIONS.get(source.word(index))
    if portion is None or source.word(index + 1) in ("a", "an", "of"):
        return None
    return index + 1, portion


def _decimals(source: SourceText, index: int, whole: Decimal) -> tuple[int, Decimal]:
    """Digits spoken after "point": "one point two five"."""
    digits = ""
    after = index + 1
    while len(digits) < 9 and (digit := UNITS.get(source.word(after), 10)) < 10:
        digits += str(digit)
        after += 1
    return (after, whole + Decimal(f"0.{digits}")) if digits else (index, whole)
