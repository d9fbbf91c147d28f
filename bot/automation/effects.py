"""Letters and calls that rules asked for: sent after their firing's commit, tried again at growing intervals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, exists, select

from bot.automation.webhooks import CallFailed, call_webhook
from bot.mail import LetterSender, MailNotSent
from crm_store.consents import may_be_messaged
from crm_store.inserting import insert_new
from crm_store.models import ConsentPurpose, EffectKind, EffectStatus, Notice, NoticeKind, NoticeStatus, RuleEffect
from crm_store.store import Store
from crm_store.types import Moment

_log = structlog.get_logger(__name__)
LEASE = timedelta(minutes=1)
"""How long one process may take over one before another takes it up."""
ATTEMPTS = 6
_FIRST_WAIT = timedelta(seconds=10)
_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How the outside is reached: the mail server, and what calls are signed with and may go to besides."""

    letters: LetterSender
    secret: str
    allowed_hosts: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    id: int
    kind: EffectKind
    payload: dict[str, Any]
    attempts: int


async def send_effects(store: Store, outside: Outside, *, clock: Callable[[], datetime]) -> int:
    """Send every letter and call that is due; how many were tried. Raises DatabaseUnavailable.

    One that has failed ATTEMPTS times, or for good, is given up and its rule's owner is told.
    """
    due = await asyncio.to_thread(_claim, store, clock())
    await asyncio.gather(*(_send(store, outside, each, clock) for each in due))
    return len(due)


def effects_wait(now: Moment) -> ColumnElement[bool]:
    """Whether any is to be sent."""
    return exists().where(*_is_due(now))


def _is_due(now: Moment) -> tuple[ColumnElement[bool], ...]:
    return RuleEffect.status == EffectStatus.WAITING, RuleEffect.next_at <= now


def _claim(store: Store, now: datetime) -> list[_Due]:
    with store.unit_of_work(now=now, read_only=True) as uow:
        if not uow.session.scalar(select(effects_wait(now))):
            return []
    with store.unit_of_work(now=now) as uow:
        query = select(RuleEffect).where(*_is_due(now)).order_by(RuleEffect.id).limit(_AT_ONCE)
        found = []
        for effect in uow.session.scalars(query.with_for_update(skip_locked=True)):
            effect.attempts += 1
            effect.next_at = now + LEASE
            found.append(_Due(id=effect.id, kind=effect.kind, payload=effect.payload, attempts=effect.attempts))
        uow.commit()
        return found


async def _send(store: Store, outside: Outside, due: _Due, clock: Callable[[], datetime]) -> None:
    payload = due.payload
    try:
        if due.kind is EffectKind.EMAIL:
            await asyncio.to_thread(_require_consent, store, payload, clock())
            await outside.letters.send(payload["to"], subject=payload["subject"], text=payload["text"])
        else:
            await call_webhook(
                payload["url"],
                payload["body"],
                delivery=f"rapport-{due.id}",
                secret=outside.secret,
                allowed_hosts=outside.allowed_hosts,
                now=clock(),
            )
    except CallFailed as err:
        await asyncio.to_thread(_put_off, store, due, err.detail, err.permanent, clock())
    except MailNotSent as err:
        await asyncio.to_thread(_put_off, store, due, str(err), False, clock())
    except ValueError as err:
        # An address or subject that cannot stand in a letter's head, whatever the server says.
        await asyncio.to_thread(_put_off, store, due, str(err), True, clock())
    else:
        await asyncio.to_thread(_note_sent, store, due, clock())


def _require_consent(store: Store, payload: dict[str, Any], now: datetime) -> None:
    """Asked again right before the sending: they may have thought better of it. Raises CallFailed."""
    contact_id = payload.get("contact_id")
    if contact_id is None:
        return
    with store.unit_of_work(now=now, read_only=True) as uow:
        agreed = may_be_messaged(
            uow.session, purpose=ConsentPurpose.MARKETING, contact_id=int(contact_id), channel=EffectKind.EMAIL.value
        )
    if not agreed:
        raise CallFailed("they no longer agree to get messages", permanent=True)


def _note_sent(store: Store, due: _Due, now: datetime) -> None:
    with store.unit_of_work(now=now) as uow:
        effect = uow.session.get_one(RuleEffect, due.id)
        effect.status, effect.sent_at, effect.next_at, effect.error = EffectStatus.SENT, now, None, None
        uow.commit()


def _put_off(store: Store, due: _Due, detail: str, permanent: bool, now: datetime) -> None:
    _log.warning("rule_effect_failed", effect=due.id, attempt=due.attempts, detail=detail)
    with store.unit_of_work(now=now) as uow:
        effect = uow.session.get_one(RuleEffect, due.id)
        effect.error = detail[:500]
        if permanent or due.attempts >= ATTEMPTS:
            effect.status, effect.next_at = EffectStatus.FAILED, None
            rule = effect.firing.rule
            row = {
                "key": f"rule:{rule.id}:effect:{effect.id}",
                "user_id": rule.owner_id,
                "kind": NoticeKind.RULE,
                "topic": "rule_failed",
                "severity": 2,
                "ref": effect.firing.ref,
                "data": {"rule": rule.id, "name": rule.name, "detail": detail[:200]},
                "due_at": now,
                "say_at": now,
                "status": NoticeStatus.WAITING,
                "created_at": now,
                "failed_on": [],
            }
            insert_new(uow.session, Notice, [row])
        else:
            effect.next_at = now + _FIRST_WAIT * 4 ** (due.attempts - 1)
        uow.commit()
