"""Articles made searchable: their wordings, passages and the vectors of both."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from nlu.encoder import Encoder
from nlu.minilm import Floats
from nlu.saved_vectors import Vectors

PASSAGE_WORDS = 60
"""Passages, which are shown, end at the first sentence end before so many words."""

SENTENCE_WORDS = 25
"""Of articles with questions, parts of at most so many words are compared: sentence vectors blur over longer texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Something that answers questions: an FAQ entry or a help article. ``body`` may be long, or empty.

    ``questions`` are questions it answers, in the words of those who ask; like further titles.
    """

    article_id: str
    title: str
    body: str
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """A title or a question of an article, its word pieces and vectors (empty arrays without an encoder)."""

    text: str
    pieces: tuple[str, ...]
    piece_vectors: Floats
    vector: Floats


@dataclass(frozen=True, slots=True)
class Entry:
    """An article made searchable. ``owners`` tells for each of ``sentences`` (vectors) in which passage it stands.

    ``said`` are the passages below their title, by word pieces.
    """

    article: Article
    wordings: tuple[Wording, ...]
    passages: tuple[str, ...]
    owners: tuple[int, ...]
    sentences: Floats
    said: tuple[Wording, ...]


def entry_of(article: Article, encoder: Vectors | None) -> Entry:
    """Make an article searchable; without an encoder by words alone."""
    title = wording_of(article.title or article.body, encoder)
    wordings = (title, *(wording_of(question, encoder) for question in article.questions if question.strip()))
    passages = tuple(split_passages(article.body)) or (article.title,)
    said = tuple(wording_of(f"{article.title}. {passage}", encoder) for passage in passages)
    if not article.questions:
        texts = [f"{article.title} {passage}" for passage in passages]
        vectors = title.vector if encoder is None else encoder.encode_many(texts)
        return Entry(article, wordings, passages, tuple(range(len(passages))), vectors, said)
    parts = [
        (number, part)
        for number, passage in enumerate(passages)
        for part in (split_passages(passage, most_words=SENTENCE_WORDS) or [passage])
    ]
    owners = tuple(number for number, _ in parts)
    if encoder is None:
        return Entry(article, wordings, passages, owners, title.vector, said)
    # Most sentences only make sense below their title; adding the vectors is as good as encoding both in one text.
    sentences = encoder.encode_many([part for _, part in parts]) + title.vector
    sentences /= np.maximum(np.linalg.norm(sentences, axis=1, keepdims=True), 1e-6)
    return Entry(article, wordings, passages, owners, sentences, said)


def wording_of(text: str, encoder: Vectors | None) -> Wording:
    """Return a text with its vectors; without an encoder there are none."""
    if encoder is None:
        nothing = np.zeros((0, 0), dtype=np.float32)
        return Wording(text, (), nothing, nothing)
    tokens = encoder.tokens(text)
    if not len(tokens.vectors):
        return Wording(text, ("",), np.zeros((1, Encoder.dimension), dtype=np.float32), tokens.sentence)
    pieces = tuple(text[start:end].casefold() for start, end in tokens.offsets.tolist())
    unit: Floats = tokens.vectors / np.linalg.norm(tokens.vectors, axis=1, keepdims=True)
    return Wording(text, pieces, unit, tokens.sentence)


def title_words(entry: Entry) -> str:
    """Return the title and the questions in one text."""
    return " ".join(wording.text for wording in entry.wordings)


def all_words(entry: Entry) -> str:
    """Return title, questions and body in one text."""
    return f"{title_words(entry)} {entry.article.body}"


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
