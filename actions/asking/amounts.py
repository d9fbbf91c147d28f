"""Bounds on amounts in a question: "over 20k", "between 10k and 50k", "20k+"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.values import Amount, UnreadableValue, read_money

_SIGN = r"[$\u20ac\u00a3]"
_UNIT = r"(?:k|m|mn|mio|mill?ions?|thousand|grand)"
_CURRENCY = rf"(?:usd|eur|gbp|dollars?|euros?|pounds?|{_SIGN})"
_NUMBER = rf"(?:{_SIGN}\s?)?\d[\d.,]*\s?{_UNIT}?\b(?:\s?{_CURRENCY})?"
_WORTH = (
    r"(?:(?:that\s+are\s+|which\s+are\s+)?(?:worth|valued\s+at|valued|with\s+(?:an?\s+)?(?:amounts?|values?)|of|bigger"
    r"|larger|smaller|sized?|priced)\s+)?"
)
_MORE = (
    r"(?:no\s+less\s+than|not\s+less\s+than|over|above|more\s+than|at\s+least|greater\s+than|bigger\s+than"
    r"|larger\s+than|exceeding|higher\s+than|north\s+of|upwards\s+of|minimum|min|from|beyond|than|>=?|\u2265)"
)
_LESS = (
    r"(?:no\s+more\s+than|not\s+more\s+than|under|below|less\s+than|at\s+most|smaller\s+than|lower\s+than|up\s+to"
    r"|sub|max(?:imum)?|cheaper\s+than|south\s+of|<=?|\u2264)"
)
_BETWEEN = re.compile(
    rf"{_WORTH}(?:(?:between|from)\s+)?(?P<low>{_NUMBER})\s*(?:and|to|-|\u2013)\s*(?P<high>{_NUMBER})", re.IGNORECASE
)
_SIDED = re.compile(
    rf"{_WORTH}(?:(?P<more>{_MORE})|(?P<less>{_LESS}))\s*(?P<amount>{_NUMBER})(?P<plus>\s?\+)?", re.IGNORECASE
)
_OPEN = re.compile(
    rf"(?P<amount>{_NUMBER})\s?(?:\+|(?:and|or)\s+(?:more|up|above|over|(?P<less>less|below|under)))", re.IGNORECASE
)
_MONEY = re.compile(
    r"\dk|\d\s?(?:k|m|mn|mio|mill?ions?|thousand|grand)\b|[$\u20ac\u00a3]|usd|eur|gbp|dollar|pound|\d[.,]?\d{3}",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Bound:
    """The bounds of a stretch of text; None is open."""

    least: Amount | None
    most: Amount | None
    start: int
    end: int


def bounds_in(text: str, *, locale: str) -> Iterator[Bound]:
    """The bounds on amounts, in order and without overlaps."""
    taken = 0
    matches = [match for pattern in (_BETWEEN, _SIDED, _OPEN) for match in pattern.finditer(text)]
    for match in sorted(matches, key=lambda each: (each.start(), -each.end())):
        if match.start() < taken:
            continue
        bound = _bound(match, locale)
        if bound is not None:
            taken = match.end()
            yield bound


def _bound(match: re.Match[str], locale: str) -> Bound | None:
    groups = match.groupdict()
    try:
        if "low" in groups:
            if not (_is_money(match["low"]) or _is_money(match["high"])):
                return None
            high = read_money(match["high"], locale=locale)
            low = read_money(_in_units_of(match["low"], match["high"]), locale=locale)
            return Bound(low, high, match.start(), match.end()) if low and high else None
        amount = read_money(match["amount"], locale=locale) if _is_money(match["amount"]) else None
    except UnreadableValue:
        return None
    if amount is None:
        return None
    if groups.get("less"):
        return Bound(None, amount, match.start(), match.end())
    return Bound(amount, None, match.start(), match.end())


def _is_money(text: str) -> bool:
    return bool(_MONEY.search(text)) and not _YEAR.fullmatch(text.strip())


def _in_units_of(low: str, high: str) -> str:
    """ "10" of "10-20k" is 10k."""
    unit = re.search(r"(k|m|mn|mio|mill?ions?|thousand)\b", high, re.IGNORECASE)
    return (
        low if unit is None or re.search(r"[a-z]", low, re.IGNORECASE) or _MONEY.search(low) else low.strip() + unit[1]
    )
