"""One-time codes on their way: made at the moment they are mailed, so that a code can be read in its letter only.

A code that could not be mailed is replaced by a new one at the next attempt.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, exists, select

from actions.turn import CompanyPolicy
from actions.words import Words
from bot.mail import LetterSender, MailNotSent
from crm_store.models import Contact, ProofCode
from crm_store.proofs import hash_code, new_code
from crm_store.store import Store
from crm_store.types import Moment

_LEASE = timedelta(minutes=1)
"""How long one process may take over a letter before another takes it up."""
_ATTEMPTS = 5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    number: int
    email: str
    name: str
    code: str
    attempts: int


async def mail_due_codes(
    store: Store, letters: LetterSender, *, words: Words, policy: CompanyPolicy, clock: Callable[[], datetime]
) -> int:
    """Mail every code that waits; how many were sent. Raises DatabaseUnavailable."""
    sent = 0
    while (letter := await asyncio.to_thread(_next_letter, store, clock())) is not None:
        minutes = int(policy.code_lifetime.total_seconds() // 60)
        subject = words.say("utter_mail_code_subject", code=letter.code, company=policy.name)
        text = words.say("utter_mail_code_body", name=letter.name, code=letter.code, minutes=str(minutes))
        try:
            await letters.send(letter.email, subject=subject, text=text)
        except (MailNotSent, ValueError) as err:
            # ValueError: an address on record that cannot stand in a letter's head.
            _log.warning("code_not_mailed", proof_code=letter.number, attempt=letter.attempts, detail=str(err))
            await asyncio.to_thread(_put_off, store, letter, clock())
        else:
            await asyncio.to_thread(_note_sent, store, letter, clock())
            sent += 1
    return sent


def codes_wait(now: Moment) -> ColumnElement[bool]:
    """Whether any is to be mailed."""
    return exists().where(*_is_due(now))


def _is_due(now: Moment) -> tuple[ColumnElement[bool], ...]:
    return ProofCode.send_at <= now, ProofCode.closed_at.is_(None), ProofCode.expires_at > now


def _next_letter(store: Store, now: datetime) -> _Letter | None:
    with store.unit_of_work(now=now, read_only=True) as uow:
        if not uow.session.scalar(select(codes_wait(now))):
            return None
    with store.unit_of_work(now=now) as uow:
        row = uow.session.execute(
            select(ProofCode, Contact)
            .join(Contact, Contact.id == ProofCode.contact_id)
            .where(*_is_due(now))
            .order_by(ProofCode.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=ProofCode)
        ).first()
        if row is None or row.Contact.email is None:
            return None
        waiting, contact = row.ProofCode, row.Contact
        code = new_code()
        waiting.salt = secrets.token_bytes(16)
        waiting.code_hash = hash_code(code, waiting.salt)
        waiting.send_at = now + _LEASE
        waiting.send_attempts += 1
        letter = _Letter(
            number=waiting.id, email=contact.email, name=contact.name, code=code, attempts=waiting.send_attempts
        )
        uow.commit()
        return letter


def _note_sent(store: Store, letter: _Letter, now: datetime) -> None:
    with store.unit_of_work(now=now) as uow:
        row = uow.session.get_one(ProofCode, letter.number)
        row.sent_at, row.send_at = now, None
        uow.commit()


def _put_off(store: Store, letter: _Letter, now: datetime) -> None:
    with store.unit_of_work(now=now) as uow:
        row = uow.session.get_one(ProofCode, letter.number)
        row.send_at = None if letter.attempts >= _ATTEMPTS else now + timedelta(seconds=2.0**letter.attempts)
        uow.commit()
