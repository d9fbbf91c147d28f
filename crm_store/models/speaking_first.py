"""What the assistant says without being asked: notices waiting for their moment, and what people decided about them."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base
from crm_store.models.chat import Outbox
from crm_store.models.people import User


class NoticeKind(StrEnum):
    """Why the assistant speaks. A reminder was asked for, an approval by a colleague, DESK is work that waits; the
    others are its own idea.
    """

    REMINDER = "reminder"
    APPROVAL = "approval"
    NUDGE = "nudge"
    DIGEST = "digest"
    SUMMARY = "summary"
    REPORT = "report"
    DESK = "desk"
    RULE = "rule"
    SAVED_REPORT = "saved_report"


class NoticeStatus(StrEnum):
    """What became of a notice. DROPPED: it was no longer true, or not wanted, when its turn came."""

    WAITING = "waiting"
    SAID = "said"
    DROPPED = "dropped"
    FAILED = "failed"


class Notice(Base):
    """Something to say to one colleague. ``key`` names the occurrence: it can be written, and so said, only once.

    ``due_at`` is when it came due, ``say_at`` when it may be said (later when it is held back). ``topic`` is the rule
    it comes from, ``ref`` the record it is about ("deal:12"), ``data`` what its wording needs, ``severity`` 1 to 3.
    ``failed_on`` are the channels that did not take it.
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[NoticeKind]
    topic: Mapped[str] = mapped_column(default="")
    severity: Mapped[int] = mapped_column(default=2)
    ref: Mapped[str | None] = mapped_column(index=True)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_at: Mapped[datetime]
    say_at: Mapped[datetime]
    status: Mapped[NoticeStatus] = mapped_column(default=NoticeStatus.WAITING)
    held_because: Mapped[str | None]
    created_at: Mapped[datetime]
    said_at: Mapped[datetime | None]
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)
    failed_on: Mapped[list[Any]] = mapped_column(default=list)

    user: Mapped[User] = relationship()
    outbox: Mapped[Outbox | None] = relationship()


class Attention(Base):
    """How a colleague wants to be spoken to unasked; who has no row has the defaults.

    ``daily_cap`` is how many nudges a day they get. Digest times are by their own clock; None: no digest.
    ``country`` (ISO 3166) is whose holidays they keep, ``work_days`` the digits of the weekdays they work on (0 is
    Monday; None: the usual ones). ``channels`` is their order of preference.
    """

    __tablename__ = "attention"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    daily_cap: Mapped[int] = mapped_column(default=8)
    daily_digest_at: Mapped[time | None]
    weekly_digest_day: Mapped[int | None]
    weekly_digest_at: Mapped[time | None]
    country: Mapped[str | None]
    work_from: Mapped[time | None]
    work_until: Mapped[time | None]
    work_days: Mapped[str | None]
    channels: Mapped[list[Any]] = mapped_column(default=list)

    user: Mapped[User] = relationship()


class Absence(Base):
    """A colleague is away from ``starts_at`` until ``ends_at``; what cannot wait goes to ``delegate_id`` meanwhile."""

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    delegate_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    delegate: Mapped[User | None] = relationship(foreign_keys=[delegate_id])


class Silence(Base):
    """A colleague does not want to hear of a topic, of one record or of all, until ``until`` (None: for good)."""

    __tablename__ = "silence"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    topic: Mapped[str]
    ref: Mapped[str | None]
    until: Mapped[datetime | None]
    created_at: Mapped[datetime]


Index("ix_notice_status_say_at", Notice.status, Notice.say_at)
Index("ix_notice_user_id_said_at", Notice.user_id, Notice.said_at)
