"""Postal addresses as people type them: "5 Elm Street, Troy, NY 12180"."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
