"""Deciding, from training data alone, when a message is too unlike it to be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from nlu.intents.model import ScopeScale
from nlu.minilm import Floats

Flags = npt.NDArray[np.bool_]

UNTAUGHT = ScopeScale(probability_weight=4.0, similarity_weight=8.0, bias=-7.0, threshold=0.5)
"""For data that teach nothing about scope (one intent only): half way at probability 0.6 and similarity 0.575."""

REGULARISATION = 10.0
"""Inverse strength of the scale's regularisation; on tiny data it keeps the slopes sane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeSample:
    """Messages a classifier had not seen in training: what it made of each, and the truth.

    ``probability`` is that of the best intent, ``similarity`` that of the nearest training example, ``right`` whether
    the best intent is the true one, ``inside`` whether the message is in scope.
    """

    probability: Floats
    similarity: Floats
    right: Flags
    inside: Flags


def joined(samples: Sequence[ScopeSample]) -> ScopeSample:
    """Return the messages of all ``samples`` as one."""
    return ScopeSample(
        probability=np.concatenate([sample.probability for sample in samples]),
        similarity=np.concatenate([sample.similarity for sample in samples]),
        right=np.concatenate([sample.right for sample in samples]),
        inside=np.concatenate([sample.inside for sample in samples]),
    )


def learn_scale(sample: ScopeSample) -> ScopeScale:
    """Fit the scale to ``sample``, both sides counting the same, and set its threshold.

    The threshold makes (in-scope messages accepted with the right intent) + (out-of-scope messages rejected), each as
    a share of its side, as large as possible: Youden's index, with an accepted wrong intent worth nothing.
    """
    inside = sample.inside
    if inside.all() or not inside.any():
        return UNTAUGHT
    features = np.column_stack([sample.probability, sample.similarity])
    model = LogisticRegression(C=REGULARISATION, class_weight="balanced").fit(features, inside)
    weights, bias = model.coef_[0], float(model.intercept_[0])
    scores = 1 / (1 + np.exp(-(features @ weights + bias)))
    return ScopeScale(
        probability_weight=float(weights[0]),
        similarity_weight=float(weights[1]),
        bias=bias,
        threshold=best_threshold(scores, right=sample.right, inside=inside),
    )


def best_threshold(scores: npt.NDArray[np.float64], *, right: Flags, inside: Flags) -> float:
    """Return the threshold on ``scores`` that maximises the criterion of ``learn_scale``, between two scores."""
    order = np.argsort(scores, kind="stable")
    # Rejecting the i lowest scores loses the right ones among them and gains the outsiders among them.
    lost = np.concatenate([[0], np.cumsum((right & inside)[order])]) / max(1, int(inside.sum()))
    gained = np.concatenate([[0], np.cumsum(~inside[order])]) / max(1, int((~inside).sum()))
    ordered = scores[order]
    # Equal scores can not be told apart by a threshold.
    possible = np.concatenate([[True], ordered[1:] > ordered[:-1], [True]])
    cut = int(np.argmax(np.where(possible, gained - lost, -np.inf)))
    if cut == 0:
        return float(ordered[0]) / 2
    if cut == len(ordered):
        return (float(ordered[-1]) + 1) / 2
    return float(ordered[cut - 1] + ordered[cut]) / 2
