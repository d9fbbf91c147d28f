"""One line that tells a record from its neighbours, for choice buttons and lists."""

from __future__ import annotations

from crm_store.models import (
    Account,
    Activity,
    Address,
    Article,
    Contact,
    Deal,
    Invoice,
    Order,
    Product,
    Record,
    Task,
    Ticket,
    User,
)


def describe_briefly(record: Record) -> str:
    """A short name of any record, at most 70 characters."""
    match record:
        case Deal():
            amount = f" · {record.money.amount:,.0f} {record.money.currency}" if record.money else ""
            text = f"{record.name} ({record.account.name}{amount})"
        case Account():
            text = f"{record.name} ({record.region})" if record.region else record.name
        case Contact():
            text = f"{record.name} ({record.account.name})" if record.account else record.name
        case Address():
            text = f"{record.street}, {record.city} {record.postcode}"
        case User() | Product():
            text = record.name
        case Task():
            text = record.subject
        case Ticket():
            text = f"{record.number} {record.subject}"
        case Order() | Invoice():
            text = record.number
        case Article():
            text = record.title
        case Activity():
            text = record.note or record.activity_kind.value
        case _:
            text = str(record.ref)
    return text if len(text) <= 70 else text[:69] + "…"
