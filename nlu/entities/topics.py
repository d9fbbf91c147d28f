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
from nlu.intents.lexical import LexicalFeatures
from nlu.minilm import Floats


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
