"""Delivering what turns have written: in order per conversation, with the platform's limits, every attempt recorded."""

from __future__ import annotations

from collections.abc import Collection, Container
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, exists, select

from bot.messages import DeliveryFailed, OutgoingMessage
from crm_store.models import Conversation, Outbox, OutboxStatus
from crm_store.store import Store

MAX_ATTEMPTS = 8
NOT_OURS = timedelta(seconds=1)
"""What this process has written is on its way by then."""
PATIENCE = timedelta(days=1)
"""How long a platform that asks us to wait is waited for."""
_OLDEST = (
    select(
        Outbox.id,
        Outbox.conversation_id,
        Outbox.body,
        Outbox.created_at,
        Outbox.status,
        Outbox.next_attempt_at,
        Conversation.channel,
        Conversation.external_id,
    )
    .join(Conversation)
    .where(
        Outbox.conversation_id == bindparam("conversation"),
        Outbox.status.in_((OutboxStatus.QUEUED, OutboxStatus.ATTEMPTING)),
    )
    .order_by(Outbox.id)
    .limit(1)
)


def next_to_deliver(
    store: Store,
    conversation_id: int,
    *,
    now: datetime,
    channels: Container[str] | None = None,
    repeatable: Container[str] = (),
) -> OutgoingMessage | None:
    """The conversation's oldest undelivered message, marked as being attempted; None when none is due.

    A message that waits for its retry holds back the later ones: order is kept. ``channels`` are those that can deliver
    here (None: all); a message for another one stays as it is. Those in ``repeatable`` show a message once however
    often it is handed over; so no mark is needed, which spares the person who waits a commit.
    """
    oldest = store.look_for(_OLDEST, {"conversation": conversation_id})
    if oldest is None or not _is_due(oldest, now) or (channels is not None and oldest.channel not in channels):
        return None
    if oldest.channel in repeatable:
        return _outgoing(oldest)
    with store.unit_of_work(now=now) as uow:
        row = uow.session.execute(_OLDEST, {"conversation": conversation_id}).one_or_none()
        if row is None or not _is_due(row, now):
            return None
        outbox = uow.session.get_one(Outbox, row.id)
        outbox.status = OutboxStatus.ATTEMPTING
        outbox.attempts += 1
        message = _outgoing(row, ambiguous=row.status is OutboxStatus.ATTEMPTING)
        uow.commit()
        return message


def messages_wait(channels: Collection[str]) -> ColumnElement[bool]:
    """Whether any on these channels has yet to be tried, this process's own of the last second among them."""
    return exists().where(Outbox.conversation_id == Conversation.id, *_untried(channels))


def _untried(channels: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return Outbox.status == OutboxStatus.QUEUED, Outbox.attempts == 0, Conversation.channel.in_(channels)


def waiting_elsewhere(store: Store, channels: Collection[str], *, now: datetime) -> list[int]:
    """Conversations on these channels with a message nobody has tried to deliver, the oldest first.

    Those are what another process has written: `rapport say` beside a running server, say.
    """
    with store.unit_of_work(now=now, read_only=True) as uow:
        rows = uow.session.scalars(
            select(Outbox.conversation_id)
            .join(Conversation)
            .where(*_untried(channels), Outbox.created_at <= now - NOT_OURS)
            .order_by(Outbox.id)
            .limit(1_000)
        )
        return list(dict.fromkeys(rows))


def _is_due(row: Row[*tuple[Any, ...]], now: datetime) -> bool:
    return row.next_attempt_at is None or row.next_attempt_at <= now


def _outgoing(row: Row[*tuple[Any, ...]], *, ambiguous: bool = False) -> OutgoingMessage:
    return OutgoingMessage(
        outbox_id=row.id,
        conversation_id=row.conversation_id,
        channel=row.channel,
        conversation=row.external_id,
        body=row.body,
        created_at=row.created_at,
        ambiguous=ambiguous,
    )


def record_delivered(store: Store, outbox_id: int, *, external_id: str | None, now: datetime) -> None:
    """The platform took it."""
    with store.unit_of_work(now=now) as uow:
        row = uow.session.get_one(Outbox, outbox_id)
        _count_unmarked_attempt(row)
        row.status = OutboxStatus.DELIVERED
        row.delivered_at = now
        row.external_id = external_id
        row.error = None
        uow.commit()


def record_failure(store: Store, outbox_id: int, failure: DeliveryFailed, *, now: datetime) -> datetime | None:
    """The platform did not take it: when to try again, or None when it is given up."""
    with store.unit_of_work(now=now) as uow:
        row = uow.session.get_one(Outbox, outbox_id)
        _count_unmarked_attempt(row)
        row.error = failure.detail[:500]
        # "Not now" is no failure of the message: a storm of it must not use up the attempts.
        asked_to_wait = failure.retry_after is not None and now - row.created_at < PATIENCE
        if failure.permanent or (row.attempts >= MAX_ATTEMPTS and not asked_to_wait):
            row.status = OutboxStatus.FAILED
            row.next_attempt_at = None
        else:
            seconds = failure.retry_after if failure.retry_after is not None else min(2.0**row.attempts, 300.0)
            row.status = OutboxStatus.ATTEMPTING if failure.ambiguous else OutboxStatus.QUEUED
            row.next_attempt_at = now + timedelta(seconds=seconds)
        retry_at = row.next_attempt_at
        uow.commit()
        return retry_at


def _count_unmarked_attempt(row: Outbox) -> None:
    if row.status is OutboxStatus.QUEUED:
        row.attempts += 1
