"""Amounts of money: "€40k", "1.5 mio", "2 x 5k", "forty thousand euros"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from nlu.values.currencies import (
    CENTS,
    NATIONAL_STARTS,
    dollar_of,
    own_currency,
    settle_shared,
)
from nlu.values.currency_words import AMBIGUOUS, currency_at, late_scale, prefix_currency, scaled_code, suffix_currency
from nlu.values.dates.expression import expressions
from nlu.values.errors import UnreadableValue
from nlu.values.number_words import TENS, UNITS, Number, parse_number
from nlu.values.numerals import is_malformed_after, match_numeral
from nlu.values.source_text import SourceText

MAX_AMOUNT = Decimal(10) ** 12
_CENT = Decimal("0.01")
_TIMES = frozenset({"x", "×", "*"})
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?e([+-]?\d+)(?!\w)")
_NOT_NUMBERS = frozenset({"nan", "inf", "infinity", "-inf", "-infinity", "∞"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount of money; ``currency`` is an ISO 4217 code, None when none was said."""

    value: Decimal
    currency: str | None = None

    @property
    def canonical(self) -> str:
        """ "40000 EUR", "40000" or "12.50 USD"."""
        number = f"{self.value:.2f}".removesuffix(".00")
        return number if self.currency is None else f"{number} {self.currency}"


class FoundMoney(NamedTuple):
    """An amount at a place of a text, not yet checked."""

    start: int
    end: int
    value: Decimal
    currency: str | None
    negative: bool
    counts_as_money: bool
    """Whether it is money by itself: a currency or a scale used of money was said."""


def read_money(text: str, *, locale: str = "en_US") -> Amount | None:
    """The first amount in ``text``; a lone number counts as one. None when there is none.

    Raises UnreadableValue(kind="money") with reason "negative", "too_large" (over a million millions), "too_precise"
    (more than two decimals), "not_a_number" or "ambiguous_currency" ("kr" outside Scandinavia).
    """
    source = SourceText(text, locale)
    if source.normal.strip() in _NOT_NUMBERS:
        raise UnreadableValue(kind="money", reason="not_a_number", text=text)
    _refuse_malformed(source, text)
    best: FoundMoney | None = None
    for found in _scan(source, lone_numbers=True):
        if found.counts_as_money:
            best = found
            break
        best = best or found
    if best is None:
        return None
    if not best.counts_as_money and _is_in_date(source, best):
        return None
    return checked_amount(best, text)


def find_money(source: SourceText) -> Iterator[tuple[int, int, Amount]]:
    """The tokens and value of every readable amount that is money by itself."""
    for found in _scan(source, lone_numbers=False):
        try:
            yield found.start, found.end, checked_amount(found, source.original)
        except UnreadableValue:
            continue


def checked_amount(found: FoundMoney, text: str) -> Amount:
    """The amount found. Raises UnreadableValue when no record can hold it."""
    if found.currency == AMBIGUOUS:
        raise UnreadableValue(kind="money", reason="ambiguous_currency", text=text)
    if found.negative and found.value:
        raise UnreadableValue(kind="money", reason="negative", text=text)
    if found.value > MAX_AMOUNT:
        raise UnreadableValue(kind="money", reason="too_large", text=text)
    if found.value != found.value.quantize(_CENT):
        raise UnreadableValue(kind="money", reason="too_precise", text=text)
    whole = found.value == found.value.to_integral_value()
    value = found.value.to_integral_value() if whole else found.value.quantize(_CENT)
    return Amount(value=value, currency=found.currency)


def _refuse_malformed(source: SourceText, text: str) -> None:
    scientific = _SCIENTIFIC.search(source.normal)
    if scientific is not None and not source.normal[: scientific.start()].endswith(
        tuple("abcdefghijklmnopqrstuvwxyz-")
    ):
        reason = "too_large" if len(scientific[1]) > 3 or int(scientific[1]) > 12 else "not_a_number"
        raise UnreadableValue(kind="money", reason=reason, text=text)
    for token in source.tokens:
        if (token.is_digits and not token.glued) or (token.is_digits and source.normal[token.start - 1] in "$€£¥"):
            numeral = match_numeral(source.normal, token.start)
            if numeral is not None and is_malformed_after(source.normal, numeral[0]):
                raise UnreadableValue(kind="money", reason="not_a_number", text=text)


def _is_in_date(source: SourceText, found: FoundMoney) -> bool:
    return any(each.start < found.end and found.start < each.end for each in expressions(source, skip_unreadable=True))


def _scan(source: SourceText, *, lone_numbers: bool) -> Iterator[FoundMoney]:
    index, count = 0, len(source.tokens)
    while index < count:
        token = source.tokens[index]
        if (
            token.is_digits
            or token.text in UNITS
            or token.text in TENS
            or token.text in _STARTS
            or not token.text.isalnum()
        ):
            pass
        elif not _may_be_currency(source, index):
            index += 1
            continue
        found = parse_money(source, index)
        if found is None or (not found.counts_as_money and not lone_numbers):
            index = found.end if found is not None else index + 1
            continue
        yield found
        index = found.end


