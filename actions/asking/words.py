"""Splitting a question into words, with where they stand."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

Words = tuple[str, ...]
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|[,&+]", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a joining sign: ``plain`` in lower case and without accents; ``end`` is the place after it."""

    plain: str
    text: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """The words in order; other punctuation is left out."""
    return [Word(_plain(match[0]), match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]


@lru_cache(maxsize=4096)  # the names of a company are split for every question
def split(text: str) -> Words:
    """The words alone."""
    return tuple(word.plain for word in words_of(text))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return "".join(char for char in folded if not unicodedata.combining(char))
