"""Orders: where they are."""

from __future__ import annotations

from sqlalchemy import Select

from actions.cards import show_order
from actions.errors import refused
from actions.formatting import day_text
from actions.orders_meant import holds_product, numbered, of_customer, referred
from actions.periods import end_of, start_of
from actions.registry import SALES, skill
from actions.said import said_date
from actions.sign_in_first import CLIENTS, SUPPORT, require_proof
from actions.subscriptions import is_about_subscriptions, show_subscriptions
from actions.turn import Turn
from crm_store.models import Order, OrderStatus
from crm_store.proof_kinds import DataClass
from nlu.values import read_when

MAX_CARDS = 3
_UNDER_WAY = (OrderStatus.RECEIVED, OrderStatus.PACKED, OrderStatus.SHIPPED)
_POOL = 50


@skill("action_order_status", audience=CLIENTS | SUPPORT | SALES)
def order_status(turn: Turn) -> None:
    """Where the named order is, else those under way, else the latest one."""
    require_proof(turn, DataClass.ORDERS)
    said = turn.call.first("order_number")
    if said is None and is_about_subscriptions(turn.call.words):
        show_subscriptions(turn)
        return
    order = referred(turn, Order) or (numbered(turn, Order, said, "ORD") if said is not None else None)
    if order is not None:
        _tell(turn, order)
        return
    orders = _orders_meant(turn)
    under_way = [each for each in orders if each.status in _UNDER_WAY]
    if not under_way:
        turn.say("utter_no_order_under_way")
        _tell(turn, orders[0])
        return
    if len(under_way) == 1:
        _tell(turn, under_way[0])
        return
    turn.say("utter_orders_under_way", orders=turn.words.counted("order", len(under_way)))
    for each in under_way[:MAX_CARDS]:
        show_order(turn, each)
    left_out = len(under_way) - MAX_CARDS
    if left_out > 0:
        turn.say("utter_more_orders", n=str(left_out))


def _orders_meant(turn: Turn) -> list[Order]:
    """The customer's orders that fit what was said, newest first; when none fits, that is said and all are taken."""
    query = of_customer(turn, Order).order_by(Order.placed_at.desc(), Order.id.desc()).limit(_POOL)
    fitting = list(turn.session.scalars(_narrowed(turn, query)))
    if fitting:
        return fitting
    orders = list(turn.session.scalars(query))
    if not orders:
        raise refused("utter_no_orders" if turn.contact is not None else "utter_no_orders_staff")
    turn.say("utter_no_order_like_that")
    return orders


def _narrowed(turn: Turn, query: Select[Order]) -> Select[Order]:
    product = turn.call.first("product")
    if product is not None:
        query = query.where(holds_product(product))
    said = said_date(turn)
    when = read_when(said, turn.reading, prefer="past") if said else None
    if when is not None and when.last_day <= turn.reading.today:
        # "will it be here on Friday" names a day to come, which says nothing about when it was ordered.
        query = query.where(
            Order.placed_at >= start_of(when, turn.reading), Order.placed_at < end_of(when, turn.reading)
        )
    return query


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
