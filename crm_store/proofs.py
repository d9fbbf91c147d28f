"""Showing who one is: one-time codes, links and phone numbers, and what was shown so far.

Contacts are read below the store's filters, since whoever is not known yet sees none; nothing of what is read here
reaches a person before it is proven. Nothing here commits: the turn does.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from crm_store.models import ChannelIdentity, Contact, ContactLink, IdentityProof, ProofCode, SessionEnd
from crm_store.proof_kinds import ProofMethod

CODE_DIGITS = 6
MAX_WRONG = 5
CODES_PER_IDENTITY = (3, timedelta(minutes=15))
CODES_PER_ADDRESS = ((5, timedelta(hours=1)), (10, timedelta(days=1)))
"""Over all chats, so that many accounts do not give many guesses."""

_contacts = Contact.__table__.c
_SCRYPT = {"n": 2**12, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class TooManyCodes(Exception):
    """This chat has asked for enough codes; it may ask again ``after``."""

    after: datetime


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """What became of a typed code: the contact it proves, or why not and how many guesses are left."""

    outcome: Literal["right", "wrong", "spent", "none"]
    contact_id: int | None = None
    left: int = 0


def request_code(session: Session, identity_id: int, address: str, *, now: datetime, lifetime: timedelta) -> None:
    """Have a code mailed to the one contact with this address; an earlier code of this chat no longer counts.

    Whether the address is known, shared by several contacts or was sent enough codes shows in nothing. Raises
    TooManyCodes by what this chat itself has asked for.
    """
    most, span = CODES_PER_IDENTITY
    own = session.scalars(
        select(ProofCode.created_at)
        .where(ProofCode.identity_id == identity_id, ProofCode.created_at > now - span)
        .order_by(ProofCode.created_at)
    ).all()
    if len(own) >= most:
        raise TooManyCodes(own[-most] + span)
    session.execute(
        update(ProofCode)
        .where(ProofCode.identity_id == identity_id, ProofCode.closed_at.is_(None))
        .values(closed_at=now, send_at=None)
    )
    hashed = _address_hash(address)
    contact_id = None if _sent_enough(session, hashed, now) else _contact_with(session, address)
    session.add(
        ProofCode(
            identity_id=identity_id,
            contact_id=contact_id,
            address_hash=hashed,
            salt=secrets.token_bytes(16),
            created_at=now,
            expires_at=now + lifetime,
            send_at=None if contact_id is None else now,
        )
    )
    session.flush()


def check_code(session: Session, identity_id: int, typed: str, *, now: datetime) -> CodeCheck:
    """Try a code. Every wrong guess counts, also for an address nobody has: five close the code."""
    row = session.scalar(
        select(ProofCode)
        .where(ProofCode.identity_id == identity_id, ProofCode.closed_at.is_(None), ProofCode.expires_at > now)
        .order_by(ProofCode.id.desc())
        .limit(1)
        .with_for_update()
    )
    if row is None:
        return CodeCheck("none")
    # The same work whether there is anything to compare with or not.
    tried = hash_code(typed, row.salt)
    if row.contact_id is not None and row.code_hash is not None and hmac.compare_digest(tried, row.code_hash):
        row.closed_at = now
        return CodeCheck("right", contact_id=row.contact_id)
    row.wrong += 1
    if row.wrong >= MAX_WRONG:
        row.closed_at = now
        row.send_at = None
        return CodeCheck("spent")
    return CodeCheck("wrong", left=MAX_WRONG - row.wrong)


def waits_for_code(session: Session, identity_id: int, *, now: datetime) -> bool:
    """Whether this chat has a code that can still be typed."""
    open_code = (ProofCode.identity_id == identity_id, ProofCode.closed_at.is_(None), ProofCode.expires_at > now)
    return session.scalar(select(ProofCode.id).where(*open_code).limit(1)) is not None


def new_code() -> str:
    """A code nobody can predict."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def hash_code(code: str, salt: bytes) -> bytes:
    """A code as it is kept: slow to search, since there are only a million."""
    return hashlib.scrypt(code.encode(), salt=salt, **_SCRYPT)


