"""Splitting training examples so that nothing is judged by a model that saw it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlu.intents.softmax import Labels


def stratified_folds(labels: Labels, groups: Sequence[str], *, folds: int, seed: int = 0) -> Labels:
    """Assign each example one of ``folds`` folds: equal ``groups`` share one, and each label is spread evenly."""
    chosen: dict[str, int] = {}
    random = np.random.default_rng(seed)
    # Continuing the count from label to label keeps the folds even when labels have fewer examples than folds.
    turn = 0
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        for member in random.permutation(members).tolist():
            if groups[member] not in chosen:
                chosen[groups[member]] = turn % folds
                turn += 1
    return np.array([chosen[group] for group in groups], dtype=np.int64)


def label_groups(count: int, *, groups: int, seed: int = 0) -> Labels:
    """Assign each of ``count`` labels one of ``groups`` groups of about the same size, in a fixed random way."""
    return np.random.default_rng(seed).permutation(np.arange(count) % groups).astype(np.int64)
