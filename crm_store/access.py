"""Who may see and change what. Applied by the unit of work to every query and every flush, so no handler can forget.

Rows that belong to a record (a deal's lines, stage history and scores, an order's lines, a ticket's messages, its
addresses) are seen by those who see the record; a company's scores by staff only.

| actor | deals, activities, tasks | accounts, contacts | orders, invoices, tickets |
|---|---|---|---|
| rep, manager | of the users they may see | all | all |
| support agent | own activities and tasks, no deals | all | all |
| marketer | own activities and tasks, no deals | all | none |
| admin, system | all | all | all |
| customer | none | only themselves and their own company | only their own |
| not identified | none | none | none |

Of their own data a customer sees only the kinds their proof of identity opens (``Actor.withheld``).
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, false, inspect, or_, select
from sqlalchemy.orm import Session, with_loader_criteria

from crm_store.actors import Actor, ActorKind
from crm_store.models import (
    Account,
    AccountScore,
    Activity,
    Address,
    Article,
    Contact,
    Deal,
    DealLine,
    DealScore,
    DealSnapshot,
    Invoice,
    Order,
    OrderLine,
    Product,
    Quota,
    Record,
    Role,
    StageChange,
    Task,
    Ticket,
    TicketMessage,
    User,
)
from crm_store.proof_kinds import DataClass
from crm_store.row_filter import RowFilter

_SALES = frozenset({Role.REP, Role.MANAGER})


_CLASSES: dict[DataClass, tuple[type[Any], ...]] = {
    DataClass.ORDERS: (Order, OrderLine),
    DataClass.INVOICES: (Invoice,),
    DataClass.TICKETS: (Ticket, TicketMessage),
    DataClass.ADDRESSES: (Address,),
}


class Permission(Enum):
    """May the actor change a record: at once, only after a confirmation, or not at all."""

    YES = "yes"
    CONFIRM = "confirm"
    NO = "no"


def visible_owner_ids(session: Session, user: User, *, rep_sees_team: bool) -> frozenset[int]:
    """The users whose deals, tasks and activities ``user`` may see, themselves included.

    A manager sees everybody who reports to them, directly or through others; a rep sees their team where configured.
    """
    ids = {user.id}
    if user.role is Role.MANAGER:
        frontier = {user.id}
        while frontier:
            reports = set(session.scalars(select(User.id).where(User.manager_id.in_(frontier))))
            frontier = reports - ids
            ids |= frontier
    elif user.role is Role.REP and rep_sees_team and user.team_id is not None:
        ids |= set(session.scalars(select(User.id).where(User.team_id == user.team_id, User.role == Role.REP)))
    return frozenset(ids)


def user_actor(session: Session, user: User, *, rep_sees_team: bool) -> Actor:
    """The actor a colleague is, with what they may see."""
    return Actor(
        kind=ActorKind.USER,
        id=user.id,
        role=user.role,
        visible_owner_ids=visible_owner_ids(session, user, rep_sees_team=rep_sees_team),
    )


HIDE_DELETED = RowFilter(
    with_loader_criteria(cls, cls.deleted_at.is_(None), include_aliases=True)
    for cls in (Account, Contact, Address, Deal, Activity, Task, Order, Invoice, Ticket, Article, Product)
)
"""Added to every SELECT, so that a record marked deleted is gone for everybody."""


@lru_cache(maxsize=256)  # the same option objects again and again let SQLAlchemy find its compiled statement quickly
def row_criteria(actor: Actor) -> RowFilter:
    """What is added to every SELECT made for ``actor`` that may find what is marked deleted."""
    return RowFilter(
        with_loader_criteria(cls, criterion, include_aliases=True) for cls, criterion in _row_criteria(actor).items()
    )


@lru_cache(maxsize=256)
def live_row_criteria(actor: Actor) -> RowFilter:
    """What is added to every other SELECT made for ``actor``."""
    return HIDE_DELETED + row_criteria(actor)


def _row_criteria(actor: Actor) -> dict[type[Any], ColumnElement[bool]]:
    if actor.sees_all:
        return {}
    if actor.kind is ActorKind.USER:
        return _staff_criteria(actor)
    contact_id = actor.id if actor.kind is ActorKind.CONTACT else -1
    account_id = actor.account_id if actor.kind is ActorKind.CONTACT and actor.account_id is not None else -1
    hidden = {cls: false() for kind in actor.withheld for cls in _CLASSES[kind]}
    own = {
        Deal: false(),
        DealLine: false(),
        StageChange: false(),
        DealScore: false(),
        DealSnapshot: false(),
        AccountScore: false(),
        Activity: false(),
        Task: false(),
        Quota: false(),
        Account: Account.id == account_id,
        Contact: Contact.id == contact_id,
        Address: or_(Address.contact_id == contact_id, Address.account_id == account_id),
        Order: Order.contact_id == contact_id,
        OrderLine: OrderLine.order_id.in_(_ids_of(Order, Order.contact_id == contact_id)),
        Invoice: Invoice.contact_id == contact_id,
        Ticket: Ticket.contact_id == contact_id,
        TicketMessage: TicketMessage.internal.is_(False)
        & TicketMessage.ticket_id.in_(_ids_of(Ticket, Ticket.contact_id == contact_id)),
    }
    return own | hidden


def _staff_criteria(actor: Actor) -> dict[type[Any], ColumnElement[bool]]:
    owners = sorted(actor.visible_owner_ids)
    sells = actor.role in _SALES
    visible_deals = _ids_of(Deal, Deal.owner_id.in_(owners))
    criteria: dict[type[Any], ColumnElement[bool]] = {
        Deal: Deal.owner_id.in_(owners) if sells else false(),
        DealLine: DealLine.deal_id.in_(visible_deals) if sells else false(),
        StageChange: StageChange.deal_id.in_(visible_deals) if sells else false(),
        DealScore: DealScore.deal_id.in_(visible_deals) if sells else false(),
        DealSnapshot: DealSnapshot.deal_id.in_(visible_deals) if sells else false(),
        Activity: Activity.owner_id.in_(owners) if sells else Activity.owner_id == actor.id,
        Task: or_(Task.assignee_id.in_(owners), Task.creator_id == actor.id) if sells else Task.assignee_id == actor.id,
        Quota: Quota.user_id.in_(owners) if sells else false(),
    }
    if actor.role is Role.MARKETER:
        criteria |= {cls: false() for cls in (Order, OrderLine, Invoice, Ticket, TicketMessage)}
    return criteria


def _ids_of(cls: type[Any], criterion: ColumnElement[bool]) -> Select[int]:
    # On the table, below the session's filters: a criterion that is itself filtered would be filtered without end.
    return select(cls.__table__.c.id).where(criterion)


def permission_to_write(actor: Actor, record: Record) -> Permission:
    """Whether ``actor`` may change ``record``, which they can see.

    Judged by the record as it is stored: nobody gets hold of a record by first making themselves its owner.
    """
    if actor.kind is ActorKind.SYSTEM or actor.role is Role.ADMIN:
        return Permission.YES
    if actor.kind is ActorKind.USER:
        return _staff_permission(actor, record)
    if actor.kind is ActorKind.ANONYMOUS:
        # Somebody unknown may leave a request, and never reads it back.
        return Permission.YES if isinstance(record, Ticket) and record.contact_id is None else Permission.NO
    own = (isinstance(record, Ticket) and _stored(record, "contact_id") == actor.id) or (
        isinstance(record, Contact) and record.id == actor.id
    )
    return Permission.YES if own else Permission.NO


def _staff_permission(actor: Actor, record: Record) -> Permission:
    owner_id: int | None
    match record:
        case Deal():
            if actor.role not in _SALES:
                return Permission.NO
            owner_id = _stored(record, "owner_id")
        case Activity() | Account():
            owner_id = _stored(record, "owner_id")
        case Task():
            owner_id = _stored(record, "assignee_id")
            if _stored(record, "creator_id") == actor.id:
                owner_id = actor.id
        case Contact() | Address():
            owner_id = None
        case Ticket():
            return Permission.YES
        case User():
            return Permission.YES if record.id == actor.id else Permission.NO
        case Article():
            return Permission.YES if actor.role in {Role.SUPPORT, Role.MANAGER, Role.MARKETER} else Permission.NO
        case _:
            return Permission.NO
    if owner_id is None or owner_id == actor.id:
        return Permission.YES
    if isinstance(record, Account) or owner_id in actor.visible_owner_ids:
        return Permission.CONFIRM
    return Permission.NO


def _stored(record: Record, pointer: str) -> int | None:
    """Where a pointer led before this unit of work changed it; for a new record, where it leads."""
    history = inspect(record).attrs[pointer].history
    if history.deleted:
        stored: int | None = history.deleted[0]
        return stored
    found: int | None = getattr(record, pointer)
    if found is None and record.id is None:
        # A new record may be given its owner as an object; the number follows only at the flush.
        target = getattr(record, pointer.removesuffix("_id"))
        return None if target is None else int(target.id)
    return found
