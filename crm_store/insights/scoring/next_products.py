"""What to offer each customer next, by the recommender that named best what customers went on to buy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.insights.dialects import DayNumber
from crm_store.insights.recommending.backtest import Hits, NothingHeldBack, compare_recommenders, top_new
from crm_store.insights.recommending.purchases import Purchases
from crm_store.insights.recommending.recommenders import RECOMMENDERS, product_likeness
from crm_store.insights.scoring.events import Floats, Ints
from crm_store.insights.scoring.number_columns import number_columns
from crm_store.models import Order, OrderLine, OrderStatus, Product

NAMED = 3
HELD_BACK = 182
_LEAST_JUDGED = 20
_MOST_PRODUCTS = 2_000
_MOST_JUDGED = 2_000
_MOST_CUSTOMERS_FACTORED = 5_000
_CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A product for a customer. Of those who bought ``because`` (0: no reason but popularity) ``share`` bought it too,
    of all customers ``base``.
    """

    product: int
    score: float
    because: int
    share: float
    base: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NextProducts:
    """The chosen recommender, how every one did on the last half year, and what to offer.

    ``hits`` are of three named products; ``judged`` customers bought something new in that time.
    """

    chosen: str
    hits: dict[str, Hits]
    judged: int
    offers: dict[int, list[Offer]]


def bought_products(session: Session) -> Ints:
    """(account, product, first day) of everything bought, products no longer sold left out."""
    query = (
        select(Order.account_id, OrderLine.product_id, DayNumber(Order.placed_at))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(Order.status != OrderStatus.CANCELLED)
    )
    table = number_columns(session, query)
    order = np.lexsort((table[:, 2], table[:, 1], table[:, 0]))
    table = table[order]
    new = np.ones(len(table), dtype=bool)
    new[1:] = (table[1:, 0] != table[:-1, 0]) | (table[1:, 1] != table[:-1, 1])
    return table[new]


def next_products(bought: Ints, *, today: date) -> NextProducts:
    """What to offer everybody who bought something; raises NothingHeldBack when no recommender can be judged.

    Recommenders are compared on products first bought in the last half year, over at most 2,000 customers. One that
    does not beat naming what most buy is not taken.
    """
    counts = np.unique(bought[:, 1], return_counts=True)
    common = counts[0][np.argsort(-counts[1], kind="stable")[:_MOST_PRODUCTS]]
    bought = bought[np.isin(bought[:, 1], common)]
    hits, judged = _compare(bought, today.toordinal() - HELD_BACK)
    chosen = max(hits, key=lambda name: (round(hits[name].hit_rate, 3), name == "popularity", name == "item_item"))
    purchases = _as_matrix(bought)
    return NextProducts(chosen=chosen, hits=hits, judged=judged, offers=dict(_offers(purchases, chosen)))


def _compare(bought: Ints, cut: int) -> tuple[dict[str, Hits], int]:
    before, after = bought[bought[:, 2] <= cut], bought[bought[:, 2] > cut]
    # Those who bought something new, and as many others as make the picture whole.
    known = np.intersect1d(np.unique(before[:, 0]), np.unique(after[:, 0]))
    if len(known) < _LEAST_JUDGED:
        raise NothingHeldBack
    random = np.random.default_rng(8)
    if len(known) > _MOST_JUDGED:
        known = random.choice(known, _MOST_JUDGED, replace=False)
    others = np.setdiff1d(np.unique(before[:, 0]), known)
    if len(others) > _MOST_JUDGED:
        others = random.choice(others, _MOST_JUDGED, replace=False)
    everybody = np.concatenate([known, others])
    seen = before[np.isin(before[:, 0], everybody)]
    later = after[np.isin(after[:, 0], known)]
    found, judged = compare_recommenders(_pairs(seen), _pairs(later), named=NAMED)
    if judged < _LEAST_JUDGED:
        raise NothingHeldBack
    return dict(found), judged


def _pairs(rows: Ints) -> list[tuple[int, int]]:
    return [(int(customer), int(product)) for customer, product in rows[:, :2]]


def _as_matrix(bought: Ints) -> Purchases:
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - SciPy takes a while to import

    customers, rows = np.unique(bought[:, 0], return_inverse=True)
    products, columns = np.unique(bought[:, 1], return_inverse=True)
    matrix = csr_matrix((np.ones(len(bought)), (rows, columns)), shape=(len(customers), len(products)))
    return Purchases(
        customers={int(each): row for row, each in enumerate(customers)},
        products=tuple(int(each) for each in products),
        bought=matrix,
    )


def _offers(purchases: Purchases, chosen: str) -> Iterator[tuple[int, list[Offer]]]:
    bought = purchases.bought
    together = np.asarray((bought.T @ bought).todense(), dtype=float)
    buyers = together.diagonal()
    base = buyers / bought.shape[0]
    share = together / np.maximum(buyers, 1.0)[:, None]  # (because, product)
    likeness = product_likeness(purchases)
    scorer = _scorer(purchases, chosen)
    # They are numbers here, but a matrix of purchases may name its rows and columns by anything.
    customers: list[Any] = list(purchases.customers)
    products: Any = purchases.products
    baskets = purchases.baskets()
    for first in range(0, len(customers), _CHUNK):
        rows = np.arange(first, min(first + _CHUNK, len(customers)))
        scores = scorer(rows)
        best = top_new(scores, [baskets[row] for row in rows], NAMED)
        for place, row in enumerate(rows):
            own = baskets[row]
            offers = []
            for column in best[place][: len(base) - len(own)]:
                because = int(own[int(np.argmax(likeness[own, column]))])
                offers.append(
                    Offer(
                        product=int(products[column]),
                        score=float(scores[place, column]),
                        because=int(products[because]) if chosen != "popularity" else 0,
                        share=float(share[because, column]),
                        base=float(base[column]),
                    )
                )
            yield int(customers[row]), offers


def _scorer(purchases: Purchases, chosen: str) -> Any:
    """The recommender over everybody; matrix factorisation learns the products from some and places the others."""
    if chosen != "factorisation" or len(purchases.customers) <= _MOST_CUSTOMERS_FACTORED:
        return RECOMMENDERS[chosen](purchases)
    from crm_store.insights.recommending.recommenders import place_customers, product_factors  # noqa: PLC0415

    some = np.sort(np.random.default_rng(8).choice(len(purchases.customers), _MOST_CUSTOMERS_FACTORED, replace=False))
    part = Purchases(
        customers={int(row): place for place, row in enumerate(some)},
        products=purchases.products,
        bought=purchases.bought[some],
    )
    factors: Floats = product_factors(part)
    return lambda rows: place_customers(purchases.bought[rows], factors) @ factors.T
