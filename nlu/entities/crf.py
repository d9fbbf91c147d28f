"""A linear-chain conditional random field over features the caller makes up."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pycrfsuite

from nlu.child_work import ChildWork
from nlu.entities.bio import OUTSIDE

Features = Sequence[list[str]] | Sequence[dict[str, float]]
"""One entry per token: names of features that hold, or names with weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrfSettings:
    """How to train: ``l1`` and ``l2`` penalties on the weights, at most ``iterations`` steps of L-BFGS.

    With ``algorithm`` "ap" the averaged perceptron (Collins 2002) goes through the examples ``iterations`` times; it
    has no penalties, and its probabilities are not calibrated.
    """

    algorithm: Literal["lbfgs", "ap"] = "lbfgs"
    l1: float = 0.02
    l2: float = 0.02
    iterations: int = 40


@dataclass(frozen=True, slots=True)
class Labelling:
    """The best label sequence and, per token, the probability given the whole message of that label and of none."""

    labels: tuple[str, ...]
    confidences: tuple[float, ...]
    outside: tuple[float, ...]


class LinearChainCrf:
    """A trained model. Safe to use from several threads; they take turns, as the tagger underneath holds a lattice."""

    def __init__(self, weights: bytes) -> None:
        """Open a model from what ``weights`` once returned; empty weights label everything as outside."""
        self._weights = weights
        self._turn = threading.Lock()
        self._tagger = pycrfsuite.Tagger()
        if weights:
            self._tagger.open_inmemory(weights)
        self._knows_outside = bool(weights) and OUTSIDE in self._tagger.labels()

    @property
    def weights(self) -> bytes:
        """The model as bytes, to be stored."""
        return self._weights

    @classmethod
    def fit(
        cls, sentences: Sequence[Features], labels: Sequence[Sequence[str]], settings: CrfSettings
    ) -> LinearChainCrf:
        """Train on sentences with one label per token; the same input gives the same model."""
        return cls.start(sentences, labels, settings).result()

    @staticmethod
    def start(sentences: Sequence[Features], labels: Sequence[Sequence[str]], settings: CrfSettings) -> CrfFit:
        """Begin to train as ``fit`` does, in a process beside this one where the system can copy processes."""
        return CrfFit(sentences, labels, settings)

    def label(self, features: Features) -> Labelling:
        """Return the most probable labels of one message."""
        if not self._weights or not features:
            return Labelling((OUTSIDE,) * len(features), (1.0,) * len(features), (1.0,) * len(features))
        with self._turn:
            best = tuple(self._tagger.tag(features))
            marginals = tuple(self._tagger.marginal(label, at) for at, label in enumerate(best))
            # A label the training data never had can not be asked for.
            known = self._knows_outside
            outside = tuple(self._tagger.marginal(OUTSIDE, at) if known else 0.0 for at in range(len(best)))
        return Labelling(best, marginals, outside)


class CrfFit:
    """A training under way. ``result`` must be called once."""

    def __init__(self, sentences: Sequence[Features], labels: Sequence[Sequence[str]], settings: CrfSettings) -> None:
        self._sentences, self._labels, self._settings = sentences, labels, settings
        learnable = any(label != OUTSIDE for sentence in labels for label in sentence)
        self._training = ChildWork(self._train) if learnable else None

    def result(self) -> LinearChainCrf:
        """Wait for the end and return the model."""
        return LinearChainCrf(b"" if self._training is None else self._training.result())

    def _train(self, path: Path) -> None:
        settings = self._settings
        trainer = pycrfsuite.Trainer(algorithm=settings.algorithm, verbose=False)
        trainer.set_params({"max_iterations": settings.iterations})
        if settings.algorithm == "lbfgs":
            trainer.set_params({"c1": settings.l1, "c2": settings.l2})
        for features, labels in zip(self._sentences, self._labels, strict=True):
            if labels:
                trainer.append(features, labels)
        trainer.train(str(path))
