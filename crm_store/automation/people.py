"""Whom a rule means: its owner, the record's owner, their manager or team, a role, or somebody by name."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.base import Record
from crm_store.models import Account, Activity, Contact, Deal, Invoice, Order, Role, Task, Ticket, User
from crm_store.names import name_key


def owner_id_of(record: Record) -> int | None:
    """Whose record it is: its owner's or assignee's, else the owner's of the company it belongs to."""
    match record:
        case Deal() | Activity() | Account():
            return record.owner_id
        case Task():
            return record.assignee_id
        case Ticket():
            return record.assignee_id or (record.account.owner_id if record.account else None)
        case Contact() | Order() | Invoice():
            return record.account.owner_id if record.account else None
    owner: int | None = getattr(record, "owner_id", None)
    return owner


def people_meant(session: Session, who: str, *, record: Record, rule_owner_id: int) -> list[int]:
    """The active users ``who`` stands for; empty when there are none."""
    said = name_key(who)
    active = select(User.id).where(User.active.is_(True)).order_by(User.id)
    if said in {"me", "rule owner"}:
        return [rule_owner_id]
    owner_id = owner_id_of(record)
    owner = session.get(User, owner_id) if owner_id is not None else None
    if said == "owner":
        return list(session.scalars(active.where(User.id == owner_id)))
    if said == "manager":
        # Who has nobody above them is told themselves rather than nobody.
        return [owner.manager_id or owner.id] if owner is not None else []
    if said == "team":
        if owner is None or owner.team_id is None:
            return []
        return list(session.scalars(active.where(User.team_id == owner.team_id)))
    if said in {role.value for role in Role}:
        return list(session.scalars(active.where(User.role == Role(said))))
    return list(session.scalars(active.where((User.handle == who.casefold()) | (User.name_key == said)).limit(1)))
