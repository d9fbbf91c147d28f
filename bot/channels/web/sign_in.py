"""One-time sign-in links: random, kept as a hash, short-lived, good for one use."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.channels.web.people import Person, load_person, person_for_email
from crm_store.models import SignInLink
from crm_store.refs import RecordRef
from crm_store.store import Store

LINK_LIFETIME = timedelta(minutes=15)
_LINKS_PER_LIFETIME = 5


class UnknownAddress(LookupError):
    """Nobody can sign in with this e-mail address."""


class TooManyLinks(Exception):
    """This address was sent enough links for now."""


def create_sign_in_link(store: Store, email: str, now: datetime) -> str:
    """Make a link for a colleague or customer and return its path, "/sign-in/…"; it starts with the page's address.

    Raises UnknownAddress, or TooManyLinks after five within 15 minutes.
    """
    token = secrets.token_urlsafe(32)
    with store.unit_of_work(now=now) as uow:
        person = person_for_email(uow.session, email)
        ref = RecordRef.from_text(person.key) if person is not None else None
        if ref is None:
            raise UnknownAddress(email)
        address = email.strip().lower()
        recent = select(func.count()).where(
            SignInLink.email == address, SignInLink.created_at > now - LINK_LIFETIME, SignInLink.used_at.is_(None)
        )
        if uow.session.scalars(recent).one() >= _LINKS_PER_LIFETIME:
            raise TooManyLinks(email)
        uow.session.add(
            SignInLink(
                token_hash=_hash(token),
                email=address,
                user_id=ref.id if ref.kind == "user" else None,
                contact_id=ref.id if ref.kind == "contact" else None,
                created_at=now,
                expires_at=now + LINK_LIFETIME,
            )
        )
        uow.commit()
    return f"/sign-in/{token}"


def redeem_sign_in_link(store: Store, token: str, now: datetime) -> Person | None:
    """Use the link up and say whom it signs in; None when it is unknown, used, expired, or the person is gone."""
    with store.unit_of_work(now=now) as uow:
        # One statement decides, so that of two redeemers at once only one gets in.
        usable = (SignInLink.token_hash == _hash(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        row = uow.session.execute(
            update(SignInLink).where(*usable).values(used_at=now).returning(SignInLink.user_id, SignInLink.contact_id)
        ).one_or_none()
        if row is None:
            return None
        person = _person(uow.session, row.user_id, row.contact_id)
        uow.commit()
        return person


def _person(session: Session, user_id: int | None, contact_id: int | None) -> Person | None:
    return load_person(session, f"user:{user_id}" if user_id is not None else f"contact:{contact_id}")


def _hash(token: str) -> str:
    # The token has 256 random bits, so a plain digest cannot be searched.
    return hashlib.sha256(token.encode()).hexdigest()
