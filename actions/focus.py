"""What "it" means in a conversation: the record talked about last, of each kind and of any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store.models import RECORDS, Account, Contact, Deal, Record


def focused_on(focus: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """The focus of a conversation (``Conversation.focus``) once ``record`` was talked about."""
    found = dict(focus)
    if isinstance(record, Account) and found.get(Account.kind) != record.id:
        # Talk has moved on to another company; "the deal" and "her" are no longer those of the last one.
        found.pop(Deal.kind, None)
        found.pop(Contact.kind, None)
    found[record.kind] = record.id
    found["last"] = str(record.ref)
    if isinstance(record, Deal) or (isinstance(record, Contact) and record.account_id is not None):
        found[Account.kind] = record.account_id
    return found


def unfocused(focus: Mapping[str, Any]) -> dict[str, Any]:
    """The focus of a conversation in which nothing is talked about any more."""
    return {key: value for key, value in focus.items() if key not in RECORDS and key != "last"}
