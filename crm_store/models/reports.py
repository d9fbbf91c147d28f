"""Reports people keep under a name, and when they are sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base
from crm_store.models.people import User


class SavedReport(Base):
    """A report query kept by a colleague under a name of their own.

    ``query`` is ``ReportQuery.to_json``; times in it move on ("last quarter"). ``recurrence`` is an RRULE in the
    owner's zone; the report is sent at ``next_at``, None when it is not sent by itself.
    """

    __tablename__ = "saved_report"
    __table_args__ = (UniqueConstraint("owner_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    name_key: Mapped[str]
    query: Mapped[dict[str, Any]]
    recurrence: Mapped[str | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]

    owner: Mapped[User] = relationship()
