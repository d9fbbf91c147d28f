"""Numbers written in digits: grouping and decimal separators by what can only be meant, then by locale."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError

_GROUPED = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d])"
    r"|\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![\d])"
    r"|\d{1,3}(?:'\d{3})+(?:[.,]\d+)?(?![\d])"
    r"|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?(?![\d])"
    r"|[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d{1,2})?(?![\d])"
    r"|\d+\.\d+(?![\d])"
    r"|(?<![\d],)\d+,\d+(?![\d]|,\d)"
    r"|\d+"
)
_MALFORMED_TAIL = re.compile(r"[.,']\d|\.\.\d|,,\d")


@lru_cache(maxsize=64)
def decimal_separator(locale: str) -> str:
    """The decimal separator of a Babel locale identifier; "." for one Babel does not know."""
    try:
        symbols = Locale.parse(locale, sep="-" if "-" in locale else "_").number_symbols
    except (UnknownLocaleError, ValueError):
        return "."
    latin = symbols.get("latn", symbols)
    return "," if latin.get("decimal") == "," else "."


def match_numeral(text: str, start: int) -> tuple[int, str] | None:
    """The numeral that starts at an offset: its end and its text. None when no digit is there."""
    match = _GROUPED.match(text, start)
    if match is None:
        return None
    return match.end(), match.group()


def is_malformed_after(text: str, end: int) -> bool:
    """Whether what follows a numeral shows that it is no number at all ("12..5", "3.11.7")."""
    return _MALFORMED_TAIL.match(text, end) is not None


def numeral_value(numeral: str, locale: str, *, whole_thousands: bool = False) -> Decimal:
    """The value of a numeral that ``match_numeral`` yielded.

    With both separators the later one is the decimal one; a repeated separator groups. A single separator before
    exactly three digits follows the locale; ``whole_thousands`` says that it groups in any locale, as in money, which
    has no third decimal. A single separator before any other number of digits can only be the decimal one.
    """
    plain = numeral.replace("'", "").replace(" ", "")
    commas, points = plain.count(","), plain.count(".")
    if commas and points:
        decimal = "," if plain.rfind(",") > plain.rfind(".") else "."
    elif commas + points > 1:
        decimal = ""
    elif commas + points == 1:
        mark = "," if commas else "."
        whole, _, rest = plain.partition(mark)
        may_group = len(rest) == 3 and len(whole) <= 3 and whole.lstrip("0") == whole and whole != ""
        decimal = mark if not may_group or (decimal_separator(locale) == mark and not whole_thousands) else ""
    else:
        return Decimal(plain)
    if decimal == ",":
        return Decimal(plain.replace(".", "").replace(",", "."))
    if decimal == ".":
        return Decimal(plain.replace(",", ""))
    return Decimal(plain.replace(",", "").replace(".", ""))
