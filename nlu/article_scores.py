"""Scoring all articles of an index for a question, and learning from the index what counts as an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

import numpy as np

from nlu.article_entries import Entry, Wording, all_words, title_words, wording_of
from nlu.encoder import Encoder
from nlu.minilm import Floats
from nlu.saved_vectors import Vectors
from nlu.unrelated import UNRELATED_MESSAGES
from nlu.word_coverage import WordCoverage, words_of_text


class _Shares(NamedTuple):
    """Weights of the evidence, by meaning and by words; they sum to 1.

    Sentence vectors against the nearest title or question and against the nearest passage, token alignment, and words.
    """

    questions: float
    passages: float
    alignment: float
    words: float


FAQ_SHARES = _Shares(0.2, 0.2, 0.4, 0.2)
"""For articles whose titles are all that is known of how people ask, mostly FAQ entries. Chosen on covidfaq_small."""

HELP_SHARES = _Shares(0.2, 0.4, 0.2, 0.2)
"""For articles that come with questions; their titles are mostly headings.

Chosen on a help centre of 40 articles, each of its 222 customers' questions looked up with itself left out.
"""

BODY_WORDS = 0.5
"""What covering the question's words in a passage is worth beside covering them in the title."""

FALSE_ALARMS = 0.05
ANSWERED = 1 / 3
"""Share of questions with an answer for which the threshold is chosen: a wrong answer counts twice.

Whoever is told "I don't know" is offered the nearest articles and a person; whoever gets a wrong answer leaves.
"""

