"""Writing down what the desk is measured by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from actions.desk.desk import Desk
from crm_store.inserting import insert_new
from crm_store.models import SupportEvent, SupportEventKind, Ticket

RETURN_WITHIN = timedelta(hours=72)
"""Who comes back within this time was not helped."""


def note_return(desk: Desk, *, conversation_id: int, ticket: Ticket) -> None:
    """A ticket was opened; note it as a return when the customer had just said that an answer of the bot helped."""
    helped = desk.session.scalar(
        select(SupportEvent)
        .where(
            SupportEvent.conversation_id == conversation_id,
            SupportEvent.kind == SupportEventKind.BOT_RESOLVED,
            SupportEvent.at >= desk.now - RETURN_WITHIN,
        )
        .order_by(SupportEvent.id.desc())
        .limit(1)
    )
    if helped is not None:
        hours = round((desk.now - helped.at).total_seconds() / 3600, 1)
        kind = SupportEventKind.RETURNED
        note_event(desk, kind, f"e{helped.id}", ticket=ticket, after=SupportEventKind.BOT_RESOLVED.value, hours=hours)


def note_event(
    desk: Desk,
    kind: SupportEventKind,
    occurrence: str,
    *,
    ticket: Ticket | None = None,
    conversation_id: int | None = None,
    contact_id: int | None = None,
    user_id: int | None = None,
    **data: Any,
) -> None:
    """Write an event down; of one ``occurrence`` only the first time.

    ``occurrence`` tells events of one kind and ticket apart ("" where there is only one). Conversation and contact are
    the ticket's unless given.
    """
    about = f"t{ticket.id}" if ticket is not None else f"c{conversation_id}"
    if ticket is not None:
        conversation_id = conversation_id if conversation_id is not None else ticket.conversation_id
        contact_id = contact_id if contact_id is not None else ticket.contact_id
    desk.session.flush()
    insert_new(
        desk.session,
        SupportEvent,
        [
            {
                "key": ":".join(filter(None, (kind.value, about, occurrence))),
                "kind": kind,
                "at": desk.now,
                "ticket_id": ticket.id if ticket is not None else None,
                "conversation_id": conversation_id,
                "contact_id": contact_id,
                "user_id": user_id,
                "data": data,
            }
        ],
    )