_STARTS = frozenset({"a", "an", "half", "quarter", "hundred"})


def _may_be_currency(source: SourceText, index: int) -> bool:
    word = source.tokens[index].text
    return (
        word == "u" or word in NATIONAL_STARTS or dollar_of(word) is not None or currency_at(source, index) is not None
    )


def parse_money(source: SourceText, index: int) -> FoundMoney | None:
    """The amount or lone number that starts at a token; None when there is none."""
    token = source.token(index)
    if token.is_digits and token.glued and not _may_precede_number(source, index - 1):
        return None
    if token.glued and source.word(index - 1) == "-" and _ends_code(source, index - 2):
        return None
    start = index
    negative = False
    if token.text in "+-":
        if source.token(index + 1).glued and not (token.glued and source.token(index - 1).text.isalnum()):
            negative, index = token.text == "-", index + 1
        else:
            return None
    elif token.text in ("minus", "negative"):
        negative, index = True, index + 1
    elif index > 0 and source.word(index - 1) == "-" and source.token(index).glued:
        negative = not (source.token(index - 1).glued and source.word(index - 2).isalnum())
    elif source.word(index - 1) in ("minus", "negative"):
        negative = True
    prefix = prefix_currency(source, index)
    at = index if prefix is None else prefix[0]
    number = parse_number(source, at, whole_thousands=True)
    if number is None:
        return None
    coded = scaled_code(source, number.end)
    if coded is not None:
        return FoundMoney(start, number.end + 1, number.value * coded[0], coded[1], negative, True)
    if _continues_as_word(source, number):
        return None
    value, end, scaled = _product(source, number)
    suffix = suffix_currency(source, end, prefix is not None)
    currency = prefix[1] if prefix is not None else None
    if suffix is not None and (prefix is None or suffix[1] == currency or (prefix[2] and suffix[2])):
        end, currency = suffix[0], suffix[1]
        late = late_scale(source, end, scaled)
        if late is not None:
            end, value = late[0], value * late[1]
        end, value = _with_cents(source, end, value, currency)
    elif prefix is None:
        cent_at = end + (source.word(end) == "-")
        cents = CENTS.get(source.word(cent_at))
        if cents is not None:
            end = cent_at
            settled = settle_shared(cents[0], source.locale)
            return FoundMoney(start, end + 1, value * cents[1], settled, negative, True)
    return FoundMoney(start, end, value, currency, negative, currency is not None or scaled)


def _may_precede_number(source: SourceText, index: int) -> bool:
    before = source.token(index)
    if before.is_word:
        return before.text in ("x",) or currency_at(source, index) is not None
    return before.text in "$€£¥-+(x×*~<>=:;,\"'/" or own_currency(before.text) is not None


def _ends_code(source: SourceText, index: int) -> bool:
    """Whether a glued word ends here that makes what follows a hyphen a part of its code ("INV-2041")."""
    word, before = source.token(index), source.token(index - 1)
    return word.is_word and source.token(index + 1).glued and not (word.glued and before.is_digits)


def _continues_as_word(source: SourceText, number: Number) -> bool:
    """Whether the number is the head of a code or word ("3d", "10423abc") and no amount."""
    after = source.token(number.end)
    if not after.glued:
        return False
    return (after.is_word and currency_at(source, number.end) is None and after.text not in _TIMES) or after.text == "%"


def _product(source: SourceText, number: Number) -> tuple[Decimal, int, bool]:
    """ "2 x 5k": the value, the index after it, and whether a scale used of money was said."""
    end = number.end
    times = source.word(end)
    if times in _TIMES or (times == "times" and source.token(end + 1).is_digits):
        at = end + 1
        prefix = prefix_currency(source, at)
        second = parse_number(source, at if prefix is None else prefix[0], whole_thousands=True)
        if second is not None and not _continues_as_word(source, second):
            return number.value * second.value, second.end, True
    return number.value, end, number.money_scale


def _with_cents(source: SourceText, end: int, value: Decimal, currency: str) -> tuple[int, Decimal]:
    """ "3 dollars [and] 50 cents"."""
    at = end + (source.word(end) == "and")
    number = parse_number(source, at)
    if number is None or number.value >= 100 or number.value != int(number.value) or value != int(value):
        return end, value
    if source.word(number.end) in CENTS:
        return number.end + 1, value + number.value * _CENT
    if source.word(end - 1).isalpha() and _are_cents(source, at):
        return number.end, value + number.value * _CENT
    return end, value


def _are_cents(source: SourceText, index: int) -> bool:
    """Whether two digits (or their words) that end a clause are the cents of the amount before: "15 dollars 50"."""
    token, number = source.token(index), parse_number(source, index)
    if token.glued or number is None or not 10 <= number.value < 100 or not number.end <= index + 3:
        return False
    after = source.token(number.end)
    return (not token.is_digits or len(token.text) == 2) and after.text in "\0.,;!?)"
