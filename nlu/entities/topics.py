"""What a message is roughly about, as a feature: "play" before a name means another entity than "call" does.

Words that say which intent a message has also say which entities to expect. The intent itself is not known when a
message is tagged, only a guess; so the tagger must be trained on guesses that are as often wrong: each training
example gets the guess of a classifier that did not see it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlu.entities.tokens import Token
from nlu.intents.lexical import LexicalFeatures
from nlu.minilm import Floats

NO_TOPIC = ""
"""The topic of messages without an intent."""

SENTENCE_WEIGHT = 2.0
"""How much longer a sentence vector counts than an n-gram vector; the same as for intents."""

Encode = Callable[[str], Floats]
"""Returns the sentence vector of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicModel:
    """Guesses the intent of a message; linear in its n-grams and its sentence vector.

    ``weights`` is (n-grams, topics); ``sentence_weights`` (384, topics) is None when trained without the encoder.
    """

    topics: tuple[str, ...]
    features: LexicalFeatures
    weights: Floats
    sentence_weights: Floats | None
    bias: Floats

    def topic(self, text: str, encode: Encode | None) -> str:
        """Return the most likely topic of ``text``; ``encode`` is the encoder the model was trained with."""
        vector = self.features.vector(text)
        logits = vector.values @ self.weights[vector.indices] + self.bias
        if self.sentence_weights is not None and encode is not None:
            logits = logits + encode(text) @ self.sentence_weights
        return self.topics[int(logits.argmax())]

    def save(self, path: Path) -> None:
        """Write the model to ``path`` (.npz)."""
        sentence = self.sentence_weights
        np.savez_compressed(
            path,
            topics=np.array(self.topics),
            terms=np.array(self.features.terms),
            idf=self.features.idf,
            weights=self.weights.astype(np.float16),
            sentence_weights=np.zeros((0, 0), dtype=np.float32) if sentence is None else sentence,
            bias=self.bias,
        )

    @classmethod
    def load(cls, path: Path) -> TopicModel:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            sentence = stored["sentence_weights"]
            return cls(
                topics=tuple(stored["topics"].tolist()),
                features=LexicalFeatures(stored["terms"].tolist(), stored["idf"]),
                weights=stored["weights"].astype(np.float32),
                sentence_weights=sentence if sentence.size else None,
                bias=stored["bias"],
            )


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
