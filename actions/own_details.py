"""A customer's own address and number, as far as their proof of identity lets them be read out.

A chat that knows somebody by a weak or an old proof is told only enough to recognise its own details: it may be in
other hands by now.
"""

from __future__ import annotations

from actions.turn import Turn
from crm_store.models import Contact
from crm_store.proof_kinds import DataClass

_LEFT = "…"
_LAST_DIGITS = 2


def own_phone(turn: Turn, contact: Contact) -> str | None:
    """The number on record, or its last two digits."""
    if contact.phone is None or _may_read(turn):
        return contact.phone
    digits = "".join(char for char in contact.phone if char.isdecimal())
    return f"{_LEFT}{digits[-_LAST_DIGITS:]}"


def own_email(turn: Turn, contact: Contact) -> str | None:
    """The address on record, or its first letter and its domain."""
    if contact.email is None or _may_read(turn):
        return contact.email
    name, _, domain = contact.email.rpartition("@")
    return f"{name[:1]}{_LEFT}@{domain}"


def _may_read(turn: Turn) -> bool:
    return DataClass.ADDRESSES not in turn.actor.withheld
