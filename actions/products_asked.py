"""Questions about what the company sells: what it is and what it costs, from the catalogue."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.formatting import money_text
from actions.reply import Table
from actions.turn import Turn
from crm_store.models import Product
from crm_store.money import Money

_PRICE = re.compile(
    r"\b(?:price|prices|priced|pricing)\b|\bhow much (?:is|are|for|do(?:es)? .* cost)\b"
    r"|\bwhat (?:do|does|would|is|are)\b.*\bcost\b|\bcost of\b|\bexpensive\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\s*(?:tell me (?:more )?about|what(?:'s| is| are)|info(?:rmation)? (?:on|about)|describe)\b", re.IGNORECASE
)
_CATALOGUE = re.compile(
    r"\b(?:what|which|your|list|all|show)\b.*\bproducts?\b|\bwhat (?:do|can) you sell\b"
    r"|\bproduct (?:list|catalog(?:ue)?)\b|\bprice list\b",
    re.IGNORECASE,
)
_EVERYWHERE = frozenset({"brightwater", "and", "the", "a", "an"})
MOST = 4


def tell_about_products(turn: Turn, question: str) -> bool:
    """Answer from the catalogue when a product's price or description is asked for; whether it did."""
    if _CATALOGUE.search(question):
        products = list(turn.session.scalars(select(Product).order_by(Product.name)))
        if products:
            _show_list(turn, products)
        return bool(products)
    if not _PRICE.search(question) and not _ABOUT.match(question):
        return False
    found = _named(list(turn.session.scalars(select(Product).order_by(Product.id))), question)
    if not found or len(found) > MOST:
        return False
    for product in found:
        turn.card(
            product,
            title=product.name,
            fields={"about": product.description, "price": _price(turn, product)},
        )
    turn.say("utter_price_note")
    return True


def _named(products: list[Product], question: str) -> list[Product]:
    """Those whose names share most words with the question; of several, those named in full."""
    asked = _words(question)
    shared = {product.id: len(_words(product.name) & asked) for product in products}
    most = max(shared.values(), default=0)
    if most == 0:
        return []
    best = [product for product in products if shared[product.id] == most]
    return [product for product in best if _words(product.name) <= asked] or best


def _words(text: str) -> frozenset[str]:
    words = re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", text.casefold())
    return frozenset(word if len(word) < 4 else word.removesuffix("s") for word in words) - _EVERYWHERE


def _price(turn: Turn, product: Product) -> str:
    price = money_text(Money(product.price, product.currency), turn.reading)
    return turn.words.say("utter_price_a_year", price=price) if product.recurring else price


def _show_list(turn: Turn, products: list[Product]) -> None:
    label = turn.words.label
    columns = tuple(
        (label(name)[:1].upper() + label(name)[1:], kind) for name, kind in (("product", "text"), ("price", "number"))
    )
    rows = tuple((product.name, _price(turn, product)) for product in products)
    turn.show(Table(title=turn.words.say("utter_products_title"), columns=columns, rows=rows))  # type: ignore[arg-type]
    turn.say("utter_price_note")
