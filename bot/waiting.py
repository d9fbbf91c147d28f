"""Telling people once that their message has to wait for the engine."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.reply import Reply, Text
from actions.words import Words
from bot.offers import outgoing_body
from crm_store.models import Inbox, Outbox, OutboxStatus


def ask_to_wait(session: Session, inbox: Inbox, words: Words, *, now: datetime) -> None:
    """Queue one sentence for the message, however often it is tried again; the message stays as it is."""
    # What waits for an engine has not brought this process down.
    inbox.attempts = 0
    key = f"inbox:{inbox.id}:wait"
    if session.scalar(select(Outbox.id).where(Outbox.key == key)) is not None:
        return
    reply = Reply([Text(words.say("utter_engine_away"))])
    session.add(
        Outbox(
            key=key,
            conversation_id=inbox.conversation_id,
            inbox_id=inbox.id,
            body=outgoing_body(
                session, reply, conversation_id=inbox.conversation_id, identity_id=inbox.identity_id, now=now
            ),
            created_at=now,
            status=OutboxStatus.QUEUED,
        )
    )
