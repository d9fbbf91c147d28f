"""Numbers in words or mixed ("forty thousand", "half a million", "3 hundred and 21", "two dozen")."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from nlu.values.numerals import is_malformed_after, match_numeral, numeral_value
from nlu.values.source_text import SourceText, remembered

UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen "
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
_NO_SCALE_YET = 10**15
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


class _Compound:
    """A number under way: "two million three hundred and twelve" word by word.

    ``group`` is what the next scale multiplies, ``total`` what scales have closed. Scales must fall: "two million three
    thousand", never the other way round.
    """

    def __init__(self, source: SourceText, start: int, whole: bool) -> None:
        self.source = source
        self.start = self.index = start
        self.whole = whole
        self.total = Decimal(0)
        self.group: Decimal | None = None
        self.smallest = _NO_SCALE_YET
        self.hundred_said = self.has_words = self.money_scale = self.from_digits = False
        self.numeral: str | None = None

    def opens(self) -> bool:
        """Takes the article or bare "hundred" a number may begin with; False when an article begins something else."""
        source, index = self.source, self.index
        if source.word(index) == "hundred" and _scale(source, index + 1, False):
            self._say(index + 1, Decimal(100))
            self.hundred_said = True
        elif source.word(index) in _ARTICLES:
            if not (source.word(index + 1) in ("hundred", "dozen") or _scale(source, index + 1, False)):
                return False
            self._say(index + 1, Decimal(1))
        return True

    def goes_on(self) -> bool:
        """Takes the next word or numeral if it belongs to the number."""
        word = self.source.word(self.index)
        if self.group is not None and word in ("hundred", "hundreds"):
            return self._hundred(self.group)
        if self.group is not None and word in _DOZENS and self.total == 0:
            self._say(self.index + 1, self.group * _DOZENS[word])
            return False
        scale = _scale(self.source, self.index, self.from_digits)
        if self.group is not None and scale is not None:
            return self._scaled(self.group, scale, word)
        if self.group is not None and word == "and" and not self.hundred_said:
            part = _and_a_part(self.source, self.index)
            if part is not None:
                self._say(part[0], self.group + part[1])
                return True
        links = word == "and" and (self.hundred_said or (self.smallest < _NO_SCALE_YET and self.group is None))
        return self._below_hundred(self.index + links) or self._digits(self.index + links)

    def _say(self, index: int, group: Decimal) -> None:
        self.index, self.group, self.has_words, self.numeral = index, group, True, None

    def _hundred(self, group: Decimal) -> bool:
        if self.hundred_said or group >= 100:
            return False
        self._say(self.index + 1, group * 100)
        self.hundred_said = True
        return True

    def _scaled(self, group: Decimal, scale: int, word: str) -> bool:
        if scale >= self.smallest:
            return False
        self.total, self.group, self.smallest = self.total + group * scale, None, scale
        self.index, self.hundred_said, self.from_digits, self.numeral = self.index + 1, False, False, None
        self.money_scale = self.money_scale or word in MONEY_SCALES
        self.has_words = self.has_words or word not in MONEY_SCALES
        return True

    def _awaits_rest(self) -> bool:
        """Whether hundreds have been said and the rest below a hundred has not."""
        return self.hundred_said and self.group is not None and self.group % 100 == 0

    def _below_hundred(self, index: int) -> bool:
        small = _small(self.source, index)
        if small is None or not (self.group is None or (self._awaits_rest() and small[1] > 0)):
            return False
        self._say(small[0], (self.group or Decimal(0)) + small[1])
        return True

    def _digits(self, index: int) -> bool:
        """A numeral at the start, or behind "and": "3 hundred and 21"."""
        behind_and = index > self.index
        if not (self.group is None or (behind_and and self._awaits_rest())):
            return False
        found = _numeral(self.source, index, self.whole)
        if found is None or not (self.index == self.start or (behind_and and found[1] < 1000)):
            return False
        if behind_and and found[1] != int(found[1]):
            return False
        self.numeral = found[2] if self.index == self.start else None
        self.index, self.from_digits, self.group = found[0], True, (self.group or Decimal(0)) + found[1]
        return True


def _compound(source: SourceText, start: int, whole: bool) -> Number | None:
    number = _Compound(source, start, whole)
    if not number.opens():
        return None
    while number.index < start + MAX_WORDS and number.goes_on():
        pass
    index, group = number.index, number.group
    if index == start:
        return None
    if number.numeral is not None and is_malformed_after(source.normal, source.token(index - 1).end):
        return None
    if number.has_words and source.word(index) == "point" and group is not None:
        index, group = _decimals(source, index, group)
    value = number.total + (group or 0)
    return Number(index, value, number.has_words, number.money_scale, number.numeral)


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
