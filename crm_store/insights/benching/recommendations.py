"""Recommenders on purchases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from crm_store.insights.benching.figures import Figures
from crm_store.insights.benching.table import DataTable, read_table
from crm_store.insights.recommending.backtest import NothingHeldBack, compare_recommenders

_CUSTOMERS = (
    "customer_id",
    "customer",
    "customerid",
    "account",
    "client_id",
    "user_id",
    "member_number",
    "user",
    "cust_id",
    "customer_no",
    "customer_number",
    "household_key",
    "shopper_id",
    "buyer",
    "client",
    "id",
)
_PRODUCTS = (
    "product_id",
    "product",
    "stockcode",
    "stock_code",
    "sku",
    "item_id",
    "item",
    "itemdescription",
    "description",
    "product_name",
    "productname",
    "article",
    "itemname",
    "item_name",
)
_DATES = ("date", "invoicedate", "invoice_date", "order_date", "purchase_date", "timestamp", "datetime", "day")
_HELD_BACK = 0.2


def bench_recommend(path: Path) -> Figures:
    """Recall, hit rate and NDCG of ten named products, of popularity, similar products and factorisation."""
    table = read_table(path)
    who = table.columns[table.need("the customer", *_CUSTOMERS)]
    what = table.columns[table.need("the product", *_PRODUCTS)]
    kept = _kept(table, who, what)
    notes = [f"{table.rows - len(kept)} lines without a customer or product, or with a quantity that is not positive, "
             "were left out"] if len(kept) < table.rows else []  # fmt: skip
    when = table.find(*_DATES)
    if when is not None:
        days = table.dates(when)
        ordered = sorted(kept, key=lambda line: days[line])
        cut = days[ordered[int(len(ordered) * (1 - _HELD_BACK))]] if ordered else None
        before = [(who[line], what[line]) for line in ordered if cut and days[line] < cut]
        after = [(who[line], what[line]) for line in ordered if cut and days[line] >= cut]
        notes.append(f"learned from purchases before {cut}, judged on products customers first bought after it")
    else:
        before, after = _held_back_at_random([(who[line], what[line]) for line in kept])
        notes.append("no dates: a fifth of every customer's products, drawn at random, was kept back")
    try:
        found, customers = compare_recommenders(before, after)
    except NothingHeldBack as err:
        raise table.unusable("no customer with earlier purchases bought a product that is new to them later") from err
    best = max(found, key=lambda name: found[name].ndcg)
    numbers: dict[str, float | int | None] = {
        "customers": len({customer for customer, _ in before}),
        "products": len({product for _, product in before}),
        "customers_judged": customers,
    }
    for name, hits in found.items():
        numbers |= {
            f"recall_at_10_{name}": hits.recall,
            f"hit_rate_at_10_{name}": hits.hit_rate,
            f"ndcg_at_10_{name}": hits.ndcg,
        }
    numbers["recall_at_10"], numbers["ndcg_at_10"] = found[best].recall, found[best].ndcg
    return Figures(numbers=numbers, choices={"chosen": best}, notes=tuple(notes))


def _kept(table: DataTable, who: Sequence[str], what: Sequence[str]) -> list[int]:
    quantity = table.find("quantity", "qty")
    amounts = table.numbers(quantity) if quantity else [1.0] * table.rows
    return [line for line in range(table.rows) if who[line] and what[line] and amounts[line] > 0]


def _held_back_at_random(pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    random = np.random.default_rng(8)
    products: dict[str, set[str]] = defaultdict(set)
    for customer, product in pairs:
        products[customer].add(product)
    before: list[tuple[str, str]] = []
    after: list[tuple[str, str]] = []
    for customer, owned in products.items():
        for position, product in enumerate(random.permutation(sorted(owned)).tolist()):
            kept_back = position >= 1 and position >= round(len(owned) * (1 - _HELD_BACK))
            (after if kept_back else before).append((customer, product))
    return before, after
