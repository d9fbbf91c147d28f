"""Filling a rule's texts with what its record holds."""

from __future__ import annotations

import re

from crm_store.automation.fields import value_of
from crm_store.base import Record

_PLACE = re.compile(r"\{([a-z_.]{1,60})\}")
_LEADS = {
    "account": "account.name",
    "contact": "contact.name",
    "stage": "stage.name",
    "date": "close_date",
}


def fill_in(text: str, record: Record) -> str:
    """``text`` with {record}, {account}, {owner}, {amount} and other fields in it; what is empty leaves nothing."""
    return _PLACE.sub(lambda match: _value(match[1], record), text)


def _value(name: str, record: Record) -> str:
    if name in {"record", record.kind}:  # of an account, {account} is itself
        return str(
            getattr(record, "name", None)
            or getattr(record, "subject", None)
            or getattr(record, "number", None)
            or record.ref
        )
    if name == "amount":
        money = getattr(record, "money", None)
        return f"{money.amount:,.0f} {money.currency}" if money is not None else ""
    if name == "owner":
        person = getattr(record, "owner", None) or getattr(record, "assignee", None)
        return str(person.name) if person is not None else ""
    found = value_of(record, _LEADS.get(name, name))
    return "" if found is None else str(getattr(found, "name", found))
