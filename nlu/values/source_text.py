"""A message as the readers see it: one spelling for every character, cut into tokens, mapped back to the original."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from nlu.values.errors import UnreadableValue

_TOKEN = re.compile(r"(?:https?://|www\.)\S+|[^\W\d_]+|\d+|[^\w\s]|_")
_REPLACED = str.maketrans(
    {"–": "-", "—": "-", "‑": "-", "−": "-", "‐": "-", "’": "'", "‘": "'", "`": "'", "“": '"', "”": '"'}
)


class Token(NamedTuple):
    """A run of letters, a run of digits, one mark, or a web address; ``start`` and ``end`` are offsets into the
    normal text.
    """

    text: str
    start: int
    end: int
    glued: bool
    """Whether it follows the previous token without a space."""

    @property
    def is_digits(self) -> bool:
        return self.text[0].isdecimal()

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()


_P = ParamSpec("_P")
_T = TypeVar("_T")
_END = Token("\0", -1, -1, False)


class SourceText:
    """The normal form of a text (NFKC, lower case, ASCII digits, plain hyphens and apostrophes) and its tokens.

    Every character keeps the offset of the original character it came from. Invisible format characters (bidi marks,
    zero-width joiners) are dropped, because they split numbers and words that look whole to a person. ``locale`` is the
    speaker's Babel locale identifier.
    """

    __slots__ = ("original", "normal", "locale", "tokens", "memory", "_offsets", "_starts")

    def __init__(self, text: str, locale: str) -> None:
        self.original = text
        self.locale = locale
        self.memory: dict[Hashable, Any] = {}
        self._offsets: list[int] | None = None
        if text.isascii():
            self.normal = text.lower().replace("`", "'")
        else:
            self.normal = self._normalise(text)
        tokens: list[Token] = []
        end = -1
        for match in _TOKEN.finditer(self.normal):
            start = match.start()
            tokens.append(Token(match.group(), start, match.end(), start == end))
            end = match.end()
        self.tokens = tokens
        self._starts = [token.start for token in tokens]

    def _normalise(self, text: str) -> str:
        pieces: list[str] = []
        offsets: list[int] = []
        for offset, character in enumerate(text):
            piece = _normal_character(character)
            pieces.append(piece)
            offsets.extend([offset] * len(piece))
        self._offsets = offsets
        return "".join(pieces)

    def token(self, index: int) -> Token:
        """The token at ``index``; a token that matches nothing beyond either end."""
        return self.tokens[index] if 0 <= index < len(self.tokens) else _END

    def word(self, index: int) -> str:
        """The text of the token at ``index``; a text that matches nothing beyond either end."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else "\0"

    def index_at(self, offset: int) -> int:
        """The index of the first token that starts at or after an offset into the normal text."""
        return bisect_left(self._starts, offset)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original text that tokens ``start`` to ``end`` (exclusive, at least one) came from."""
        first, last = self.tokens[start].start, self.tokens[end - 1].end
        if self._offsets is None:
            return first, last
        return self._offsets[first], self._offsets[last - 1] + 1


def remembered(
    rule: Callable[Concatenate[SourceText, int, _P], _T],
) -> Callable[Concatenate[SourceText, int, _P], _T]:
    """A grammar rule that is tried once at each place of a text, whatever asks for it, so that parsing stays linear.

    An UnreadableValue a rule raises is remembered and raised again.
    """

    @wraps(rule)
    def remembering(source: SourceText, index: int, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (rule, index, args, *kwargs.items())
        if key not in source.memory:
            try:
                source.memory[key] = rule(source, index, *args, **kwargs)
            except UnreadableValue as failure:
                source.memory[key] = failure
        known = source.memory[key]
        if isinstance(known, UnreadableValue):
            raise known.with_traceback(None)
        found: _T = known
        return found

    return remembering


def _normal_character(character: str) -> str:
    if character.isascii():
        return character.lower() if character != "`" else "'"
    category = unicodedata.category(character)
    if category in ("Cf", "Mn"):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "No":
        plain = unicodedata.normalize("NFKC", character)
        # "5½" must not become "51/2", and "m²" not "m2".
        return " " + plain.replace("\u2044", "/") if "\u2044" in plain else character
    return unicodedata.normalize("NFKC", character).lower().translate(_REPLACED)
