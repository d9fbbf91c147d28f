"""A linear-chain conditional random field over features the caller makes up."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pycrfsuite

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
        self._learnable = any(label != OUTSIDE for sentence in labels for label in sentence)
        self._child: int | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="rapport-crf-"))
        self._path = self._folder / "model.crfsuite"
        if self._learnable and hasattr(os, "fork"):
            with warnings.catch_warnings():
                # Python 3.12 and later warn of the other threads; the child takes none of their locks (see below).
                warnings.simplefilter("ignore", DeprecationWarning)
                self._child = os.fork()
        if self._child == 0:
            self._train_and_exit()

    def result(self) -> LinearChainCrf:
        """Wait for the end and return the model."""
        try:
            if not self._learnable:
                return LinearChainCrf(b"")
            child, self._child = self._child, None
            # A child that was killed (for its memory, perhaps) costs time, not the training.
            if child is None or os.waitpid(child, 0)[1] != 0:
                self._train()
            return LinearChainCrf(self._path.read_bytes())
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __del__(self) -> None:
        """End a training whose result nobody waits for any more, because something else has failed."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _train_and_exit(self) -> None:
        """Do nothing in the copied process but train: its threads, locks and connections are another's."""
        status = 1
        try:
            gc.disable()
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, signal.SIG_DFL)
            self._train()
            status = 0
        finally:
            os._exit(status)

    def _train(self) -> None:
        settings = self._settings
        trainer = pycrfsuite.Trainer(algorithm=settings.algorithm, verbose=False)
        trainer.set_params({"max_iterations": settings.iterations})
        if settings.algorithm == "lbfgs":
            trainer.set_params({"c1": settings.l1, "c2": settings.l2})
        for features, labels in zip(self._sentences, self._labels, strict=True):
            if labels:
                trainer.append(features, labels)
        trainer.train(str(self._path))
