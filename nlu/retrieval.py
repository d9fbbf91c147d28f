"""Finding the article that answers a question, or admitting that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, log
from threading import Lock
from typing import NamedTuple

import numpy as np

from nlu.encoder import Encoder
from nlu.minilm import Floats
from nlu.unrelated import UNRELATED_MESSAGES
from nlu.word_coverage import WordCoverage, words_of_text

PASSAGE_WORDS = 60
"""Passages, which are shown, end at the first sentence end before so many words."""

SENTENCE_WORDS = 25
"""Of articles with questions, parts of at most so many words are compared: sentence vectors blur over longer texts."""


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
ANSWERED = 1 / 2
"""Share of the questions people ask that an article answers, as far as is known before hearing them."""

SAMPLED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Something that answers questions: an FAQ entry or a help article. ``body`` may be long, or empty.

    ``questions`` are questions it answers, in the words of those who ask; like further titles.
    """

    article_id: str
    title: str
    body: str
    questions: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class _Wording:
    """A title or a question of an article, its word pieces and vectors (empty arrays without an encoder)."""

    text: str
    pieces: tuple[str, ...]
    piece_vectors: Floats
    vector: Floats


@dataclass(frozen=True, slots=True)
class _Entry:
    """An article made searchable. ``owners`` tells for each of ``sentences`` (vectors) in which passage it stands."""

    article: Article
    wordings: tuple[_Wording, ...]
    passages: tuple[str, ...]
    owners: tuple[int, ...]
    sentences: Floats


class ArticleIndex:
    """A searchable set of articles, by meaning and by words (by words alone when there is no encoder).

    Articles can be put, replaced and removed one at a time; a search sees all changes made before it began. Safe to
    use from several threads.

    What counts as an answer is learned from the index itself. Its threshold is what unrelated everyday messages reach
    at most one time in twenty. When articles come with questions it is at least what tells best whether the article of
    such a question is there, or has been taken out or never was (unrelated messages); otherwise at least what a
    typical title scores on the nearest other article. The first search after a change computes it anew.
    """

    def __init__(self, *, encoder: Encoder | None) -> None:
        """Start empty. ``encoder`` None searches by words alone."""
        self._encoder = encoder
        self._entries: dict[str, _Entry] = {}
        self._view: _View | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, article: Article) -> None:
        """Add ``article``, or replace the one with its id."""
        self.put_many([article])

    def put_many(self, articles: Iterable[Article]) -> None:
        """Add or replace several articles; searches see all of them at once."""
        entries = {article.article_id: _entry(article, self._encoder) for article in articles}
        with self._lock:
            self._entries = self._entries | entries
            self._view = None

    def remove(self, article_id: str) -> None:
        """Take an article out; an unknown id is ignored."""
        with self._lock:
            self._entries = {key: entry for key, entry in self._entries.items() if key != article_id}
            self._view = None

    def search(self, question: str, *, limit: int = 3) -> tuple[Hit, ...]:
        """Return at most ``limit`` articles, best first; equal scores are in the order of their ids."""
        view = self._current_view()
        return view.hits(question, limit) if view.entries else ()

    def answer(self, question: str) -> Hit | None:
        """Return the article that answers ``question``, or None when nothing here does: then say so."""
        hits = self.search(question, limit=1)
        return hits[0] if hits and hits[0].confidence >= 0.5 else None

    def _current_view(self) -> _View:
        with self._lock:
            if self._view is None:
                entries = [self._entries[key] for key in sorted(self._entries)]
                self._view = _View(entries, self._encoder)
            return self._view


