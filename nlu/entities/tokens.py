"""Where words begin and end."""

from __future__ import annotations

import re
from typing import NamedTuple

# Letters and digits are kept apart ("40k" is "40" + "k", "7pm" is "7" + "pm") so that values unseen in training look
# like seen ones; every other visible character stands alone. A possessive "'s" is split off, other apostrophes belong
# to their word ("don't", "O'Neil").
_TOKEN = re.compile(r"[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*|['’]s\b|\d+|[^\w\s]|_")


class Token(NamedTuple):
    """A word, number or sign and its place: ``text == message[start:end]``."""

    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Return the tokens of ``text`` in order; together they cover everything but white space."""
    return [Token(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def words_of(text: str) -> list[str]:
    """Return the texts of the tokens of ``text``."""
    return _TOKEN.findall(text)
