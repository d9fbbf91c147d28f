"""What a turn or a tick says in other conversations, put into their outboxes in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from actions.turn import Posting
from bot.notices import is_queued
from bot.offers import outgoing_body
from crm_store.models import Message, Outbox, OutboxStatus
from crm_store.unit_of_work import UnitOfWork


def write_postings(uow: UnitOfWork, postings: Iterable[Posting]) -> list[int]:
    """Queue each posting unless its key was queued before; the conversations to wake once all is committed."""
    woken: dict[int, None] = {}
    for posting in postings:
        if posting.reply.is_empty or is_queued(uow.session, posting.key):
            continue
        body = outgoing_body(
            uow.session,
            posting.reply,
            conversation_id=posting.conversation_id,
            identity_id=posting.identity_id,
            now=uow.now,
        )
        uow.session.add_all(
            (
                Outbox(
                    key=posting.key,
                    conversation_id=posting.conversation_id,
                    body=body,
                    created_at=uow.now,
                    status=OutboxStatus.QUEUED,
                ),
                Message(
                    conversation_id=posting.conversation_id,
                    author=posting.author,
                    text=posting.reply.as_text(),
                    at=uow.now,
                ),
            )
        )
        uow.session.flush()
        woken[posting.conversation_id] = None
    return list(woken)
