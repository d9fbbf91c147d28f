"""A person's name taken out of what is written about their deals, the journal's copies included."""

from __future__ import annotations

import re
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from crm_store.models import Contact, Deal, JournalChange
from crm_store.names import name_key

_TEXTS = ("name", "next_step", "lost_reason", "forecast_reason")
_SHORTEST = 3
"""Initials and the like are in too many words to be taken out one by one."""


def take_name_out_of_deals(session: Session, contact_id: int) -> None:
    """Replace the contact's name, its single words, e-mail address and number in the texts of the contact's deals.

    Written below the journal, whose own copies of those deals are changed alike.
    """
    contacts, deals, changes = Contact.__table__.c, cast(Table, Deal.__table__), cast(Table, JournalChange.__table__)
    connection = session.connection()
    who = connection.execute(
        select(contacts.name, contacts.email, contacts.phone).where(contacts.id == contact_id)
    ).one_or_none()
    if who is None:
        return
    said = [text for text in (who.email, who.phone, who.name) if text]
    said += [word for word in who.name.split() if len(word) >= _SHORTEST]
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in said), re.IGNORECASE)
    instead = f"contact {contact_id}"
    theirs = select(deals.c.id, *(deals.c[text] for text in _TEXTS)).where(deals.c.contact_id == contact_id)
    for deal in connection.execute(theirs).mappings().all():
        cleared = {text: pattern.sub(instead, deal[text]) for text in _TEXTS if deal[text]}
        changed: dict[str, Any] = {text: value for text, value in cleared.items() if value != deal[text]}
        if "name" in changed:
            changed["name_key"] = name_key(changed["name"])
        if changed:
            connection.execute(update(deals).where(deals.c.id == deal["id"]).values(**changed))
        written = select(changes.c.id, changes.c.before, changes.c.after).where(
            changes.c.record_kind == Deal.kind, changes.c.record_id == deal["id"]
        )
        for row in connection.execute(written).all():
            before, after = (_without(pattern, instead, copy) for copy in (row.before, row.after))
            if (before, after) != (row.before, row.after):
                connection.execute(update(changes).where(changes.c.id == row.id).values(before=before, after=after))


def _without(pattern: re.Pattern[str], instead: str, copy: dict[str, Any]) -> dict[str, Any]:
    return {key: pattern.sub(instead, value) if isinstance(value, str) else value for key, value in copy.items()}
