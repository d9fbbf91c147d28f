"""The names the assistant knows, found in running text and resolved to their spelling on record."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nlu.entities.tokens import Token
from nlu.name_keys import UNMISTAKABLE_LEGAL_FORMS, name_key, name_tokens
from nlu.name_typos import TypoIndex

LONGEST_NAME = 10
"""Names of more words than this are found by their first words only when an alias says so."""

# What may stand between two words of one name: "Jane Doe", "Procter & Gamble", "Coca-Cola", "St. Gobain", "C3.ai".
_WITHIN_NAME = re.compile(r"\s?|\s?[-/]\s?|\.")
_ABBREVIATION_GAP = re.compile(r"\.\s")
_SENTENCE_START = re.compile(r"(?:^|[.!?:\n])\W*$")


class NameHit(NamedTuple):
    """A known name in a text.

    ``canonical`` is the spelling on record, None when several records of this kind go by the name. ``certain`` is
    False when the words could just as well be ordinary words ("target", "may") and nothing in their spelling says
    they are meant as a name.
    """

    kind: str
    start: int
    end: int
    canonical: str | None
    certain: bool


class _Entry(NamedTuple):
    kind: str
    name: str
    canonical: str


class Gazetteer:
    """Names by kind. Finds in time independent of the number of names; safe to use from several threads at once."""

    def __init__(
        self, *, ordinary_words: frozenset[str] = frozenset(), companies: frozenset[str] = frozenset({"account"})
    ) -> None:
        """Start empty.

        ``ordinary_words`` (lower case) need more than their presence to count as a name. Legal forms are ignored in
        names of the kinds in ``companies``.
        """
        self._ordinary_words = ordinary_words
        self._companies = companies
        self._entries: dict[str, tuple[_Entry, ...]] = {}
        self._longest: dict[str, int] = {}
        self._typos: dict[str, TypoIndex] = {}
        self._lock = threading.Lock()

    def treat_as_ordinary(self, words: frozenset[str]) -> None:
        """Replace the ordinary words (lower case)."""
        with self._lock:
            self._ordinary_words = words

    def add(self, names: Mapping[str, Mapping[str, str]]) -> None:
        """Add ``{kind: {name or alias: canonical name}}``; a name already there gets the new canonical name."""
        new = [
            (self._key(kind, name), _Entry(kind, name, canonical))
            for kind, aliases in names.items()
            for name, canonical in aliases.items()
        ]
        with self._lock:
            for key, entry in new:
                if not key:
                    continue
                here = self._entries.get(key)
                if here is None:
                    self._entries[key] = (entry,)
                    first, _, rest = key.partition(" ")
                    length = 1 if not rest else 2 + rest.count(" ")
                    if self._longest.get(first, 0) < length:
                        self._longest[first] = length
                else:
                    others = tuple(old for old in here if (old.kind, old.name) != (entry.kind, entry.name))
                    self._entries[key] = (*others, entry)
                if here is None or all(old.kind != entry.kind for old in here):
                    self._typos.setdefault(entry.kind, TypoIndex()).add(key)

    def remove(self, names: Mapping[str, frozenset[str]]) -> None:
        """Forget ``{kind: names}`` as they were added; unknown ones are ignored."""
        with self._lock:
            for kind, spellings in names.items():
                for name in spellings:
                    self._remove(self._key(kind, name), kind, name)

    def _remove(self, key: str, kind: str, name: str) -> None:
        here = self._entries.get(key, ())
        left = tuple(entry for entry in here if (entry.kind, entry.name) != (kind, name))
        if left:
            self._entries[key] = left
        else:
            self._entries.pop(key, None)
        if any(entry.kind == kind for entry in here) and all(entry.kind != kind for entry in left):
            self._typos[kind].discard(key)

    def find(self, text: str) -> tuple[NameHit, ...]:
        """Return the known names in ``text``, longest first from the left; one hit per kind a name is known as."""
        tokens = name_tokens(text)
        hits: list[NameHit] = []
        with self._lock:
            position = 0
            while position < len(tokens):
                length, entries = self._longest_at(text, tokens, position)
                if entries:
                    hits.extend(self._hits(text, tokens, position, length, entries))
                position += max(length, 1)
        return tuple(hits)

    def _longest_at(self, text: str, tokens: list[Token], position: int) -> tuple[int, tuple[_Entry, ...]]:
        limit = min(self._longest.get(tokens[position].text, 0), LONGEST_NAME, len(tokens) - position)
        words = [tokens[position].text] if limit else []
        while len(words) < limit and _hang_together(text, tokens, position + len(words)):
            words.append(tokens[position + len(words)].text)
        while words:
            if entries := self._entries.get(" ".join(words)):
                return len(words), entries
            words.pop()
        return 0, ()

    def _hits(
        self, text: str, tokens: list[Token], position: int, length: int, entries: tuple[_Entry, ...]
    ) -> Iterator[NameHit]:
        start, end = tokens[position].start, tokens[position + length - 1].end
        certain = self._is_certain(text, tokens[position : position + length])
        for kind in dict.fromkeys(entry.kind for entry in entries):
            whole_end = end
            if kind in self._companies:
                following = position + length
                while following < len(tokens) and tokens[following].text in UNMISTAKABLE_LEGAL_FORMS:
                    whole_end = tokens[following].end
                    following += 1
            alike = [entry for entry in entries if entry.kind == kind]
            yield NameHit(kind, start, whole_end, _canonical(alike, text[start:whole_end]), certain)

    def _is_certain(self, text: str, tokens: list[Token]) -> bool:
        """Say whether the words are a name by themselves: no ordinary words, or written with capitals mid-sentence."""
        if any(token.text not in self._ordinary_words and not token.text.isdigit() for token in tokens):
            return True
        spelled = [text[token.start : token.end] for token in tokens]
        capitalised = all(word[0].isupper() or word[0].isdigit() for word in spelled) and text.upper() != text
        return capitalised and (len(tokens) > 1 or not _SENTENCE_START.search(text, 0, tokens[0].start))

    def resolve(self, kind: str, text: str) -> str | None:
        """Return the one name on record that ``text`` stands for, typing errors forgiven; None if none or several."""
        key = self._key(kind, text)
        if not key:
            return None
        with self._lock:
            alike = [entry for entry in self._entries.get(key, ()) if entry.kind == kind]
            if alike:
                return _canonical(alike, text)
            nearest = self._typos[kind].nearest(key) if kind in self._typos else frozenset()
            names = {entry.canonical for near in nearest for entry in self._entries.get(near, ()) if entry.kind == kind}
        return names.pop() if len(names) == 1 else None

    def _key(self, kind: str, name: str) -> str:
        return name_key(name, company=kind in self._companies)


def _hang_together(text: str, tokens: list[Token], following: int) -> bool:
    """Say whether ``tokens[following]`` can belong to the same name as the token before it."""
    before = tokens[following - 1]
    gap = text[before.end : tokens[following].start]
    if _WITHIN_NAME.fullmatch(gap):
        return True
    return len(before.text) <= 3 and _ABBREVIATION_GAP.fullmatch(gap) is not None


def _canonical(alike: list[_Entry], spelling: str) -> str | None:
    """Return the only canonical name of ``alike``, preferring the one spelled just so ("Acme Inc" or "Acme GmbH")."""
    names = {entry.canonical for entry in alike}
    if len(names) > 1:
        names = {entry.canonical for entry in alike if entry.name.casefold() == spelling.casefold()}
    return names.pop() if len(names) == 1 else None