class _View:
    """The index at one moment, laid out for scoring all articles at once. Never changes."""

    def __init__(self, entries: Sequence[_Entry], encoder: Encoder | None) -> None:
        self.entries = entries
        self._encoder = encoder
        if not entries:
            return
        self._shares = HELP_SHARES if any(len(entry.wordings) > 1 for entry in entries) else FAQ_SHARES
        self._words = WordCoverage.of(words_of_text(_all_words(entry)) for entry in entries)
        self._title_words = WordCoverage.of(words_of_text(_title_words(entry)) for entry in entries)
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

    def hits(self, question: str, limit: int) -> tuple[Hit, ...]:
        wording = _wording(question, self._encoder)
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

    def _scores(self, question: _Wording, *, known_as: tuple[int, int] | None = None) -> Floats:
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

    def _word_scores(self, question: _Wording, known_as: tuple[int, int] | None) -> Floats:
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

    def _alignment(self, question: _Wording) -> Floats:
        """Return how well each word piece of the question finds its like in each wording, shape (pieces, wordings).

        Late interaction as in ColBERT (Khattab & Zaharia 2020).
        """
        return np.maximum.reduceat(question.piece_vectors @ self._pieces.T, self._piece_starts, axis=1)

    def _piece_weights(self, question: _Wording) -> Floats:
        """Return what each word piece of the question counts: its idf among the articles, the sum being 1."""
        rarest = log(1 + (len(self.entries) + 0.5) / 0.5)
        weights = np.array([self._piece_idf.get(piece, rarest) for piece in question.pieces], dtype=np.float32)
        return weights / max(float(weights.sum()), 1e-6)

    def _passages_for(self, question: _Wording) -> list[int]:
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
        threshold, slope = self._scale
        return 1 / (1 + exp(-max(-30.0, min(30.0, (score - threshold) * slope))))

    @cached_property
    def _scale(self) -> tuple[float, float]:
        """The score with confidence 0.5, and the slope that gives a perfect match 0.98."""
        unrelated = [float(self._scores(_wording(text, self._encoder)).max()) for text in UNRELATED_MESSAGES]
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


def _entry(article: Article, encoder: Encoder | None) -> _Entry:
    title = _wording(article.title or article.body, encoder)
    wordings = (title, *(_wording(question, encoder) for question in article.questions if question.strip()))
    passages = tuple(split_passages(article.body)) or (article.title,)
    if not article.questions:
        texts = [f"{article.title} {passage}" for passage in passages]
        vectors = title.vector if encoder is None else encoder.encode_many(texts)
        return _Entry(article, wordings, passages, tuple(range(len(passages))), vectors)
    parts = [
        (number, part)
        for number, passage in enumerate(passages)
        for part in (split_passages(passage, most_words=SENTENCE_WORDS) or [passage])
    ]
    owners = tuple(number for number, _ in parts)
    if encoder is None:
        return _Entry(article, wordings, passages, owners, title.vector)
    # Most sentences only make sense below their title; adding the vectors is as good as encoding both in one text.
    sentences = encoder.encode_many([part for _, part in parts]) + title.vector
    sentences /= np.maximum(np.linalg.norm(sentences, axis=1, keepdims=True), 1e-6)
    return _Entry(article, wordings, passages, owners, sentences)


def _wording(text: str, encoder: Encoder | None) -> _Wording:
    if encoder is None:
        nothing = np.zeros((0, 0), dtype=np.float32)
        return _Wording(text, (), nothing, nothing)
    tokens = encoder.tokens(text)
    if not len(tokens.vectors):
        return _Wording(text, ("",), np.zeros((1, Encoder.dimension), dtype=np.float32), tokens.sentence)
    pieces = tuple(text[start:end].casefold() for start, end in tokens.offsets.tolist())
    unit: Floats = tokens.vectors / np.linalg.norm(tokens.vectors, axis=1, keepdims=True)
    return _Wording(text, pieces, unit, tokens.sentence)


def _title_words(entry: _Entry) -> str:
    return " ".join(wording.text for wording in entry.wordings)


def _all_words(entry: _Entry) -> str:
    return f"{_title_words(entry)} {entry.article.body}"


def split_passages(body: str, *, most_words: int = PASSAGE_WORDS) -> list[str]:
    """Split ``body`` into passages of whole sentences of at most about ``most_words``; paragraphs stay apart."""
    passages: list[str] = []
    for paragraph in re.split(r"\n\s*\n", body):
        current: list[str] = []
        for sentence in re.split(r"(?<=[.!?])\s+", paragraph.strip()):
            words = sentence.split()
            if current and len(current) + len(words) > most_words:
                passages.append(" ".join(current))
                current = []
            current += words
        if current:
            passages.append(" ".join(current))
    return passages


def _starts(sizes: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(sizes)[:-1].tolist()]
