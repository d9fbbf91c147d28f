"""The journal: every change of every record, with the message it came from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base


class JournalEntry(Base):
    """One act: all changes made together, by whom, from which message, and what became of it.

    ``actor`` is "user:3", "contact:7", "system". ``reverses_id`` points at the act this one took back,
    ``reversed_by_id`` at the act that took this one back.
    """

    __tablename__ = "journal_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"), index=True)
    intent: Mapped[str | None]
    confidence: Mapped[float | None]
    confirmed_by: Mapped[str | None]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entry.id"))
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entry.id"))

    changes: Mapped[list[JournalChange]] = relationship(back_populates="entry", order_by="JournalChange.id")


class JournalChange(Base):
    """What happened to one record: ``before`` and ``after`` hold the changed fields only, as canonical JSON values."""

    __tablename__ = "journal_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), index=True)
    record_kind: Mapped[str]
    record_id: Mapped[int]
    operation: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    entry: Mapped[JournalEntry] = relationship(back_populates="changes")


Index("ix_journal_change_record", JournalChange.record_kind, JournalChange.record_id)
