"""Word and character n-grams of a message, weighted by TF-IDF: what it says, letter by letter."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log

import numpy as np
import numpy.typing as npt

from nlu.minilm import Floats

Indices = npt.NDArray[np.int64]

LONGEST = 2000
"""Characters of a message that are looked at."""

_CHARACTER_SIZES = (2, 3, 4, 5)
_CHARACTERS, _MASKED_CHARACTERS, _WORD, _MASKED_WORD = "c", "m", "w", "x"
_WORDS_KEPT = 20_000
"""Words whose n-grams are remembered: people use the same few thousand again and again."""


@dataclass(frozen=True, slots=True)
class LexicalVector:
    """The non-zero features of one text: strictly rising ``indices`` with their ``values``; of length 1, or empty."""

    indices: Indices
    values: Floats


class LexicalFeatures:
    """Turns messages into TF-IDF vectors over the n-grams of the messages it learned from.

    Two blocks of equal weight, each scaled to the same length: words and word pairs, and character n-grams within
    words, which survive spelling mistakes. When the messages came with their masked form (``nlu.intents.masking``),
    the n-grams of that make two more blocks. Term frequency is dampened (1 + log tf); idf is smoothed. Case, accents
    composed or not, the kind of white space, and which digit it is make no difference.
    """

    def __init__(self, terms: Sequence[str], idf: Floats) -> None:
        """Use ``terms`` (sorted, each with its block's letter in front) and their inverse document frequencies."""
        self.terms = tuple(terms)
        self.idf = idf
        self._index = {term: number for number, term in enumerate(self.terms)}
        # Terms are sorted, so each block is one stretch.
        self._borders = [bisect_left(self.terms, letter) for letter in (_MASKED_CHARACTERS, _WORD, _MASKED_WORD)]

    @classmethod
    def learned_from(
        cls, texts: Sequence[str], *, masked: Sequence[str] | None = None, least_texts: int = 1
    ) -> LexicalFeatures:
        """Learn the n-grams that occur in at least ``least_texts`` of ``texts``, and of their ``masked`` forms."""
        frequencies: Counter[str] = Counter()
        for number, text in enumerate(texts):
            frequencies.update(set(_terms(text)))
            if masked is not None:
                frequencies.update(set(_terms(masked[number], _MASKED_WORD, _MASKED_CHARACTERS)))
        terms = sorted(term for term, count in frequencies.items() if count >= least_texts)
        idf = [log((1 + len(texts)) / (1 + frequencies[term])) + 1 for term in terms]
        return cls(terms, np.array(idf, dtype=np.float32))

    @property
    def sees_masked(self) -> bool:
        """Whether the masked form of a message makes a difference."""
        return self._borders[0] < self._borders[1]

    def vector(self, text: str, masked: str | None = None) -> LexicalVector:
        """Return the features of ``text``, its masked form being ``masked``; empty when no n-gram of it is known."""
        terms = _terms(text)
        if self.sees_masked:
            terms += _terms(text if masked is None else masked, _MASKED_WORD, _MASKED_CHARACTERS)
        index = self._index
        counts = Counter([index[term] for term in terms if term in index])
        indices = np.array(sorted(counts), dtype=np.int64)
        tf = np.array([counts[index] for index in indices.tolist()], dtype=np.float32)
        values: Floats = (1 + np.log(tf)) * self.idf[indices] if len(indices) else tf
        for block in np.split(values, np.searchsorted(indices, self._borders)):
            norm = np.linalg.norm(block)
            if norm:
                block /= norm
        whole = np.linalg.norm(values)
        return LexicalVector(indices, values / whole if whole else values)

    def __len__(self) -> int:
        return len(self.terms)


def normal_form(text: str) -> str:
    """Return ``text`` as the features see it: caseless, single blanks, any digit a 0, at most LONGEST characters."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    return " ".join("".join("0" if character.isdigit() else character for character in folded).split())


def _terms(text: str, word_letter: str = _WORD, characters_letter: str = _CHARACTERS) -> list[str]:
    words = _words(normal_form(text))
    terms = [f"{word_letter}{first} {second}" for first, second in pairwise(words)]
    for word in words:
        terms += _terms_of_word(word, word_letter, characters_letter)
    return terms


@lru_cache(maxsize=_WORDS_KEPT)
def _terms_of_word(word: str, word_letter: str, characters_letter: str) -> tuple[str, ...]:
    padded = f" {word} "
    return (
        word_letter + word,
        *(
            characters_letter + padded[start : start + size]
            for size in _CHARACTER_SIZES
            for start in range(len(padded) - size + 1)
        ),
    )


def _words(text: str) -> list[str]:
    """Split at blanks, and make every run of letters and digits and every other character a word of its own."""
    words: list[str] = []
    current = ""
    for character in text:
        if character.isalnum():
            current += character
            continue
        if current:
            words.append(current)
            current = ""
        if not character.isspace():
            words.append(character)
    return [*words, current] if current else words
