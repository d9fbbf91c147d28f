"""Letting go of what customers said once it is old enough: the words go, the counts stay."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from crm_store.models import (
    Base,
    ChannelIdentity,
    Conversation,
    Inbox,
    InboxStatus,
    Message,
    Offer,
    Outbox,
    OutboxStatus,
    PrivacyAct,
    PrivacyActKind,
    ProofCode,
    UnansweredQuestion,
)

EXPIRED = ""
AT_ONCE = 500
"""So many conversations are dealt with in one go, so that nobody waits for the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long is kept: the words of customers and of visitors, and codes, buttons and questions without an answer."""

    customers: timedelta
    visitors: timedelta
    traces: timedelta


def let_go(session: Session, times: Times, *, now: datetime) -> tuple[dict[str, int], tuple[str, ...]]:
    """Empty what is older than ``times``; the rows touched by kind, and files for the caller to remove after commit.

    A conversation's words go when its last message is old enough; colleagues' conversations stay. Leaves a proof when
    it did something. Doing it again does nothing.
    """
    counts: dict[str, int] = {}
    files: list[str] = []
    connection = session.connection()
    for known, age in ((True, times.customers), (False, times.visitors)):
        talks = _old_talks(session, known=known, before=now - age)
        if not talks:
            continue
        inbox = _t(Inbox)
        for attachments in connection.scalars(select(inbox.c.attachments).where(inbox.c.conversation_id.in_(talks))):
            files += [str(each["path"]) for each in attachments or () if isinstance(each, dict) and each.get("path")]
        words = _t(Message)
        done = connection.execute(
            update(words).where(words.c.conversation_id.in_(talks), words.c.text != EXPIRED).values(text=EXPIRED)
        )
        counts["message"] = counts.get("message", 0) + done.rowcount
        nothing: dict[str, Any] = {"text": EXPIRED, "payload": None, "attachments": [], "place": None, "trace": {}}
        handled = inbox.c.status.in_((InboxStatus.DONE, InboxStatus.FAILED))
        connection.execute(update(inbox).where(inbox.c.conversation_id.in_(talks), handled).values(**nothing))
        sent = _t(Outbox)
        finished = sent.c.status.in_((OutboxStatus.DELIVERED, OutboxStatus.FAILED))
        connection.execute(update(sent).where(sent.c.conversation_id.in_(talks), finished).values(body={"parts": []}))
        talk = _t(Conversation)
        memory: dict[str, Any] = {"focus": {}, "dialogue": {}, "pending": {}, "interrupted": None}
        connection.execute(update(talk).where(talk.c.id.in_(talks)).values(**memory))
    for kind, table, column in (
        ("offer", _t(Offer), _t(Offer).c.expires_at),
        ("proof_code", _t(ProofCode), _t(ProofCode).c.expires_at),
        ("unanswered_question", _t(UnansweredQuestion), _t(UnansweredQuestion).c.at),
    ):
        counts[kind] = connection.execute(delete(table).where(column < now - times.traces)).rowcount
    counts = {kind: number for kind, number in counts.items() if number}
    if counts:
        digest = hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()
        session.add(
            PrivacyAct(
                kind=PrivacyActKind.EXPIRED, subject="retention", done_by="system", at=now, counts=counts, digest=digest
            )
        )
        session.flush()
    return counts, tuple(files)


def _old_talks(session: Session, *, known: bool, before: datetime) -> list[int]:
    """Conversations of customers (or of visitors) that ended before a moment and still have words."""
    talk, inbox, who, words = (_t(cls).c for cls in (Conversation, Inbox, ChannelIdentity, Message))
    colleagues = (
        select(inbox.conversation_id)
        .join(_t(ChannelIdentity), inbox.identity_id == who.id)
        .where(who.user_id.is_not(None))
    )
    customers = (
        select(inbox.conversation_id)
        .join(_t(ChannelIdentity), inbox.identity_id == who.id)
        .where(who.contact_id.is_not(None))
    )
    heard = select(inbox.conversation_id)
    left = select(words.conversation_id).where(words.text != EXPIRED)
    query = select(talk.id).where(
        talk.last_message_at < before,
        talk.id.in_(heard),
        talk.id.in_(left),
        talk.id.not_in(colleagues),
        talk.id.in_(customers) if known else talk.id.not_in(customers),
    )
    return list(session.connection().scalars(query.order_by(talk.id).limit(AT_ONCE)))


def _t(cls: type[Base]) -> Table:
    return cast(Table, cls.__table__)
