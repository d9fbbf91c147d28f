"""Which order or invoice somebody means: their own, or, for support agents, those of a customer they name."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, select

from actions.document_numbers import Prefix, document_number
from actions.errors import Missing, refused
from actions.resolving import by_ref, resolve_account, resolve_contact
from actions.turn import Turn
from crm_store.models import Invoice, Order, OrderLine, Product
from crm_store.names import name_key

D = TypeVar("D", Order, Invoice)


def numbered(turn: Turn, cls: type[D], said: str, prefix: Prefix) -> D:
    """The document of this number, if it is there for the asker; raises Refused.

    The store shows customers their own only, so the answer is the same for a number that does not exist and for one
    that is somebody else's.
    """
    number = document_number(said, prefix)
    found = turn.session.scalar(select(cls).where(cls.number == number)) if number is not None else None
    if found is None or not is_theirs(turn, found):
        staff = "_staff" if turn.actor.is_staff else ""
        raise refused(f"utter_no_such_{cls.kind}{staff}", number=(number or said)[:60])
    return found


def referred(turn: Turn, cls: type[D]) -> D | None:
    """The document a button names."""
    record = by_ref(turn, turn.call.first("ref"), cls.kind)
    return record if isinstance(record, cls) and is_theirs(turn, record) else None


def is_theirs(turn: Turn, record: Order | Invoice) -> bool:
    """Whether the asker may be told about it: a second lock behind the store's own."""
    return turn.actor.is_staff or (turn.contact is not None and record.contact_id == turn.contact.id)


def of_customer(turn: Turn, cls: type[D]) -> Select[D]:
    """The documents of the asking customer, or of the customer a support agent names; raises Missing when none is."""
    query = select(cls)
    if turn.contact is not None:
        return query.where(cls.contact_id == turn.contact.id)
    contact = resolve_contact(turn)
    if contact is not None:
        return query.where(cls.contact_id == contact.id)
    account = resolve_account(turn)
    if account is not None:
        return query.where(cls.account_id == account.id)
    raise Missing("account", "utter_ask_whose_order", free_text=True)


def holds_product(said: str) -> ColumnElement[bool]:
    """The condition that an order has a line with a product of such a name ("tablet", "RT-8")."""
    key = name_key(said).removesuffix("s")
    lines = select(OrderLine.order_id).join(Product).where(func.lower(Product.name).contains(key, autoescape=True))
    return Order.id.in_(lines)
