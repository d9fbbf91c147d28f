"""Customers grouped by k-means: how many groups, how clearly they part, and what sets each apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from crm_store.insights.scoring.events import Floats, Ints

LEAST = 40
_SAMPLE = 1_500
_STABLE = 0.8
_KS = range(2, 8)
_REPEATS = 4
DIMENSIONS = ("quiet", "often", "order_value", "tenure")


class TooFewCustomers(ValueError):
    """There are not enough customers to group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One group: its size, the middle value of each dimension, and where that lies among all (-1, 0 or 1: the lowest
    third, the middle, the highest).
    """

    size: int
    middles: dict[str, float]
    levels: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustering:
    """Every customer's group. ``silhouette`` (-1 to 1) says how clearly groups part; ``stability`` (adjusted Rand
    index, at most 1) how alike the groups come out on other halves of the customers. ``tried``: both for every k.
    """

    labels: Ints
    clusters: tuple[Cluster, ...]
    silhouette: float
    stability: float
    tried: dict[int, tuple[float, float]]


def cluster(quiet: Floats, orders: Floats, order_value: Floats, tenure: Floats) -> Clustering:
    """Group customers by days since the last order, number of orders, worth of an order and days since the first.

    k is the one with the clearest groups among those that come out alike on halves of the customers (0.8 and more), or
    the most stable where none does. The groups are in the order of what their customers spent. Raises TooFewCustomers.
    """
    from sklearn.cluster import KMeans  # noqa: PLC0415 - a second to import, and only for scores

    if len(quiet) < LEAST:
        raise TooFewCustomers
    values = np.log1p(np.maximum(np.stack([quiet, orders, order_value, tenure], axis=1), 0.0))
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    random = np.random.default_rng(8)
    sample = scaled[random.choice(len(scaled), min(_SAMPLE, len(scaled)), replace=False)]
    tried = {k: _quality(sample, k, random) for k in _KS if len(np.unique(sample, axis=0)) > k}
    if not tried:
        raise TooFewCustomers
    stable = {k: found for k, found in tried.items() if found[1] >= _STABLE}
    best = max(stable, key=lambda k: stable[k][0]) if stable else max(tried, key=lambda k: tried[k][1])
    fitted: Any = KMeans(best, n_init=5, random_state=8).fit(sample)
    labels = fitted.predict(scaled).astype(np.int64)
    spent = orders * order_value
    ranked = sorted(
        range(best), key=lambda each: -float(np.mean(spent[labels == each])) if (labels == each).any() else 0
    )
    place = np.argsort(ranked)
    labels = place[labels]
    raw = {"quiet": quiet, "often": orders, "order_value": order_value, "tenure": tenure}
    clusters = tuple(_describe(raw, labels == each) for each in range(best))
    return Clustering(
        labels=labels, clusters=clusters, silhouette=tried[best][0], stability=tried[best][1], tried=tried
    )


def _quality(sample: Floats, k: int, random: np.random.Generator) -> tuple[float, float]:
    from sklearn.cluster import KMeans  # noqa: PLC0415
    from sklearn.metrics import adjusted_rand_score, silhouette_score  # noqa: PLC0415

    labels = KMeans(k, n_init=3, random_state=8).fit_predict(sample)
    alike = []
    for seed in range(_REPEATS):
        half = random.permutation(len(sample))[: len(sample) // 2]
        other = KMeans(k, n_init=3, random_state=seed).fit(sample[half]).predict(sample)
        alike.append(adjusted_rand_score(labels, other))
    return float(silhouette_score(sample, labels)), float(np.mean(alike))


def _describe(raw: dict[str, Floats], chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Cluster:
    middles = {name: float(np.median(values[chosen])) if chosen.any() else 0.0 for name, values in raw.items()}
    levels = {}
    for name, values in raw.items():
        low, high = np.quantile(values, [1 / 3, 2 / 3])
        levels[name] = -1 if middles[name] < low else 1 if middles[name] > high else 0
    return Cluster(size=int(chosen.sum()), middles=middles, levels=levels)