SAMPLED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article found: its ``passage`` that fits best, the raw ``score`` in [0, 1] and the ``confidence`` in [0, 1].

    ``confidence`` is 0.5 where the index starts to answer ("I don't know" below); see ``ArticleIndex``.
    """

    article_id: str
    title: str
    passage: str
    score: float
    confidence: float


class View:
    """The index at one moment, laid out for scoring all articles at once. Never changes."""

    def __init__(self, entries: Sequence[Entry], encoder: Encoder | None, known: Vectors | None) -> None:
        """Score by the vectors of ``encoder``; those of texts that are no questions come from ``known``."""
        self.entries = entries
        self._encoder = encoder
        if not entries:
            return
        self._shares = HELP_SHARES if any(len(entry.wordings) > 1 for entry in entries) else FAQ_SHARES
        self._words = WordCoverage.of(words_of_text(all_words(entry)) for entry in entries)
        self._title_words = WordCoverage.of(words_of_text(title_words(entry)) for entry in entries)
        self._passage_words = WordCoverage.of(words_of_text(text) for entry in entries for text in entry.passages)
        self._passage_starts = _starts([len(entry.passages) for entry in entries])
        if encoder:
            wordings = [wording for entry in entries for wording in entry.wordings]
            self._wording_starts = _starts([len(entry.wordings) for entry in entries])
            self._vectors = np.stack([wording.vector for wording in wordings])
            self._sentences = np.concatenate([entry.sentences for entry in entries])
            self._sentence_starts = _starts([len(entry.sentences) for entry in entries])
            self._pieces = np.concatenate([wording.piece_vectors for wording in wordings])
            self._piece_starts = _starts([len(wording.pieces) for wording in wordings])
            self._piece_idf = WordCoverage.of(
                [piece for wording in entry.wordings for piece in wording.pieces] for entry in entries
            ).idf
        self._threshold, self._slope = self._scale(known)

    def hits(self, question: str, limit: int) -> tuple[Hit, ...]:
        """Return the best ``limit`` articles, best first."""
        wording = wording_of(question, self._encoder)
        scores = self._scores(wording)
        best = np.argsort(-scores, kind="stable")[:limit].tolist()
        passages = self._passages_for(wording)
        return tuple(
            Hit(
                article_id=self.entries[i].article.article_id,
                title=self.entries[i].article.title,
                passage=self.entries[i].passages[passages[i]],
                score=float(scores[i]),
                confidence=self._confidence(float(scores[i])),
            )
            for i in best
        )

    def _scores(self, question: Wording, *, known_as: tuple[int, int] | None = None) -> Floats:
        """Return the score of every article, wording ``known_as`` (article, number) not being there."""
        words = self._word_scores(question, known_as)
        if self._encoder is None:
            return words
        nearest = np.clip(self._vectors @ question.vector, 0, 1)
        aligned = self._alignment(question)
        if known_as is not None:
            row = self._wording_starts[known_as[0]] + known_as[1]
            nearest[row] = 0
            aligned[:, row] = 0
        sentences = np.maximum.reduceat(self._sentences @ question.vector, self._sentence_starts)
        weights = self._piece_weights(question)
        shares = self._shares
        scores: Floats = (
            shares.questions * np.maximum.reduceat(nearest, self._wording_starts)
            + shares.passages * np.clip(sentences, 0, 1)
            + shares.alignment * np.clip(weights @ np.maximum.reduceat(aligned, self._wording_starts, axis=1), 0, 1)
            + shares.words * words
        )
        return scores

    def _word_scores(self, question: Wording, known_as: tuple[int, int] | None) -> Floats:
        """Return the share of the question's words that each article covers."""
        everywhere, titles = self._words, self._title_words
        if known_as is not None:
            article, number = known_as
            words = words_of_text(self.entries[article].wordings[number].text)
            everywhere, titles = everywhere.without(article, words), titles.without(article, words)
        if self._shares is HELP_SHARES:
            return np.array(everywhere.scores(question.text), dtype=np.float32)
        passages = np.array(self._passage_words.scores(question.text), dtype=np.float32)
        best = np.maximum.reduceat(passages, self._passage_starts)
        return np.maximum(np.array(titles.scores(question.text), dtype=np.float32), BODY_WORDS * best)

    def _alignment(self, question: Wording) -> Floats:
        """Return how well each word piece of the question finds its like in each wording, shape (pieces, wordings).

        Late interaction as in ColBERT (Khattab & Zaharia 2020).
        """
        return np.maximum.reduceat(question.piece_vectors @ self._pieces.T, self._piece_starts, axis=1)

    def _piece_weights(self, question: Wording) -> Floats:
        """Return what each word piece of the question counts: its idf among the articles, the sum being 1."""
        rarest = log(1 + (len(self.entries) + 0.5) / 0.5)
        weights = np.array([self._piece_idf.get(piece, rarest) for piece in question.pieces], dtype=np.float32)
        return weights / max(float(weights.sum()), 1e-6)

    def _passages_for(self, question: Wording) -> list[int]:
        """Return the number of the best passage of every article."""
        fit = np.array(self._passage_words.scores(question.text), dtype=np.float32)
        if self._encoder is not None:
            nearest = self._sentences @ question.vector
            owners = [
                start + owner
                for start, entry in zip(self._passage_starts, self.entries, strict=True)
                for owner in entry.owners
            ]
            best = np.zeros(len(fit), dtype=np.float32)
            np.maximum.at(best, owners, nearest)
            fit += best
        return self._best_passages(fit)

    def _best_passages(self, scores: Floats) -> list[int]:
        ends = [*self._passage_starts[1:], len(scores)]
        return [int(scores[a:b].argmax()) for a, b in zip(self._passage_starts, ends, strict=True)]

    def _confidence(self, score: float) -> float:
        return 1 / (1 + exp(-max(-30.0, min(30.0, (score - self._threshold) * self._slope))))

    def _scale(self, known: Vectors | None) -> tuple[float, float]:
        """The score with confidence 0.5, and the slope that gives a perfect match 0.98."""
        unrelated = [float(self._scores(wording_of(text, known)).max()) for text in UNRELATED_MESSAGES]
        threshold = float(np.quantile(unrelated, 1 - FALSE_ALARMS))
        if any(len(entry.wordings) > 1 for entry in self.entries):
            threshold = max(threshold, _best_divide(*self._rediscovered(), unrelated))
        elif len(self.entries) > 1:
            threshold = max(threshold, float(np.median(self._neighbours())))
        threshold = min(threshold, 0.95)
        return threshold, log(0.98 / 0.02) / (1 - threshold)

    def _rediscovered(self) -> tuple[list[float], list[float]]:
        """Return what questions of articles score when they are not known to be its questions.

        First on their article, if it comes first; then on the best other article, as if theirs did not exist.
        """
        known = [(i, number) for i, entry in enumerate(self.entries) for number in range(1, len(entry.wordings))]
        found, astray = [], []
        for i, number in known[:: max(1, len(known) // SAMPLED)]:
            scores = self._scores(self.entries[i].wordings[number], known_as=(i, number))
            if int(scores.argmax()) == i:
                found.append(float(scores[i]))
            astray.append(float(np.delete(scores, i).max(initial=0.0)))
        return found, astray

    def _neighbours(self) -> list[float]:
        """Return what titles of articles score on the nearest other article."""
        sampled = range(0, len(self.entries), max(1, len(self.entries) // SAMPLED))
        return [float(np.delete(self._scores(self.entries[i].wordings[0]), i).max()) for i in sampled]


def _best_divide(answered: Sequence[float], astray: Sequence[float], unrelated: Sequence[float]) -> float:
    """Return the score that tells questions with an answer best from those without.

    Youden's index (1950), ANSWERED of the questions having an answer; those without are as often astray among the
    articles as they are unrelated to all of them.
    """
    if not answered:
        return 0.0
    candidates = np.sort(np.array(answered))
    kept = 1 - np.arange(len(candidates)) / len(candidates)
    wrong = [np.mean(np.array(kind)[:, None] >= candidates, axis=0) for kind in (astray, unrelated)]
    return float(candidates[int((ANSWERED * kept - (1 - ANSWERED) * (wrong[0] + wrong[1]) / 2).argmax())])


def _starts(sizes: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(sizes)[:-1].tolist()]
