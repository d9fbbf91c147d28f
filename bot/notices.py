"""Messages the assistant sends outside a turn: into the outbox once each, with buttons like any reply."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.reply import Reply
from bot.offers import outgoing_body
from crm_store.models import Message, Outbox, OutboxStatus
from crm_store.unit_of_work import UnitOfWork


def queue_notice(
    uow: UnitOfWork,
    reply: Reply,
    *,
    key: str,
    conversation_id: int,
    identity_id: int | None,
    inbox_id: int | None = None,
) -> bool:
    """Put a reply into a conversation's outbox; False when ``key`` was queued before. ``identity_id`` may press it."""
    if is_queued(uow.session, key):
        return False
    body = outgoing_body(uow.session, reply, conversation_id=conversation_id, identity_id=identity_id, now=uow.now)
    uow.session.add_all(
        (
            Outbox(
                key=key,
                conversation_id=conversation_id,
                inbox_id=inbox_id,
                body=body,
                created_at=uow.now,
                status=OutboxStatus.QUEUED,
            ),
            Message(
                conversation_id=conversation_id,
                author="assistant",
                text=reply.as_text(),
                at=uow.now,
                inbox_id=inbox_id,
            ),
        )
    )
    return True


def is_queued(session: Session, key: str) -> bool:
    """Whether a notice of this key was queued, now or long ago."""
    return session.scalar(select(Outbox.id).where(Outbox.key == key)) is not None
