"""Messages the assistant should learn from, waiting for somebody to say what they meant."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base


class ReviewReason(StrEnum):
    """What made a message worth a look: not understood, hardly understood, or what was done was taken back."""

    FALLBACK = "fallback"
    UNSURE = "unsure"
    CORRECTED = "corrected"
    DENIED = "denied"
    UNDONE = "undone"


class ReviewStatus(StrEnum):
    """How far a message has come: unseen, labelled for the next training, learned from, or not worth it."""

    OPEN = "open"
    LABELLED = "labelled"
    LEARNED = "learned"
    DISMISSED = "dismissed"


class ReviewItem(Base):
    """One request kept for review; who said it is not.

    ``text`` has its personal data masked, ``asked_by`` is a role ("rep", "customer"). ``intent`` (None: not
    understood), ``confidence`` and ``candidates`` ([[intent, confidence], ...], best first) are what the engine
    thought, ``suggestion`` is what the person chose when asked. ``number`` counts the requests of one message. The
    message may be deleted before its item is.
    """

    __tablename__ = "review_item"
    __table_args__ = (UniqueConstraint("inbox_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id", ondelete="SET NULL"))
    number: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str]
    reason: Mapped[ReviewReason]
    intent: Mapped[str | None]
    confidence: Mapped[float]
    candidates: Mapped[list[Any]]
    suggestion: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[ReviewStatus] = mapped_column(default=ReviewStatus.OPEN)
    label: Mapped[str | None]
    labelled_by: Mapped[str | None]
    labelled_at: Mapped[datetime | None]


Index("ix_review_item_status_at", ReviewItem.status, ReviewItem.at)
