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
from nlu.question_spelling import QuestionSpelling
from nlu.saved_vectors import Vectors
from nlu.unrelated import UNRELATED_MESSAGES
from nlu.word_coverage import WordCoverage, words_of_text


class _Shares(NamedTuple):
    """Weights of the evidence, by meaning and by words; they sum to 1.

    Sentence vectors against the nearest titles or questions and against the nearest passage, token alignment, token
    alignment with the text alone, and words.
    """

    questions: float
    passages: float
    alignment: float
    text_alignment: float
    words: float


FAQ_SHARES = _Shares(0.2, 0.2, 0.4, 0.0, 0.2)
"""For articles whose titles are all that is known of how people ask, mostly FAQ entries. Chosen on covidfaq_small."""

HELP_SHARES = _Shares(0.2, 0.2, 0.35, 0.25, 0.0)
"""For articles that come with questions; their titles are mostly headings.

Chosen on a help centre of 40 articles, each of its 622 customers' questions looked up with itself left out.
"""

NEAREST = 5
"""So many of an article's questions, those nearest to what was asked, count together."""

BODY_WORDS = 0.5
"""What covering the question's words in a passage is worth beside covering them in the title."""

UNRELATED = 0.05
"""Share of unrelated everyday messages that may seem worth a list of titles."""

FALSE_ALARMS = 0.03
"""Share of questions without an answer that may get one all the same, so that people can trust an answer.

Taken of questions half of which are as unrelated as everyday messages, half as near to the articles as a customer's
question is when its article is taken away. Whoever is not answered is offered the nearest titles and a person; whoever
gets a wrong answer leaves.
"""

