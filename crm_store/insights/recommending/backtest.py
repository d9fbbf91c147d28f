"""Which recommender names what customers went on to buy."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_store.insights.recommending.purchases import Floats, Purchases
from crm_store.insights.recommending.recommenders import RECOMMENDERS, Scorer

NAMED = 10
_CHUNK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """How well the named products met what customers bought later and had not bought before.

    ``recall``: the share of these products that were named; ``hit_rate``: the share of customers of whom at least one
    was named; ``ndcg``: the same, counting more the further up. Means over customers.
    """

    recall: float
    hit_rate: float
    ndcg: float


class NothingHeldBack(ValueError):
    """No customer with a history bought something new later."""


def compare_recommenders(
    before: Sequence[tuple[Hashable, Hashable]], after: Sequence[tuple[Hashable, Hashable]], *, named: int = NAMED
) -> tuple[Mapping[str, Hits], int]:
    """Every recommender fitted on ``before`` and judged on what is new in ``after``, and how many customers that are.

    ``named`` products are named to each customer.
    Raises NothingHeldBack.
    """
    purchases = Purchases.of(before)
    columns = {product: column for column, product in enumerate(purchases.products)}
    known = purchases.baskets()
    wanted: dict[int, set[int]] = {}
    for customer, product in after:
        row, column = purchases.customers.get(customer), columns.get(product)
        if row is not None and column is not None and column not in known[row]:
            wanted.setdefault(row, set()).add(column)
    if not wanted:
        raise NothingHeldBack
    found = {name: _judge(build(purchases), known, wanted, named) for name, build in RECOMMENDERS.items()}
    return found, len(wanted)


def top_new(scores: Floats, known: Sequence[NDArray[np.int32]], count: int) -> NDArray[np.int64]:
    """The ``count`` best products of each row that the customer has not bought, best first."""
    allowed = scores.copy()
    for row, columns in enumerate(known):
        allowed[row, columns] = -np.inf
    count = min(count, allowed.shape[1])
    first = np.argpartition(-allowed, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(allowed, first, axis=1), axis=1, kind="stable")
    return np.take_along_axis(first, order, axis=1)


def _judge(scorer: Scorer, known: Sequence[NDArray[np.int32]], wanted: Mapping[int, set[int]], count: int) -> Hits:
    rows = np.array(sorted(wanted))
    discounts = 1 / np.log2(np.arange(2, count + 2))
    recalls, hits, gains = [], [], []
    for first in range(0, len(rows), _CHUNK):
        chunk = rows[first : first + _CHUNK]
        for row, named in zip(chunk, top_new(scorer(chunk), [known[row] for row in chunk], count), strict=True):
            met = np.array([column in wanted[int(row)] for column in named])
            recalls.append(met.sum() / len(wanted[int(row)]))
            hits.append(bool(met.any()))
            gains.append((met * discounts[: len(met)]).sum() / discounts[: min(count, len(wanted[int(row)]))].sum())
    return Hits(recall=float(np.mean(recalls)), hit_rate=float(np.mean(hits)), ndcg=float(np.mean(gains)))
