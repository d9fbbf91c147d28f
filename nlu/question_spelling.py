"""Spelling mistakes in questions, mended before the encoder reads them.

The encoder cuts a word it does not know into pieces that mean nothing: with a mistake in a quarter of the longer words
it puts the right article first for 71 instead of 89 questions in a hundred (docs/benchmarks-nlu-notes.md).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 4
"""Shorter words are left as they are: one wrong letter of three makes another word."""

LONG, SHORTEST_COMMON = 8, 5
"""From LONG letters on two mistakes are mended; a word of everyday language is put in from SHORTEST_COMMON on."""

LONGEST = 60
"""Of more words than this it is a letter, which says everything twice; each unknown word costs a millisecond."""

FOREIGN = 0.5
"""Where more of the words than this are unknown, it is another language, and no everyday word is put in."""

_PREFIX = re.compile(r"^(?:un|re|non|pre|dis|mis|over)(?=.{3})")
_SUFFIX = re.compile(r"(?<=.{3})(?:s|es|d|ed|ing|er|ers|ly|t)$")
"""What makes a form of a known word of it ("unpacked", "reschedule", "logins"), no mistake."""

_WORD = re.compile(r"[^\W\d_]+")


class QuestionSpelling:
    """Knows the words of some texts, and the words of everyday language, most frequent first. Never changes."""

    def __init__(self, texts: Iterable[str], common: Sequence[str]) -> None:
        """Learn the words of ``texts``; ``common`` are words that are right anyway."""
        counts = Counter(word for text in texts for word in _WORD.findall(text.casefold()))
        self._counts = counts
        self._words = sorted(word for word in counts if len(word) >= SHORTEST)
        self._ranks = {word: rank for rank, word in enumerate(common)}
        self._common = [word for word in self._ranks if len(word) >= SHORTEST_COMMON]

    def mended(self, question: str) -> str:
        """The question with every unknown word replaced by the nearest known one, if there is one near enough.

        Nearest by letters swapped, dropped, doubled or replaced; of several the one the texts have most often, else
        the most frequent one of everyday language. Words in capitals are names and abbreviations, and stay.
        """
        words = _WORD.findall(question)
        if len(words) > LONGEST:
            return question
        strange = [word for word in words if not word.isupper() and not self._is_known(word.casefold())]
        unknown = {word for word in strange if len(word) >= SHORTEST}
        if not unknown:
            return question
        foreign = len(strange) > FOREIGN * len(words)
        instead = {word: self._nearest(word.casefold(), foreign=foreign) or word for word in unknown}
        return _WORD.sub(lambda found: instead.get(found[0], found[0]), question)

    def _is_known(self, word: str) -> bool:
        return any(form in self._counts or form in self._ranks for form in _with_stems(word))

    def _nearest(self, word: str, *, foreign: bool) -> str | None:
        most = 1 if len(word) < LONG else 2
        found = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=most, limit=None)
        if found:
            nearest: str = min(found, key=lambda each: (each[1], -self._counts[each[0]], each[0]))[0]
            return nearest
        if foreign or len(word) < SHORTEST_COMMON:
            return None
        common = process.extract(word, self._common, scorer=OSA.distance, score_cutoff=1, limit=None)
        return min((each[0] for each in common), key=lambda each: self._ranks[each], default=None)


def _with_stems(word: str) -> Iterator[str]:
    """A word and what it may be a form of: without a prefix, without an ending, "stopped" and "making" too."""
    for whole in {word, _PREFIX.sub("", word, count=1)}:
        yield whole
        stem = _SUFFIX.sub("", whole)
        if stem != whole:
            yield from (stem, f"{stem}e", stem[:-1] if stem[-1] == stem[-2] else stem)