SAMPLED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article found: its ``passage`` that fits best, the raw ``score`` in [0, 1] and the ``confidence`` in [0, 1].

    ``confidence`` is 0.5 where the index starts to answer, and 0.25 where an article is near enough to be named ("I
    don't know" below); see ``ArticleIndex``.
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
        self._by_text = any(len(entry.wordings) > 1 for entry in entries)
        self._shares = HELP_SHARES if self._by_text else FAQ_SHARES
        self._words = WordCoverage.of(words_of_text(all_words(entry)) for entry in entries)
        self._title_words = WordCoverage.of(words_of_text(title_words(entry)) for entry in entries)
        self._passage_words = WordCoverage.of(words_of_text(text) for entry in entries for text in entry.passages)
        self._passage_starts = _starts([len(entry.passages) for entry in entries])
        if encoder:
            texts = (all_words(entry) for entry in entries)
            self._spelling = QuestionSpelling(texts, encoder.whole_words())
            wordings = [wording for entry in entries for wording in entry.wordings]
            self._wording_starts = _starts([len(entry.wordings) for entry in entries])
            self._vectors = np.stack([wording.vector for wording in wordings])
            self._sentences = np.concatenate([entry.sentences for entry in entries])
            self._sentence_starts = _starts([len(entry.sentences) for entry in entries])
            self._pieces = np.concatenate([wording.piece_vectors for wording in wordings])
            self._piece_starts = _starts([len(wording.pieces) for wording in wordings])
            self._piece_idf = WordCoverage.of(
                [piece for wording in (*entry.wordings, *entry.said) for piece in wording.pieces] for entry in entries
            ).idf
            if self._by_text:
                self._said_starts = _starts([sum(len(each.pieces) for each in entry.said) for entry in entries])
                self._said_passage_starts = _starts([len(each.pieces) for entry in entries for each in entry.said])
                self._said = np.concatenate([each.piece_vectors for entry in entries for each in entry.said])
        self._near, self._threshold = self._scale(known)

    def hits(self, question: str, limit: int) -> tuple[Hit, ...]:
        """Return the best ``limit`` articles, best first."""
        said = question if self._encoder is None else self._spelling.mended(question)
        wording = wording_of(said, self._encoder)
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

    def _scores(self, question: Wording) -> Floats:
        """Return the score of every article."""
        if self._encoder is None:
            return self._word_scores(question)
        nearest = np.clip(self._vectors @ question.vector, 0, 1)
        sentences = np.maximum.reduceat(self._sentences @ question.vector, self._sentence_starts)
        weights = self._piece_weights(question)
        likest = np.maximum.reduceat(self._alignment(question), self._wording_starts, axis=1)
        shares = self._shares
        scores: Floats = np.float32(shares.passages) * np.clip(sentences, 0, 1)
        if self._by_text:
            in_text = np.maximum.reduceat(question.piece_vectors @ self._said.T, self._said_starts, axis=1)
            likest = np.maximum(likest, in_text)
            scores += shares.questions * self._nearest_questions(nearest)
            scores += shares.text_alignment * np.clip(weights @ in_text, 0, 1)
        else:
            scores += shares.questions * np.maximum.reduceat(nearest, self._wording_starts)
            scores += shares.words * self._word_scores(question)
        scores += shares.alignment * np.clip(weights @ likest, 0, 1)
        return scores

    def _nearest_questions(self, nearest: Floats) -> Floats:
        """Return the mean of the NEAREST best wordings of every article, of all of them where there are fewer."""
        ends = [*self._wording_starts[1:], len(nearest)]
        means = [
            np.sort(nearest[start:end])[-NEAREST:].mean() for start, end in zip(self._wording_starts, ends, strict=True)
        ]
        return np.array(means, dtype=np.float32)

    def _word_scores(self, question: Wording) -> Floats:
        """Return the share of the question's words that each article covers."""
        if self._by_text:
            return np.array(self._words.scores(question.text), dtype=np.float32)
        passages = np.array(self._passage_words.scores(question.text), dtype=np.float32)
        best = np.maximum.reduceat(passages, self._passage_starts)
        titles = np.array(self._title_words.scores(question.text), dtype=np.float32)
        return np.maximum(titles, BODY_WORDS * best)

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
            if self._by_text:
                # What is said in a table is in no sentence's vector.
                found = np.maximum.reduceat(question.piece_vectors @ self._said.T, self._said_passage_starts, axis=1)
                fit += np.clip(self._piece_weights(question) @ found, 0, 1)
        return self._best_passages(fit)

    def _best_passages(self, scores: Floats) -> list[int]:
        ends = [*self._passage_starts[1:], len(scores)]
        return [int(scores[a:b].argmax()) for a, b in zip(self._passage_starts, ends, strict=True)]

    def _confidence(self, score: float) -> float:
        """0.25 at ``_near``, 0.5 at ``_threshold``, 0.98 for a perfect match, and smooth between."""
        if score >= self._threshold:
            slope = log(0.98 / 0.02) / (1 - self._threshold)
        else:
            slope = log(3) / max(self._threshold - self._near, 0.02)
        return 1 / (1 + exp(-max(-30.0, min(30.0, (score - self._threshold) * slope))))

    def _scale(self, known: Vectors | None) -> tuple[float, float]:
        """The scores from which an article is near, and from which it answers."""
        unrelated = np.array([self._scores(wording_of(text, known)).max() for text in UNRELATED_MESSAGES])
        near = float(np.quantile(unrelated, 1 - UNRELATED))
        threshold = near
        if self._by_text:
            threshold = max(threshold, _rarely_reached(np.array(self._astray()), unrelated))
        elif len(self.entries) > 1:
            threshold = max(threshold, float(np.median(self._neighbours())))
        return min(near, 0.9), min(threshold, 0.95)

    def _astray(self) -> list[float]:
        """Return what questions of articles score on the best other article, as if theirs did not exist."""
        known = [(i, number) for i, entry in enumerate(self.entries) for number in range(1, len(entry.wordings))]
        return [
            float(np.delete(self._scores(self.entries[i].wordings[number]), i).max(initial=0.0))
            for i, number in known[:: max(1, len(known) // SAMPLED)]
        ]

    def _neighbours(self) -> list[float]:
        """Return what titles of articles score on the nearest other article."""
        sampled = range(0, len(self.entries), max(1, len(self.entries) // SAMPLED))
        return [float(np.delete(self._scores(self.entries[i].wordings[0]), i).max()) for i in sampled]


def _rarely_reached(*kinds: Floats) -> float:
    """Return the lowest score that at most FALSE_ALARMS of the scores exceed, each kind counting the same."""
    scores = np.concatenate(kinds)
    weights = np.concatenate([np.full(len(kind), 1 / (len(kind) * len(kinds))) for kind in kinds])
    order = np.argsort(-scores)
    exceeding = np.cumsum(weights[order])
    return float(scores[order][int(np.argmax(exceeding > FALSE_ALARMS))])


def _starts(sizes: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(sizes)[:-1].tolist()]
