"""Complaints, and wishes for refunds and returns."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import select

from actions.call import Command
from actions.customer_wishes import is_to_cancel_an_order
from actions.document_numbers import document_number
from actions.errors import Missing
from actions.orders_meant import numbered
from actions.picking import label_of, talked_about
from actions.registry import skill
from actions.said import own_words
from actions.sign_in_first import CLIENTS, is_visitor, require_proof
from actions.skills.showing_tickets import show_tickets
from actions.ticket_opening import add_message, open_ticket_for, still_open_here
from actions.ticket_sorting import complaint_category_of, priority_of
from actions.turn import Turn
from crm_store.models import Order, OrderStatus, Role, TicketPriority
from crm_store.proof_kinds import DataClass

_WISHES_TO_BUY = re.compile(
    r"\b(?:order|buy|purchase|get)\s+(?:\w+\s+){0,3}?(?:more|another|additional|extra|some|\d+|an?|one|two|three|five|ten)\b"
    r"|\b(?:need|want|like)\s+(?:\w+\s+)?(?:more|another|additional|extra)\b"
    r"|\b(?:buy|purchase)\b|\breorder\b|\bplace (?:an|a new) order\b",
    re.IGNORECASE,
)
_UNHAPPY = re.compile(
    r"\b(?:refund|return|money|back|broken|wrong|missing|damaged|late|never|complain\w*|didn'?t|not|bad|terrible|instead)\b",
    re.IGNORECASE,
)
_ASKS_HOW_IT_STANDS = re.compile(
    r"\bwhat(?:'?s| is) (?:happening|going on|the (?:status|state|latest))\b"
    r"|\b(?:any|some) (?:news|updates?|progress)\b|\bstatus of\b|\bhow is (?:it|my)\b|\bwhere (?:are we|do we stand)\b",
    re.IGNORECASE,
)
CATEGORIES = frozenset({"complaint", "refund", "return"})
_MOST_ORDERS = 6
_SAYS_NOTHING_YET = re.compile(
    r"\W*(?:(?:hi|hello|please|can|could|where|how|do|may|i|we|want|would|wish|need|like|to|make|file|lodge|register"
    r"|raise|have|a|an|the|id|d|complain|complaint)\W+)*(?:complain|complaints?)(?:\W+(?:please|about|now|here))*\W*",
    re.IGNORECASE,
)


@skill(
    "action_complaint",
    audience=CLIENTS,
    instead=dict.fromkeys((Role.REP, Role.MANAGER, Role.SUPPORT), "action_open_ticket"),
)
def complaint(turn: Turn) -> None:
    """Put a complaint on record and say calmly what happens next. Money is never promised: a person decides that."""
    words = own_words(turn)
    reason = turn.call.first("reason")
    if reason is None and _SAYS_NOTHING_YET.fullmatch(words):
        raise Missing("reason", "utter_ask_complaint_reason", free_text=True)
    if reason is not None and reason.casefold() not in words.casefold():
        words = reason
    if reason is None and _WISHES_TO_BUY.search(words) and not _UNHAPPY.search(words):
        _pass_on_wish(turn, words)
        return
    said = turn.call.first("order_number")
    if is_to_cancel_an_order(words):
        _pass_on_cancelling(turn, words)
        return
    order = _own_order(turn, said) if said is not None else None
    category, priority = complaint_category_of(words), priority_of(words)
    known = still_open_here(turn, CATEGORIES)
    if known is not None and turn.contact is not None and _ASKS_HOW_IT_STANDS.search(words):
        turn.call = turn.call.with_entities(Command("show_tickets", {"ticket_number": known.number}))
        show_tickets(turn)
        return
    if known is not None:
        # Somebody who goes on complaining has one case, not five.
        add_message(turn, known.id, words)
        turn.say("utter_complaint_added", ticket=known.number)
    else:
        ticket = open_ticket_for(
            turn,
            subject=reason or words,
            words=words,
            category=category,
            priority=max(priority, TicketPriority.NORMAL, key=list(TicketPriority).index),
            contact=turn.contact,
        )
        if order is not None:
            add_message(turn, ticket.id, turn.words.say("utter_note_order", order=order.number), internal=True)
        turn.say(f"utter_complaint_recorded_{category}", ticket=ticket.number)
    if said is not None and order is None and turn.contact is not None:
        turn.say("utter_complaint_order_unknown", number=(document_number(said, "ORD") or said)[:60])
    if is_visitor(turn):
        turn.say("utter_complaint_leave_address")
    turn.offer(turn.words.label("human"), "talk_to_human")
    if turn.contact is not None:
        turn.offer_undo()


def _pass_on_cancelling(turn: Turn, words: str) -> None:
    """Somebody wants an order cancelled: a person looks whether it has left already."""
    order = _order_to_cancel(turn, words)
    if order is not None and order.status is OrderStatus.CANCELLED:
        turn.say("utter_order_cancelled_already", order=order.number)
        return
    category = "return" if order is not None and order.status is OrderStatus.DELIVERED else "shipping"
    ticket = open_ticket_for(
        turn, subject=words, words=words, category=category, priority=TicketPriority.HIGH, contact=turn.contact
    )
    if order is None:
        turn.say("utter_cancelling_passed_on", ticket=ticket.number)
        if is_visitor(turn):
            turn.say("utter_complaint_leave_address")
        return
    add_message(turn, ticket.id, turn.words.say("utter_note_order", order=order.number), internal=True)
    response = "delivered" if order.status is OrderStatus.DELIVERED else "order"
    turn.say(f"utter_cancelling_of_{response}_passed_on", ticket=ticket.number, order=order.number)
    turn.offer_undo()


def _order_to_cancel(turn: Turn, words: str) -> Order | None:
    """The order named, talked about, or the only one that has not arrived; raises Missing when there are several."""
    if turn.contact is None:
        return None
    require_proof(turn, DataClass.ORDERS)
    said = turn.call.first("order_number")
    if said is not None:
        return numbered(turn, Order, said, "ORD")
    talked, still = talked_about(turn, Order), (OrderStatus.RECEIVED, OrderStatus.PACKED, OrderStatus.SHIPPED)
    if talked is not None and talked.status in still:
        return talked
    query = select(Order).where(Order.contact_id == turn.contact.id, Order.status.in_(still))
    orders = turn.session.scalars(query.order_by(Order.placed_at.desc()).limit(_MOST_ORDERS)).all()
    if len(orders) < 2:
        return orders[0] if orders else talked
    turn.call = replace(turn.call, intent="complaint").with_entities(Command("complaint", {"reason": words}))
    choices = tuple((label_of(turn, each), each.number) for each in orders)
    raise Missing("order_number", "utter_ask_which_order_to_cancel", choices, free_text=True)


def _pass_on_wish(turn: Turn, words: str) -> None:
    """Somebody wants to buy: nothing to be sorry about, and a person makes the offer."""
    ticket = open_ticket_for(
        turn, subject=words, words=words, category="question", priority=TicketPriority.NORMAL, contact=turn.contact
    )
    turn.say("utter_wish_to_buy", ticket=ticket.number)
    if is_visitor(turn):
        turn.say("utter_complaint_leave_address")
    else:
        turn.offer_undo()


def _own_order(turn: Turn, said: str) -> Order | None:
    number = document_number(said, "ORD")
    if number is None or turn.contact is None:
        return None
    return turn.session.scalar(select(Order).where(Order.number == number, Order.contact_id == turn.contact.id))
