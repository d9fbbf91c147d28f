"""The recommenders that compete. Each gives every customer's score for every product, in chunks of customers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from crm_store.insights.recommending.purchases import Floats, Purchases

Scorer = Callable[[NDArray[np.int64]], Floats]
"""From rows of customers to their scores (customer, product), higher is better."""

_SHRINKAGE = 10.0
_FACTORS = 32
_ROUNDS = 12
_CONFIDENCE = 20.0
_RIDGE = 5.0


def by_popularity(purchases: Purchases) -> Scorer:
    """What most customers bought."""
    counts = np.asarray(purchases.bought.sum(axis=0), dtype=float).ravel()
    return lambda rows: np.tile(counts, (len(rows), 1))


def by_similar_products(purchases: Purchases) -> Scorer:
    """What was bought by those who bought the same: cosine similarity of products, drawn to 0 where few bought both."""
    likeness = product_likeness(purchases)
    return lambda rows: np.asarray(purchases.bought[rows] @ likeness)


def product_likeness(purchases: Purchases) -> Floats:
    """How alike any two products' customers are (product, product), 0 to 1, and 0 with itself."""
    together = np.asarray((purchases.bought.T @ purchases.bought).todense(), dtype=float)
    buyers = together.diagonal().copy()
    likeness = together / (np.sqrt(np.outer(buyers, buyers)) + _SHRINKAGE)
    np.fill_diagonal(likeness, 0.0)
    return likeness


def by_factors(purchases: Purchases) -> Scorer:
    """Matrix factorisation for implicit feedback by alternating least squares (Hu, Koren & Volinsky 2008)."""
    products = product_factors(purchases)
    customers = place_customers(purchases.bought, products)
    return lambda rows: np.asarray(customers[rows] @ products.T)


def product_factors(purchases: Purchases) -> Floats:
    """The factors of every product (product, factor)."""
    random = np.random.default_rng(8)
    bought = purchases.bought
    factors = min(_FACTORS, max(2, min(bought.shape) // 2))
    products = random.normal(0, 0.1, (bought.shape[1], factors))
    turned = bought.T.tocsr()
    for _ in range(_ROUNDS):
        products = _solve(turned, _solve(bought, products))
    return products


def place_customers(bought: object, products: Floats) -> Floats:
    """The factors of customers, by what they bought (rows of a CSR matrix) and the products' factors."""
    return _solve(bought, products)


def _solve(bought: object, others: Floats) -> Floats:
    """The factors of every row, given those of the columns."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - SciPy takes a while to import

    matrix = csr_matrix(bought)
    base = others.T @ others + _RIDGE * np.eye(others.shape[1])
    found = np.zeros((matrix.shape[0], others.shape[1]))
    for row in range(matrix.shape[0]):
        mine = others[matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]]
        if len(mine):
            found[row] = np.linalg.solve(base + _CONFIDENCE * mine.T @ mine, (1 + _CONFIDENCE) * mine.sum(axis=0))
    return found


RECOMMENDERS: dict[str, Callable[[Purchases], Scorer]] = {
    "popularity": by_popularity,
    "item_item": by_similar_products,
    "factorisation": by_factors,
}
