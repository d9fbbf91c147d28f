"""Proof of who somebody on a channel is: codes by e-mail, links made by a colleague, and the proofs they led to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base
from crm_store.proof_kinds import ProofMethod


class IdentityProof(Base):
    """A channel's user showed to be a contact. Counts until it is revoked; what it opens depends on method and age."""

    __tablename__ = "identity_proof"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("channel_identity.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    method: Mapped[ProofMethod]
    proven_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ProofCode(Base):
    """A one-time code asked for by a channel's user, to be mailed to ``contact_id``.

    Without a contact nobody gets a mail: the address is unknown, shared, or was sent enough codes; to the asker all
    these look the same. ``address_hash`` is the address's SHA-256, for counting. The code is made when it is mailed and
    kept only as ``code_hash`` (scrypt with ``salt``). ``wrong`` counts wrong guesses.
    """

    __tablename__ = "proof_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("channel_identity.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    address_hash: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    wrong: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    send_at: Mapped[datetime | None]
    send_attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]


class ContactLink(Base):
    """A colleague's link for a contact: whoever opens it first is that contact. Only the token's SHA-256 is kept."""

    __tablename__ = "contact_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("channel_identity.id"))


class SessionEnd(Base):
    """A contact signed out everywhere: browser sessions opened before ``at`` no longer count."""

    __tablename__ = "session_end"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    at: Mapped[datetime]


Index("ix_proof_code_identity_created", ProofCode.identity_id, ProofCode.created_at)
Index("ix_proof_code_address_created", ProofCode.address_hash, ProofCode.created_at)
Index("ix_proof_code_send", ProofCode.send_at)
