"""Whether somebody may be written to unasked, and what they decided about it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from crm_store.models import ChannelIdentity, Consent, ConsentPurpose, Contact

ALLOWED_UNASKED = frozenset({ConsentPurpose.SERVICE, ConsentPurpose.SURVEY})
"""Purposes that need no yes beforehand, only no no. Marketing needs a yes (opt-in)."""

_contacts, _identities = Contact.__table__.c, ChannelIdentity.__table__.c


def may_be_messaged(
    session: Session,
    *,
    purpose: ConsentPurpose,
    contact_id: int | None = None,
    identity_id: int | None = None,
    channel: str | None = None,
) -> bool:
    """Whether a contact, or the person behind a channel's identity, may get a message of ``purpose`` nobody asked for.

    The newest decision counts that was made for this channel or for all; without one, only ALLOWED_UNASKED may be
    sent. What a chat decided before its person was known counts for the contact afterwards. Never: who asked for
    erasure, is erased, or is unknown (neither number given). Reads below the session's access rules; ask it right
    before every sending, not when a list is made.
    """
    contact_id, identity_ids = _whole_person(session, contact_id, identity_id)
    if contact_id is None and not identity_ids:
        return False
    if contact_id is not None and not _still_there(session, contact_id):
        return False
    newest = _newest(session, contact_id, identity_ids, purpose, channel)
    return purpose in ALLOWED_UNASKED if newest is None else newest.given


def record_consent(
    session: Session,
    *,
    purpose: ConsentPurpose,
    given: bool,
    now: datetime,
    source: str,
    recorded_by: str,
    contact_id: int | None = None,
    identity_id: int | None = None,
    channel: str | None = None,
    wording: str = "",
) -> Consent:
    """Write down a yes or a no; of the two numbers the contact's is kept when both are known."""
    if contact_id is None and identity_id is None:
        raise ValueError("a consent is somebody's")
    consent = Consent(
        contact_id=contact_id,
        identity_id=identity_id if contact_id is None else None,
        purpose=purpose,
        channel=channel,
        given=given,
        at=now,
        source=source,
        recorded_by=recorded_by,
        wording=wording,
    )
    session.add(consent)
    session.flush()
    return consent


def decisions_of(
    session: Session, *, contact_id: int | None = None, identity_id: int | None = None
) -> dict[ConsentPurpose, Consent | None]:
    """The newest decision of a person for every purpose; None where they never made one."""
    contact_id, identity_ids = _whole_person(session, contact_id, identity_id)
    return {purpose: _newest(session, contact_id, identity_ids, purpose, None) for purpose in ConsentPurpose}


def _whole_person(
    session: Session, contact_id: int | None, identity_id: int | None
) -> tuple[int | None, frozenset[int]]:
    if contact_id is None and identity_id is not None:
        query = select(_identities.contact_id).where(_identities.id == identity_id)
        contact_id = session.connection().scalar(query)
    identity_ids = set() if identity_id is None else {identity_id}
    if contact_id is not None:
        query = select(_identities.id).where(_identities.contact_id == contact_id)
        identity_ids |= set(session.connection().scalars(query))
    return contact_id, frozenset(identity_ids)


def _still_there(session: Session, contact_id: int) -> bool:
    row = (
        session.connection()
        .execute(select(_contacts.deleted_at, _contacts.forget_requested_at).where(_contacts.id == contact_id))
        .first()
    )
    return row is not None and row.deleted_at is None and row.forget_requested_at is None


def _newest(
    session: Session,
    contact_id: int | None,
    identity_ids: frozenset[int],
    purpose: ConsentPurpose,
    channel: str | None,
) -> Consent | None:
    theirs: ColumnElement[bool] = Consent.identity_id.in_(identity_ids)
    if contact_id is not None:
        theirs = or_(Consent.contact_id == contact_id, theirs)
    query = select(Consent).where(theirs, Consent.purpose == purpose)
    if channel is not None:
        query = query.where(or_(Consent.channel.is_(None), Consent.channel == channel))
    return session.scalar(query.order_by(Consent.at.desc(), Consent.id.desc()).limit(1))
