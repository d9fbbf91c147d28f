"""The trained intent model: reading one message with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import exp, log

import numpy as np

from nlu.intents.depths import coordinates, directions
from nlu.intents.lexical import Indices, LexicalFeatures, LexicalVector, normal_form
from nlu.minilm import Floats
from nlu.parse import IntentScore

NEIGHBOURS = 5
"""How many of the nearest training examples tell whether a message is like them."""

KNOWN = 0.99
"""How sure the intent of a message is that is a training example word for word."""


def best_score(logits: Floats, intents: int) -> Floats:
    """Return the score of the best intent in the last axis: its logit, less what "out of scope" (behind them) takes.

    So a message that is much more likely out of scope than anything else scores low, whatever it resembles besides.
    """
    best = logits[..., :intents].max(axis=-1)
    if logits.shape[-1] == intents:
        return np.asarray(best)
    return np.asarray(best - np.logaddexp(0.0, logits[..., intents] - best))


def nearness(cosines: Floats) -> Floats:
    """Return the mean of the ``NEIGHBOURS`` largest cosines along the last axis, 0 where there are none.

    One example may be near by chance, or wrongly labelled; several are not.
    """
    examples = cosines.shape[-1]
    if not examples:
        return np.zeros(cosines.shape[:-1], dtype=np.float32)
    if examples > NEIGHBOURS:
        cosines = np.partition(cosines, examples - NEIGHBOURS, axis=-1)[..., -NEIGHBOURS:]
    return np.asarray(cosines.mean(axis=-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeScale:
    """Turns what a classifier saw into the probability that a message is in scope at all.

    What speaks for a message, its evidence, is the best intent's ``score`` (the maximum logit of Hendrycks et al.,
    "Scaling Out-of-Distribution Detection for Real-World Settings", 2022) and the ``similarity`` to the nearest
    training examples (``nearness``), each as it differs from the ``usual`` of messages that were understood, in units
    of their spread. Unlike a probability the logit also tells an undecided but familiar message from one that resembles
    no intent.

    The rest is a logistic regression on the evidence. It counts both sides as equally frequent; below ``threshold`` a
    message is rejected. All is learned from the training data alone (see nlu.intents.scope).
    """

    usual_score: float
    usual_similarity: float
    per_score: float
    per_similarity: float
    weight: float
    bias: float
    threshold: float

    def evidence(self, score: Floats, similarity: Floats) -> Floats:
        """Return what speaks for each of some messages; 0 for a usual one that is understood."""
        near = np.maximum(similarity, 0.0) - self.usual_similarity
        return np.asarray(self.per_score * (score - self.usual_score) + self.per_similarity * near)

    @property
    def least_evidence(self) -> float:
        """The evidence that reaches the threshold."""
        if not self.weight:
            return 0.0
        return (log(self.threshold / (1 - self.threshold)) - self.bias) / self.weight

    def in_scope(self, score: float, similarity: float) -> float:
        """Return the probability in [0, 1] that the message is in scope."""
        near = max(similarity, 0.0) - self.usual_similarity
        evidence = self.per_score * (score - self.usual_score) + self.per_similarity * near
        logit = self.weight * evidence + self.bias
        return 1 / (1 + exp(-max(-30.0, min(30.0, logit))))


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalPart:
    """The classifier that sees n-grams only. ``weights`` is (n-grams, classes); the rest finds similar examples.

    ``postings`` is the inverted index: the entries of n-gram i are ``posting_starts[i]`` to ``posting_starts[i + 1]``,
    each an example's number and its weight.
    """

    weights: Floats
    bias: Floats
    temperature: float
    scope: ScopeScale
    posting_starts: Indices
    posting_examples: Indices
    posting_weights: Floats
    examples: int

    def similarity(self, vector: LexicalVector) -> float:
        """Return how close the message comes to the training examples, by their n-grams (``nearness``)."""
        sums = np.zeros(self.examples, dtype=np.float32)
        for index, value in zip(vector.indices.tolist(), vector.values.tolist(), strict=True):
            entries = slice(self.posting_starts[index], self.posting_starts[index + 1])
            sums[self.posting_examples[entries]] += value * self.posting_weights[entries]
        return float(nearness(sums))


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPart:
    """The classifier that sees n-grams and the layers of the encoder.

    ``examples`` are the training sentences' unit vectors; ``centre`` and ``sentence_weights`` go with
    ``nlu.intents.depths.coordinates``.
    """

    lexical_weights: Floats
    sentence_weights: Floats
    bias: Floats
    temperature: float
    scope: ScopeScale
    centre: Floats
    examples: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentPrediction:
    """``ranking`` holds every intent, best first, their confidences summing to at most 1 (the rest is out of scope).

    ``accepted`` says whether ``in_scope`` reaches the threshold; ``by_words_alone`` that no sentence vector was needed.
    """

    ranking: tuple[IntentScore, ...]
    in_scope: float
    accepted: bool
    by_words_alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentModel:
    """A trained classifier of messages; immutable, so any number of threads may use it at once.

    ``out_of_scope_class`` tells that the last class of the weights stands for messages out of scope. A message of
    which the words alone make one intent at least as likely as ``sure_at`` is not given to the encoder, nor is one that
    is a training example (``known``, as it stands or by its masked form): it means what the example means.
    """

    intents: tuple[str, ...]
    out_of_scope_class: bool
    features: LexicalFeatures
    lexical: LexicalPart
    joint: JointPart | None
    sure_at: float
    known: Mapping[str, int] = field(default_factory=dict)

    @property
    def threshold(self) -> float:
        """The in-scope probability below which a message is rejected, chosen on the training data."""
        return self.lexical.scope.threshold if self.joint is None else self.joint.scope.threshold

    def predict(
        self,
        text: str,
        *,
        masked: str | None = None,
        layers: Callable[[str], Floats] | None,
        threshold: float | None = None,
    ) -> IntentPrediction:
        """Return the intents of ``text``, best first; never raises, whatever the text is.

        ``masked`` is ``text`` with its entities masked the way those of the training examples were (None: it has none).
        ``layers`` is of the encoder the model was trained with (``Encoder.layers``); without it the words alone decide.
        ``threshold`` replaces the model's own one.
        """
        masked = text if masked is None else masked
        vector = self.features.vector(text, masked)
        part = self.lexical
        example = self._example(text, masked)
        if example is not None:
            scope = part.scope if self.joint is None else self.joint.scope
            in_scope = scope.in_scope(scope.usual_score, 1.0)
            limit = scope.threshold if threshold is None else threshold
            return self._prediction(example, in_scope, limit, by_words_alone=True)
        logits = (vector.values @ part.weights[vector.indices] + part.bias) / part.temperature
        probabilities = _softmax(logits)
        probability = float(probabilities[: len(self.intents)].max())
        joint = self.joint
        if joint is None or layers is None:
            in_scope = part.scope.in_scope(self._score(logits), part.similarity(vector))
            limit = part.scope.threshold if threshold is None else threshold
            return self._prediction(probabilities, in_scope, limit, by_words_alone=True)
        limit = joint.scope.threshold if threshold is None else threshold
        if probability >= self.sure_at:
            in_scope = joint.scope.in_scope(joint.scope.usual_score, 1.0)
            return self._prediction(probabilities, in_scope, limit, by_words_alone=True)
        meaning = layers(masked)[None]
        logits = vector.values @ joint.lexical_weights[vector.indices] + joint.bias
        logits += coordinates(meaning, joint.centre)[0] @ joint.sentence_weights
        logits /= joint.temperature
        similarity = float(nearness(joint.examples @ directions(meaning)[0]))
        in_scope = joint.scope.in_scope(self._score(logits), similarity)
        return self._prediction(_softmax(logits), in_scope, limit, by_words_alone=False)

    def _example(self, text: str, masked: str) -> Floats | None:
        """The probabilities of a message that is a training example: it means what it was said to mean there."""
        intent = self.known.get(normal_form(text), self.known.get(normal_form(masked)))
        if intent is None:
            return None
        classes = len(self.lexical.bias)
        probabilities = np.full(classes, (1 - KNOWN) / max(1, classes - 1), dtype=np.float32)
        probabilities[intent] = KNOWN
        return probabilities

    def _score(self, logits: Floats) -> float:
        return float(best_score(logits, len(self.intents)))

    def _prediction(
        self, probabilities: Floats, in_scope: float, threshold: float, *, by_words_alone: bool
    ) -> IntentPrediction:
        order = np.argsort(-probabilities[: len(self.intents)], kind="stable").tolist()
        ranking = tuple(IntentScore(name=self.intents[i], confidence=float(probabilities[i])) for i in order)
        return IntentPrediction(
            ranking=ranking, in_scope=in_scope, accepted=in_scope >= threshold, by_words_alone=by_words_alone
        )


def _softmax(logits: Floats) -> Floats:
    exponentials: Floats = np.exp(logits - logits.max())
    exponentials /= exponentials.sum()
    return exponentials
