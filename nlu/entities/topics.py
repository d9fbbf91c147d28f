"""What a message is roughly about, as a feature: "play" before a name means another entity than "call" does.

Words that say which intent a message has also say which entities to expect. The intent itself is not known when a
message is tagged, only a guess; so the tagger must be trained on guesses that are as often wrong: each training
example gets the guess of a classifier that did not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlu.entities.tokens import Token
from nlu.intents.folds import stratified_folds
from nlu.intents.lexical import LexicalFeatures, normal_form
from nlu.intents.projection import lexical_matrix, project
from nlu.intents.softmax import fit_softmax
from nlu.minilm import Floats

FOLDS = 5
_STRENGTH = 10.0
_FEW = 3000
_NONE = ""
"""The topic of messages without an intent."""


class TopicModel:
    """Guesses the intent of a message from its words alone. Immutable."""

    def __init__(self, topics: Sequence[str], features: LexicalFeatures, weights: Floats, bias: Floats) -> None:
        """Use ``weights`` (n-grams, topics) and ``bias`` (topics)."""
        self._topics = tuple(topics)
        self._features = features
        self._weights = weights
        self._bias = bias

    def topic(self, text: str) -> str:
        """Return the most likely topic of ``text``."""
        vector = self._features.vector(text)
        logits = vector.values @ self._weights[vector.indices] + self._bias
        return self._topics[int(logits.argmax())]

    def save(self, path: Path) -> None:
        """Write the model to ``path`` (.npz)."""
        np.savez_compressed(
            path,
            topics=np.array(self._topics),
            terms=np.array(self._features.terms),
            idf=self._features.idf,
            weights=self._weights.astype(np.float16),
            bias=self._bias,
        )

    @classmethod
    def load(cls, path: Path) -> TopicModel:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            features = LexicalFeatures(stored["terms"].tolist(), stored["idf"])
            return cls(stored["topics"].tolist(), features, stored["weights"].astype(np.float32), stored["bias"])


def learn_topics(
    texts: Sequence[str], intents: Sequence[str | None], groups: Sequence[int] | None = None
) -> tuple[TopicModel, list[str]] | None:
    """Return a model of ``intents`` and, for each text, the guess of a model that saw no text of its group.

    ``groups`` joins texts that are variants of one another. None when there are not two intents to tell apart.
    """
    topics = sorted({intent or _NONE for intent in intents})
    if len(topics) < 2:
        return None
    number = {topic: index for index, topic in enumerate(topics)}
    labels = np.array([number[intent or _NONE] for intent in intents], dtype=np.int64)
    features = LexicalFeatures.learned_from(texts, least_texts=1 if len(texts) <= _FEW else 2)
    projection = project(lexical_matrix(features, texts))
    x = projection.coordinates
    names = [normal_form(text) for text in texts] if groups is None else [str(group) for group in groups]
    folds = stratified_folds(labels, names, folds=FOLDS)
    guesses = np.zeros(len(texts), dtype=np.int64)
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        weights, bias = fit_softmax(x[~held], labels[~held], classes=len(topics), strength=_STRENGTH, tolerance=1e-3)
        guesses[held] = (x[held] @ weights + bias).argmax(axis=1)
    weights, bias = fit_softmax(x, labels, classes=len(topics), strength=_STRENGTH, tolerance=1e-3)
    model = TopicModel(topics, features, projection.axes @ weights, bias)
    return model, [topics[guess] for guess in guesses.tolist()]


def topic_features(tokens: Sequence[Token], topic: str | None) -> list[list[str]]:
    """Return, for each token, the topic of its message by itself and along with the words here and beside."""
    if topic is None:
        return [[] for _ in tokens]
    words = ["", *(token.text.lower() for token in tokens), ""]
    return [
        [
            f"t={topic}",
            f"t,w={topic}|{words[at + 1]}",
            f"t,w-1={topic}|{words[at]}",
            f"t,w+1={topic}|{words[at + 2]}",
        ]
        for at in range(len(tokens))
    ]
