"""What people agreed to be written to about, and proofs that somebody's data was given out or erased."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base


class ConsentPurpose(StrEnum):
    """What a message nobody asked for is about.

    SERVICE: their own orders, tickets and contracts. SURVEY: how satisfied they are. MARKETING: offers and news.
    """

    SERVICE = "service"
    SURVEY = "survey"
    MARKETING = "marketing"


class Consent(Base):
    """Somebody said yes or no to messages of one purpose. Never changed: the newest of a person and purpose counts.

    Of ``contact_id`` and ``identity_id`` one is set: a visitor may say no before we know who they are. ``channel``
    None means all channels. ``wording`` is what they were told or said, ``source`` where ("telegram", "command line"),
    ``recorded_by`` the actor's text form.
    """

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("channel_identity.id"))
    purpose: Mapped[ConsentPurpose]
    channel: Mapped[str | None]
    given: Mapped[bool]
    at: Mapped[datetime]
    source: Mapped[str]
    recorded_by: Mapped[str]
    wording: Mapped[str] = mapped_column(Text, default="")


class PrivacyActKind(StrEnum):
    """What was done with a person's data. EXPIRED: removed by the retention times, of nobody in particular."""

    EXPORT = "export"
    ERASE = "erase"
    EXPIRED = "expired"


class PrivacyAct(Base):
    """The proof that data was given out or erased. It holds no personal data: ``subject`` is a reference ("contact:7").

    ``counts`` says how many rows of each kind, ``digest`` is the SHA-256 (hex) of the exported file, or of what was
    erased in the form an export has.
    """

    __tablename__ = "privacy_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PrivacyActKind]
    subject: Mapped[str] = mapped_column(index=True)
    done_by: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    counts: Mapped[dict[str, Any]]
    digest: Mapped[str]


Index("ix_consent_contact", Consent.contact_id, Consent.purpose)
Index("ix_consent_identity", Consent.identity_id, Consent.purpose)
