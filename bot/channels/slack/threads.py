"""Threads that begin under a message of ours: what that message shows is what is talked about there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.focus import focused_on
from bot.channels.slack.hearing import Said
from bot.channels.slack.places import CHANNEL, person_key
from crm_store.models import RECORDS, Conversation, Outbox
from crm_store.refs import RecordRef
from crm_store.store import Store


def begin_thread(store: Store, said: Said, *, clock: Callable[[], datetime]) -> None:
    """Give a thread of somebody's direct messages its first focus, when it begins under a card of theirs.

    Whether they may still see the record is found out when they ask for it. Synchronous.
    """
    with store.unit_of_work(now=clock(), read_only=True) as uow:
        focus = _first_focus(uow.session, said)
    if focus is None:
        return
    with store.unit_of_work(now=clock()) as uow:
        uow.session.add(
            Conversation(
                channel=CHANNEL,
                external_id=said.conversation,
                created_at=uow.now,
                last_message_at=uow.now,
                focus=focus,
                dialogue={},
                pending={},
            )
        )
        uow.commit()


def _first_focus(session: Session, said: Said) -> dict[str, Any] | None:
    own = select(Conversation.id).where(Conversation.channel == CHANNEL)
    if said.thread is None or session.scalar(own.where(Conversation.external_id == said.conversation)) is not None:
        return None
    begun_under = session.scalar(
        select(Outbox.body)
        .where(
            Outbox.conversation_id == session.scalar(own.where(Conversation.external_id == _of(said))),
            Outbox.external_id.startswith(f"{said.channel}:", autoescape=True),
            Outbox.external_id.contains(said.thread, autoescape=True),
        )
        .limit(1)
    )
    cards = [part for part in (begun_under or {}).get("parts", ()) if part.get("type") == "card"]
    ref = RecordRef.from_text(str(cards[0].get("ref") or "")) if cards else None
    record = session.get(RECORDS[ref.kind], ref.id) if ref is not None and ref.kind in RECORDS else None
    return focused_on({}, record) if record is not None else None


def _of(said: Said) -> str:
    return person_key(said.team, said.user)