def make_link(session: Session, contact_id: int, *, by: str, now: datetime, lifetime: timedelta) -> str:
    """The token of a new link; the contact's earlier unused ones stop working."""
    session.execute(
        update(ContactLink)
        .where(ContactLink.contact_id == contact_id, ContactLink.used_at.is_(None))
        .values(expires_at=now)
    )
    token = secrets.token_urlsafe(32)
    session.add(
        ContactLink(
            token_hash=_token_hash(token),
            contact_id=contact_id,
            created_by=by,
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    session.flush()
    return token


def redeem_link(session: Session, token: str, identity_id: int, *, now: datetime) -> int | None:
    """Use a link up: the contact it proves; None when it is unknown, used or expired."""
    usable = (
        ContactLink.token_hash == _token_hash(token),
        ContactLink.used_at.is_(None),
        ContactLink.expires_at > now,
    )
    # One statement decides, so that of two who open it at once only one gets in.
    taken = update(ContactLink).where(*usable).values(used_at=now, used_by=identity_id)
    contact_id = session.execute(taken.returning(ContactLink.contact_id)).scalar_one_or_none()
    return contact_id if contact_id is not None and _exists(session, contact_id) else None


def record_proof(session: Session, identity_id: int, contact_id: int, method: ProofMethod, *, now: datetime) -> None:
    """From now on this channel's user is the contact; proofs of having been somebody else end."""
    _end_proofs(session, IdentityProof.identity_id == identity_id, IdentityProof.contact_id != contact_id, now=now)
    identity = session.get_one(ChannelIdentity, identity_id)
    identity.user_id, identity.contact_id = None, contact_id
    identity.proven_at, identity.vouched_at = now, None
    session.add(IdentityProof(identity_id=identity_id, contact_id=contact_id, method=method, proven_at=now))
    session.flush()


def proofs_of(session: Session, identity: ChannelIdentity) -> list[IdentityProof]:
    """What this channel's user has shown to be the contact they are taken for."""
    query = select(IdentityProof).where(
        IdentityProof.identity_id == identity.id,
        IdentityProof.contact_id == identity.contact_id,
        IdentityProof.revoked_at.is_(None),
    )
    return list(session.scalars(query))


def unlink(session: Session, identity_id: int, *, now: datetime) -> None:
    """This channel's user is nobody known again."""
    _end_proofs(session, IdentityProof.identity_id == identity_id, now=now)
    identity = session.get_one(ChannelIdentity, identity_id)
    identity.contact_id = identity.proven_at = identity.vouched_at = None
    session.flush()


def unlink_everywhere(session: Session, contact_id: int, *, now: datetime) -> int:
    """Nobody on any channel is taken for the contact any more, and open links and codes end; how many chats it were."""
    ours = (ChannelIdentity.contact_id == contact_id,)
    count = session.scalar(select(func.count()).where(*ours)) or 0
    session.execute(update(ChannelIdentity).where(*ours).values(contact_id=None, proven_at=None, vouched_at=None))
    _end_proofs(session, IdentityProof.contact_id == contact_id, now=now)
    session.execute(
        update(ContactLink)
        .where(ContactLink.contact_id == contact_id, ContactLink.used_at.is_(None))
        .values(expires_at=now)
    )
    session.execute(
        update(ProofCode)
        .where(ProofCode.contact_id == contact_id, ProofCode.closed_at.is_(None))
        .values(closed_at=now, send_at=None)
    )
    session.merge(SessionEnd(contact_id=contact_id, at=now))
    return count


def sessions_count_from(session: Session, contact_id: int) -> datetime | None:
    """When this contact signed out everywhere last; what was opened until then no longer counts."""
    return session.scalar(select(SessionEnd.at).where(SessionEnd.contact_id == contact_id))


def unlinked_lately(session: Session, identity_id: int, *, since: datetime) -> int | None:
    """The contact this channel's user was until they unlinked themselves after ``since``."""
    return session.scalar(
        select(IdentityProof.contact_id)
        .where(IdentityProof.identity_id == identity_id, IdentityProof.revoked_at >= since)
        .order_by(IdentityProof.revoked_at.desc(), IdentityProof.id.desc())
        .limit(1)
    )


def contact_name(session: Session, contact_id: int) -> str:
    """The name of a contact that has just been proven."""
    name: str = session.execute(select(_contacts.name).where(_contacts.id == contact_id)).scalar_one()
    return name


def contact_phones(session: Session, last_digits: str) -> list[tuple[int, str, str]]:
    """(number, phone, locale) of contacts whose phone ends in these digits, however it is written."""
    digits: ColumnElement[str] = _contacts.phone
    for char in " -().\u00a0/":
        digits = func.replace(digits, char, "")
    query = select(_contacts.id, _contacts.phone, _contacts.locale).where(
        _contacts.phone.is_not(None), _contacts.deleted_at.is_(None), digits.endswith(last_digits, autoescape=True)
    )
    return [(row.id, row.phone, row.locale) for row in session.execute(query)]


def _end_proofs(session: Session, *which: ColumnElement[bool], now: datetime) -> None:
    session.execute(update(IdentityProof).where(*which, IdentityProof.revoked_at.is_(None)).values(revoked_at=now))


def _sent_enough(session: Session, address_hash: str, now: datetime) -> bool:
    for most, span in CODES_PER_ADDRESS:
        counted = select(func.count()).where(ProofCode.address_hash == address_hash, ProofCode.created_at > now - span)
        if session.scalars(counted).one() >= most:
            return True
    return False


def _contact_with(session: Session, address: str) -> int | None:
    same = (func.lower(_contacts.email) == _normal(address), _contacts.deleted_at.is_(None))
    found = session.execute(select(_contacts.id).where(*same).limit(2)).scalars().all()
    # An address that several share proves none of them.
    return found[0] if len(found) == 1 else None


def _exists(session: Session, contact_id: int) -> bool:
    there = select(_contacts.id).where(_contacts.id == contact_id, _contacts.deleted_at.is_(None))
    return session.execute(there).first() is not None


def _normal(address: str) -> str:
    return address.strip().lower()


def _address_hash(address: str) -> str:
    return hashlib.sha256(_normal(address).encode()).hexdigest()


def _token_hash(token: str) -> str:
    # 256 random bits cannot be searched, so a plain digest is enough.
    return hashlib.sha256(token.encode()).hexdigest()
