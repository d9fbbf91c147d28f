"""Currencies beside a number in a text."""

from __future__ import annotations

from nlu.values.currencies import (
    NATIONAL_STARTS,
    dollar_of,
    is_common_word,
    iso_codes,
    national_currency,
    own_currency,
    settle_shared,
    shared_name,
)
from nlu.values.number_words import SCALES
from nlu.values.source_text import SourceText

AMBIGUOUS = "?"
"""Stands for a currency whose name several share ("kr"), until it is clear whether that matters."""


def scaled_code(source: SourceText, index: int) -> tuple[int, str] | None:
    """ "120 MEUR", "40kEUR": a scale and a code in one word."""
    word = source.word(index)
    if len(word) == 4 and word[0] in "kmb" and word[1:] in iso_codes():
        return SCALES[word[0]], word[1:].upper()
    return None


def currency_at(source: SourceText, index: int) -> tuple[str, bool] | None:
    """The currency a single token names, and whether by its ISO code."""
    word = source.word(index)
    own = own_currency(word)
    if own is not None:
        return own, False
    shared = shared_name(word)
    if shared is not None:
        return settle_shared(shared, source.locale) or AMBIGUOUS, False
    if len(word) == 3 and word in iso_codes():
        start, end = source.original_span(index, index + 1)
        if not is_common_word(word) or source.original[start:end].isupper():
            return word.upper(), True
    return None


def prefix_currency(source: SourceText, index: int) -> tuple[int, str, bool] | None:
    """A symbol or code before a number: the index of the number, the currency, and whether others bear the name too."""
    word = source.word(index)
    if word == "u" and source.word(index + 1) == "." and source.word(index + 2) == "s":
        sign = index + 3 + (source.word(index + 3) == ".")
        if source.word(sign) == "$":
            return sign + 1, "USD", False
    if source.word(index + 1) == "$":
        dollar = dollar_of(word)
        if dollar is not None and (source.token(index + 1).glued or len(word) > 1 or word == "c"):
            return index + 2, dollar, False
    found = currency_at(source, index)
    if found is None or is_common_word(word):
        return None
    currency, is_code = found
    if word.isalpha() and not is_code and word not in ("rs", "kr", "fr", "sfr", "rmb", "eur"):
        return None
    at = index + 1
    if is_code and source.word(at) in ("$", "€", "£"):
        at += 1
    at += source.word(at) == "." and source.token(at).glued and source.token(at + 1).is_digits
    return at, currency, shared_name(word) is not None


def suffix_currency(source: SourceText, index: int, has_prefix: bool) -> tuple[int, str, bool] | None:
    """A symbol, code or name behind a number: the index after it, the currency, and whether it is an ISO code."""
    word = source.word(index)
    if (word == "-" and shared_name(source.word(index + 1))) or (word == "-" and own_currency(source.word(index + 1))):
        index += 1
        word = source.word(index)
    if word == "of" and source.word(index + 1) in ("us", "dollars", "euros", "pounds"):
        index += 1
        word = source.word(index)
    if word in NATIONAL_STARTS or word == "u":
        for size in (3, 2):
            words = tuple(source.word(at) for at in range(index, index + size))
            national = national_currency(words)
            if national is not None:
                return index + size, national, True
    if source.word(index + 1) == "$" and dollar_of(word) is not None and not source.token(index + 2).is_digits:
        return index + 2, dollar_of(word) or AMBIGUOUS, True
    found = currency_at(source, index)
    if found is None:
        return None
    after = source.token(index + 1)
    if after.is_digits and (after.glued or has_prefix):
        return None  # the sign or code belongs to the next amount
    return index + 1, found[0], found[1]


def late_scale(source: SourceText, index: int, scaled: bool) -> tuple[int, int] | None:
    """A scale behind the currency: "75 USD million"."""
    word = source.word(index)
    if word in ("thousand", "million", "billion", "mio", "mln", "mrd", "bn") and not scaled:
        return index + 1, SCALES[word]
    return None
