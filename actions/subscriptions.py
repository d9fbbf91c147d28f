"""What somebody subscribes to, as far as their orders say: products billed every year, and until when they are paid."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from actions.errors import refused
from actions.formatting import date_text
from actions.orders_meant import of_customer
from actions.reply import Table
from actions.turn import Turn
from crm_store.models import Order, OrderLine, OrderStatus, Product

_ASKED = re.compile(
    r"\bsubscri\w*|\blicen[cs]es?\b|\brenew\w*|\b(?:my|our|which|what|the|current) (?:\w+ )?plan\b|\bseats\b"
    r"|\bdo we still have\b",
    re.IGNORECASE,
)


def is_about_subscriptions(said: str) -> bool:
    """Whether a question about orders means what runs on and is paid every year."""
    return bool(_ASKED.search(said))


def show_subscriptions(turn: Turn) -> None:
    """What the customer subscribes to, what has ended, and when each is due; raises Refused when there is nothing."""
    own = of_customer(turn, Order).where(Order.status != OrderStatus.CANCELLED).subquery()
    query = (
        select(OrderLine, Order.placed_at)
        .join(Product, OrderLine.product_id == Product.id)
        .join(Order, OrderLine.order_id == Order.id)
        .where(Order.id.in_(select(own.c.id)), Product.recurring)
        .order_by(Order.placed_at)
        .options(joinedload(OrderLine.product))
    )
    latest: dict[str, tuple[int, date]] = {}
    for line, placed_at in turn.session.execute(query):
        # A later order of the same product renews it.
        latest[line.product.name] = (line.quantity, placed_at.astimezone(turn.reading.zone).date())
    if not latest:
        raise refused("utter_no_subscriptions" if turn.contact is not None else "utter_no_subscriptions_staff")
    label = turn.words.label
    names = ("product", "quantity", "since", "paid_until", "status")
    rows = []
    for name, (quantity, since) in sorted(latest.items()):
        until = _a_year_later(since)
        active = label("subscription_active" if until >= turn.reading.today else "subscription_ended")
        rows.append((name, str(quantity), date_text(since, turn.reading), date_text(until, turn.reading), active))
    turn.show(
        Table(
            title=turn.words.say("utter_subscriptions_title"),
            columns=tuple((label(name)[:1].upper() + label(name)[1:], "text") for name in names),
            rows=tuple(rows),
        )
    )


def _a_year_later(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + 1, day=28)
