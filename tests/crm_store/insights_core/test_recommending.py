"""Recommendations: similar products are found, nothing already bought is named, and popularity is the bar."""

from __future__ import annotations

import numpy as np
import pytest

from crm_store.insights.recommending.backtest import NothingHeldBack, compare_recommenders, top_new
from crm_store.insights.recommending.purchases import Purchases
from crm_store.insights.recommending.recommenders import product_likeness


def _tastes(customers: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Four tastes, each with its own shelf; everybody buys from their own, some bought before and some after."""
    random = np.random.default_rng(4)
    before: list[tuple[str, str]] = []
    after: list[tuple[str, str]] = []
    for number in range(customers):
        shelf = number % 4 * 15
        for position, product in enumerate(random.permutation(15)[:9] + shelf):
            (before if position < 6 else after).append((f"c{number}", f"p{product}"))
    return before, after


def test_tastes_are_found_by_both_methods_and_not_by_popularity() -> None:
    found, customers = compare_recommenders(*_tastes(160))
    assert customers == 160
    assert found["item_item"].recall > 2 * found["popularity"].recall
    assert found["factorisation"].recall > 2 * found["popularity"].recall


def test_nothing_already_bought_is_named() -> None:
    named = top_new(np.array([[5.0, 4.0, 3.0, 2.0]]), [np.array([0, 2], dtype=np.int32)], 2)
    assert named.tolist() == [[1, 3]]


def test_products_bought_by_the_same_customers_are_alike() -> None:
    pairs = [(f"c{n}", p) for n in range(20) for p in (("nut", "bolt") if n % 2 else ("pen", "ink"))]
    purchases = Purchases.of(pairs)
    likeness = product_likeness(purchases)
    column = {name: place for place, name in enumerate(purchases.products)}
    assert likeness[column["nut"], column["bolt"]] == pytest.approx(10 / (10 + 10))
    assert likeness[column["nut"], column["pen"]] == 0
    assert likeness[column["nut"], column["nut"]] == 0


def test_only_new_products_of_known_customers_are_judged() -> None:
    with pytest.raises(NothingHeldBack):
        compare_recommenders([("a", "x"), ("b", "y")], [("a", "x"), ("stranger", "y")])
