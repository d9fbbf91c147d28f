"""Finding the article that answers a question, or admitting that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, log
from threading import Lock

import numpy as np

from nlu.encoder import Encoder
from nlu.minilm import Floats
from nlu.unrelated import UNRELATED_MESSAGES
from nlu.word_coverage import WordCoverage, words_of_text

PASSAGE_WORDS = 60
"""Passages end at the first sentence end before so many words; sentence vectors blur over longer texts."""

TITLE, PASSAGE, ALIGNMENT, WORDS = 0.2, 0.2, 0.4, 0.2
"""Shares of the evidence: sentence vector against the title, against title and passage, token alignment, words."""

BODY_WORDS = 0.5
"""What covering the question's words in a passage is worth beside covering them in the title."""

FALSE_ALARMS = 0.05
SAMPLED_TITLES = 100


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
class _Entry:
    """An article made searchable; the vectors are empty arrays without an encoder."""

    article: Article
    passages: tuple[str, ...]
    title_vector: Floats
    passage_vectors: Floats
    title_pieces: tuple[str, ...]
    piece_vectors: Floats


class ArticleIndex:
    """A searchable set of articles, by meaning and by words (by words alone when there is no encoder).

    Articles can be put, replaced and removed one at a time; a search sees all changes made before it began. Safe to
    use from several threads.

    What counts as an answer is learned from the index itself: its threshold is what unrelated everyday messages reach
    at most one time in twenty, or what a typical article's title scores on its nearest neighbour with the article
    itself left out, whichever is higher. The first search after a change computes it anew.
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
        self._title_words = WordCoverage.of(words_of_text(entry.article.title) for entry in entries)
        self._passage_words = WordCoverage.of(words_of_text(text) for entry in entries for text in entry.passages)
        self._passage_starts = _starts([len(entry.passages) for entry in entries])
        if encoder:
            self._titles = np.stack([entry.title_vector for entry in entries])
            self._passages = np.concatenate([entry.passage_vectors for entry in entries])
            self._pieces = np.concatenate([entry.piece_vectors for entry in entries])
            self._piece_starts = _starts([len(entry.title_pieces) for entry in entries])
            self._piece_idf = WordCoverage.of(entry.title_pieces for entry in entries).idf

    def hits(self, question: str, limit: int) -> tuple[Hit, ...]:
        scores, passages = self._scores(question)
        best = np.argsort(-scores, kind="stable")[:limit].tolist()
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

    def _scores(self, question: str) -> tuple[Floats, list[int]]:
        """Return the score of every article, and the number of its best passage."""
        passage_words = np.array(self._passage_words.scores(question), dtype=np.float32)
        title_words = np.array(self._title_words.scores(question), dtype=np.float32)
        words = np.maximum(title_words, BODY_WORDS * np.maximum.reduceat(passage_words, self._passage_starts))
        if self._encoder is None:
            return words, self._best_passages(passage_words)
        tokens = self._encoder.tokens(question)
        passages = np.clip(self._passages @ tokens.sentence, 0, 1)
        scores = (
            TITLE * np.clip(self._titles @ tokens.sentence, 0, 1)
            + PASSAGE * np.maximum.reduceat(passages, self._passage_starts)
            + ALIGNMENT * self._alignment(_pieces(question, tokens.offsets), _unit(tokens.vectors))
            + WORDS * words
        )
        return scores, self._best_passages(passages + passage_words)

    def _alignment(self, pieces: Sequence[str], vectors: Floats) -> Floats:
        """How well each word piece of the question finds its like in the titles, the rare ones counting most.

        Late interaction as in ColBERT (Khattab & Zaharia 2020), each piece weighted by its idf among the titles.
        """
        if not pieces:
            return np.zeros(len(self.entries), dtype=np.float32)
        rarest = log(1 + (len(self.entries) + 0.5) / 0.5)
        weights = np.array([self._piece_idf.get(piece, rarest) for piece in pieces], dtype=np.float32)
        best = np.maximum.reduceat(vectors @ self._pieces.T, self._piece_starts, axis=1)
        aligned: Floats = np.clip(weights @ best / weights.sum(), 0, 1)
        return aligned

    def _best_passages(self, scores: Floats) -> list[int]:
        ends = [*self._passage_starts[1:], len(scores)]
        return [int(scores[a:b].argmax()) for a, b in zip(self._passage_starts, ends, strict=True)]

    def _confidence(self, score: float) -> float:
        threshold, slope = self._scale
        return 1 / (1 + exp(-max(-30.0, min(30.0, (score - threshold) * slope))))

    @cached_property
    def _scale(self) -> tuple[float, float]:
        """The score with confidence 0.5, and the slope that gives a perfect match 0.98."""
        unrelated = [float(self._scores(message)[0].max()) for message in UNRELATED_MESSAGES]
        threshold = float(np.quantile(unrelated, 1 - FALSE_ALARMS))
        if len(self.entries) > 1:
            step = max(1, len(self.entries) // SAMPLED_TITLES)
            neighbours = []
            for i in range(0, len(self.entries), step):
                scores, _ = self._scores(self.entries[i].article.title)
                neighbours.append(float(np.delete(scores, i).max()))
            threshold = max(threshold, float(np.median(neighbours)))
        threshold = min(threshold, 0.95)
        return threshold, log(0.98 / 0.02) / (1 - threshold)


def _entry(article: Article, encoder: Encoder | None) -> _Entry:
    passages = tuple(split_passages(article.body)) or (article.title,)
    if encoder is None:
        nothing = np.zeros((0, 0), dtype=np.float32)
        return _Entry(article, passages, nothing, nothing, (), nothing)
    tokens = encoder.tokens(article.title or article.body)
    return _Entry(
        article,
        passages,
        tokens.sentence,
        encoder.encode_many([f"{article.title} {passage}" for passage in passages]),
        _pieces(article.title or article.body, tokens.offsets) or ("",),
        _unit(tokens.vectors) if len(tokens.vectors) else np.zeros((1, Encoder.dimension), dtype=np.float32),
    )


def split_passages(body: str) -> list[str]:
    """Split ``body`` into passages of whole sentences of at most about PASSAGE_WORDS words; paragraphs stay apart."""
    passages: list[str] = []
    for paragraph in re.split(r"\n\s*\n", body):
        current: list[str] = []
        for sentence in re.split(r"(?<=[.!?])\s+", paragraph.strip()):
            words = sentence.split()
            if current and len(current) + len(words) > PASSAGE_WORDS:
                passages.append(" ".join(current))
                current = []
            current += words
        if current:
            passages.append(" ".join(current))
    return passages


def _pieces(text: str, offsets: np.ndarray) -> tuple[str, ...]:
    return tuple(text[start:end].casefold() for start, end in offsets.tolist())


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _starts(sizes: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(sizes)[:-1].tolist()]
