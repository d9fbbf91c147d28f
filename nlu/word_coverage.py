"""How much of what a question says in words a text says too: BM25, scaled to [0, 1]."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from rapidfuzz import fuzz, process

_WORD = re.compile(r"\w+")
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.75
_SPELLING = 82.0
_SHORTEST_CORRECTED = 4


def words_of_text(text: str) -> list[str]:
    """Return the caseless words of ``text`` in order."""
    return _WORD.findall(text.casefold())


@dataclass(frozen=True, slots=True)
class WordCoverage:
    """Scores questions against a fixed list of texts by Robertson's BM25 (k1 = 1.2, b = 0.75).

    A score is divided by what a text of average length that has every word of the question once would get, so 1 is
    about "says it all" and scores of different questions can be compared. A word no text has is as rare as can be.
    """

    counts: tuple[Mapping[str, int], ...]
    lengths: tuple[int, ...]
    idf: Mapping[str, float]

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]]) -> WordCoverage:
        """Build from the words of each text."""
        counts = tuple(Counter(words) for words in texts)
        frequencies = Counter(word for count in counts for word in count)
        idf = {word: log(1 + (len(counts) - n + 0.5) / (n + 0.5)) for word, n in frequencies.items()}
        return cls(counts=counts, lengths=tuple(count.total() for count in counts), idf=idf)

    def without(self, text: int, words: Sequence[str]) -> WordCoverage:
        """Return the same texts, ``words`` being taken out of the one with that number."""
        left = Counter(self.counts[text])
        left.subtract(words)
        kept: Mapping[str, int] = {word: count for word, count in left.items() if count > 0}
        return replace(self, counts=(*self.counts[:text], kept, *self.counts[text + 1 :]))

    def scores(self, question: str) -> list[float]:
        """Return the score in [0, 1] of every text.

        A word of four letters or more that no text has counts as the most similar one they have, so that a spelling
        mistake is not a missing word.
        """
        wanted = {self._known(word) for word in words_of_text(question)}
        if not wanted:
            return [0.0] * len(self.counts)
        rarest = log(1 + (len(self.counts) + 0.5) / 0.5)
        total = sum(self.idf.get(word, rarest) for word in wanted)
        mean = sum(self.lengths) / len(self.lengths)
        return [
            min(1.0, sum(self._gain(word, i, mean) for word in wanted if word in self.counts[i]) / total)
            for i in range(len(self.counts))
        ]

    def _gain(self, word: str, text: int, mean_length: float) -> float:
        tf = self.counts[text][word]
        slack = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * self.lengths[text] / mean_length)
        return self.idf[word] * tf * (_SATURATION + 1) / (tf + slack)

    def _known(self, word: str) -> str:
        if word in self.idf or len(word) < _SHORTEST_CORRECTED:
            return word
        found = process.extractOne(word, self.idf.keys(), scorer=fuzz.ratio, score_cutoff=_SPELLING)
        return found[0] if found else word
