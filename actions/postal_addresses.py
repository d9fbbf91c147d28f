"""Postal addresses as people type them: "5 Elm Street, Troy, NY 12180"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_INTRODUCED = re.compile(
    r"(?:\b(?:to|is|are|at|address|adress|this(?: one)?|now|offices?|home|flat)\b(?: now)?\s*[:,-]?|:)\s+"
    r"(?=(?:\d|p\.?\s?o\.? ?box\b|[A-Z]))",
    re.IGNORECASE,
)
_LIVES = re.compile(r"\b(?:live|moved|relocated|office|here)\b.*?\b(?:at|to|in)\s+", re.IGNORECASE)
_POSTCODE = re.compile(r"\b(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{5}(?:-\d{4})?|\d{4}(?: ?[A-Z]{2})?)\b")
_TRAILING = re.compile(r"[\s.!]*(?:\b(?:from now on|please|pls|thanks|thank you|in future)\b[\s.!]*)+$", re.IGNORECASE)
_STREET = re.compile(r"(?=.*[^\W\d_])(?=.*\d)|p\.?\s?o\.? ?box", re.IGNORECASE)
_LONGEST = 200
_MOST_STREET_WORDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """An address in its parts; ``region`` ("NY") stays with the city."""

    street: str
    city: str
    postcode: str
    country: str = ""

    def __str__(self) -> str:
        return ", ".join(part for part in (self.street, f"{self.city} {self.postcode}".strip(), self.country) if part)


def read_address(said: str) -> PostalAddress | None:
    """The address in a message; None unless it has a street with a number, a city and a postcode.

    Parts are taken at commas and line ends: the street first, then the city with the postcode before or behind it,
    then, if there is more, the country.
    """
    text = _TRAILING.sub("", " ".join(said.replace("\n", ", ").split()))[: 5 * _LONGEST]
    found = [address for candidate in _candidates(text) if (address := _parts(candidate)) is not None]
    # "address is now 5 Elm Street" begins too early.
    return min(found, key=lambda address: len(address.street), default=None)


_LEAD = re.compile(
    r"[\s,.;:!-]*(?:(?:no+|nope|sorry|oops|oh|ah|wait|hang on|actually|i|meant|mean|it'?s|its|is|was|should|shall|be"
    r"|make|that'?s|that|it|the|a|an|correct|correction|right|wrong|typo|my bad|mistake|street|house|number|nr|address"
    r"|please|pls|plz|rather|and|but|at|change|to)(?=[\s,.;:!-]|$)[\s,.;:!-]*)+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s,.;:!-]+(?:please|pls|plz|instead|then|thanks|thx|thank you|sorry|of course|my bad|actually))+[\s,.;:!-]*$",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|instead of|rather than)\s+(?P<old>[^,;]+?)\s*(?:[,;]|\bbut\b|\bit'?s\b|$)", re.IGNORECASE)
_OF_A_PART = re.compile(
    r"(?P<part>post ?code|zip(?: ?code)?|city|town|country)\s*(?:is|:|should be|=)?\s+(?P<value>.+)", re.IGNORECASE
)
_NUMBER_ONLY = re.compile(r"\d{1,5}\s?[a-z]?", re.IGNORECASE)
_NUMBER_IN = re.compile(r"\b\d{1,5}[a-z]?\b", re.IGNORECASE)
_STREET_ONLY = re.compile(
    r"\d{1,5}\s?[a-z]?\s+[^\W\d_].*|(?!(?:call|ring|phone|i|we|you|can)\b)[^\W\d_].*\s\d{1,5}\s?[a-z]?", re.IGNORECASE
)


def corrected_address(before: PostalAddress, said: str) -> PostalAddress | None:
    """The address that a correction makes of ``before``: "no, 41 Harbour Road", "41 not 14", "the postcode is BS1 4TT".

    What is not said stays as it was. None when the message holds nothing that can stand in an address.
    """
    whole = read_address(said)
    if whole is not None:
        return whole
    old = _NOT.search(said)
    text = _bare(f"{said[: old.start()]} , {said[old.end() :]}" if old is not None else said)
    part = _OF_A_PART.search(text)
    if part is not None:
        return _with_part(before, part["part"].casefold(), part["value"].strip(" .,;"))
    first, _, rest = text.partition(",")
    first, rest = first.strip(" .;"), rest.strip(" .,;")
    if not first:
        return None
    if _POSTCODE.fullmatch(first.upper()) and not (len(first) < len(before.postcode) and first.isdecimal()):
        return replace(before, postcode=first.upper())
    if _NUMBER_ONLY.fullmatch(first):
        return _with_number(before, first)
    if not _STREET_ONLY.fullmatch(first) or len(first.split()) > _MOST_STREET_WORDS:
        return None
    return _with_rest(replace(before, street=first), rest)


def _bare(text: str) -> str:
    """A message without the words that only say that something was wrong."""
    text = _TAIL.sub("", " ".join(text.split()))
    lead = _LEAD.match(text)
    return (text[lead.end() :] if lead is not None else text).strip(" ,.;:!-")


def _with_number(before: PostalAddress, number: str) -> PostalAddress | None:
    street, found = _NUMBER_IN.subn(number, before.street, count=1)
    return replace(before, street=street) if found else None


def _with_rest(address: PostalAddress, rest: str) -> PostalAddress:
    postcode = _POSTCODE.search(rest.upper())
    city = (rest[: postcode.start()] + rest[postcode.end() :]).strip(" ,") if postcode is not None else rest
    found = replace(address, postcode=postcode[0]) if postcode is not None else address
    return replace(found, city=city) if city else found


def _with_part(before: PostalAddress, part: str, value: str) -> PostalAddress | None:
    if not value or len(value) > _LONGEST // 2:
        return None
    if part in {"city", "town"}:
        return replace(before, city=value)
    if part == "country":
        return replace(before, country=value)
    return replace(before, postcode=value.upper()) if _POSTCODE.fullmatch(value.upper()) else None


def _candidates(text: str) -> list[str]:
    starts = [match.end() for pattern in (_INTRODUCED, _LIVES) for match in pattern.finditer(text)]
    digits = [match.start() for match in re.finditer(r"\b\d+\w? [^\W\d_]", text)]
    return [text[start:] for start in (*sorted(starts), *digits)] + [text]


def _parts(text: str) -> PostalAddress | None:
    parts = [part.strip(" .;") for part in text.split(",") if part.strip(" .;")]
    if len(parts) < 2 or len(text) > _LONGEST or not _STREET.search(parts[0]) or len(parts[0].split()) > 8:
        return None
    behind = [number for number, part in enumerate(parts) if number and _POSTCODE.search(part.upper())]
    if not behind:
        return None
    at = behind[0]
    match = _POSTCODE.search(parts[at].upper())
    if match is None:
        return None
    beside = (parts[at][: match.start()] + parts[at][match.end() :]).strip()
    city = " ".join(filter(None, [", ".join(parts[1:at]), beside])).strip(" ,")
    if not city:
        return None
    return PostalAddress(street=parts[0], city=city, postcode=match[0], country=", ".join(parts[at + 1 :]))
