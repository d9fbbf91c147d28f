"""Orders: where they are."""

from __future__ import annotations

import re

from actions.cards import show_order
from actions.errors import refused
from actions.formatting import day_text
from actions.listing import remember_listed
from actions.orders_meant import holds_product, numbered, of_customer, referred
from actions.pending import ask
from actions.periods import end_of, start_of
from actions.picking import label_of, order_before, talked_about
from actions.registry import SALES, skill
from actions.said import said_date
from actions.sign_in_first import CLIENTS, SUPPORT, require_proof
from actions.subscriptions import is_about_subscriptions, show_subscriptions
from actions.turn import Turn
from crm_store.models import Invoice, Order, OrderStatus
from crm_store.proof_kinds import DataClass
from nlu.values import When, read_when

MAX_CARDS = 3
MAX_CHOICES = 6
_UNDER_WAY = (OrderStatus.RECEIVED, OrderStatus.PACKED, OrderStatus.SHIPPED)
_POOL = 50
_NAMES_ORDERS = re.compile(
    r"\b(?:orders?|parcels?|packages?|shipments?|deliver(?:y|ies)|things?|stuff|items?|everything|all|any|they|them)\b",
    re.IGNORECASE,
)


@skill("action_order_status", audience=CLIENTS | SUPPORT | SALES)
def order_status(turn: Turn) -> None:
    """Where the named order is, else those under way, else the latest one."""
    require_proof(turn, DataClass.ORDERS)
    said = turn.call.first("order_number")
    if said is None and is_about_subscriptions(turn.call.words):
        show_subscriptions(turn)
        return
    order = referred(turn, Order) or (numbered(turn, Order, said, "ORD") if said is not None else _it(turn))
    if order is not None:
        _tell(turn, order)
        return
    orders, narrowed = _orders_meant(turn)
    under_way = [each for each in orders if each.status in _UNDER_WAY]
    if narrowed and _past(turn) is not None:
        # "The one from October" need not be on its way.
        under_way = under_way if len(orders) == len(under_way) else []
    if len(under_way) == 1:
        _tell(turn, under_way[0])
    elif under_way:
        _list(turn, under_way)
    elif narrowed and len(orders) > 1:
        remember_listed(turn, orders)
        turn.say("utter_ask_which_order", orders=turn.words.counted("order", len(orders)))
        choices = tuple((label_of(turn, each), str(each.ref)) for each in orders[:MAX_CHOICES])
        ask(turn, fill="ref", choices=choices)
    else:
        if not narrowed:
            turn.say("utter_no_order_under_way")
        _tell(turn, orders[0])


def _it(turn: Turn) -> Order | None:
    """The order talked about last, or that of the invoice, when the message names none: "where is it?"."""
    call = turn.call
    if call.first("product") or said_date(turn) or _NAMES_ORDERS.search(call.text) or not call.text.strip():
        return None
    invoice = talked_about(turn, Invoice)
    if invoice is not None and invoice.order_id is not None:
        return turn.session.get(Order, invoice.order_id)
    return talked_about(turn, Order) or order_before(turn)


def _list(turn: Turn, orders: list[Order]) -> None:
    turn.say("utter_orders_under_way", orders=turn.words.counted("order", len(orders)))
    remember_listed(turn, orders)
    for each in orders[:MAX_CARDS]:
        show_order(turn, each)
    left_out = len(orders) - MAX_CARDS
    if left_out > 0:
        turn.say("utter_more_orders", n=str(left_out))
    for each in orders[:MAX_CHOICES]:
        turn.offer(label_of(turn, each), "order_status", ref=str(each.ref))


def _orders_meant(turn: Turn) -> tuple[list[Order], bool]:
    """The customer's orders that fit what was said, newest first, and whether anything but whose they are was said.

    When none fits, that is said and all are taken.
    """
    query = of_customer(turn, Order).order_by(Order.placed_at.desc(), Order.id.desc()).limit(_POOL)
    product, when = turn.call.first("product"), _past(turn)
    narrowed = query if product is None else query.where(holds_product(product))
    if when is not None:
        narrowed = narrowed.where(
            Order.placed_at >= start_of(when, turn.reading), Order.placed_at < end_of(when, turn.reading)
        )
    fitting = list(turn.session.scalars(narrowed))
    if fitting:
        return fitting, product is not None or when is not None
    orders = list(turn.session.scalars(query))
    if not orders:
        raise refused("utter_no_orders" if turn.contact is not None else "utter_no_orders_staff")
    turn.say("utter_no_order_like_that")
    return orders, False


def _past(turn: Turn) -> When | None:
    """The time a message names, when orders may have been placed then.

    "Will it be here on Friday" names a day to come, which says nothing about when it was ordered.
    """
    said = said_date(turn)
    when = read_when(said, turn.reading, prefer="past") if said else None
    return when if when is not None and when.last_day <= turn.reading.today else None


def _tell(turn: Turn, order: Order) -> None:
    turn.focus_on(order)
    reading = turn.reading
    delivered = order.delivered_at.astimezone(reading.zone).date() if order.delivered_at else None
    expected = order.expected_on
    turn.say(f"utter_order_is_{order.status.value}", order=order.number)
    late = order.status in _UNDER_WAY and expected is not None and expected < reading.today
    if expected is not None and order.status in _UNDER_WAY:
        turn.say("utter_order_late" if late else "utter_order_expected", day=day_text(expected, reading))
    elif delivered is not None:
        turn.say("utter_order_delivered_on", day=day_text(delivered, reading))
    show_order(turn, order)
    turn.offer(turn.words.label("intent_invoice_copy"), "invoice_copy", ref=str(order.ref))
    if turn.contact is not None:
        turn.offer(turn.words.label("report_problem"), "open_ticket")
