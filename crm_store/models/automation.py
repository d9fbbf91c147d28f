"""Automation: rules people wrote, each time one fired, and what is still to be sent to the outside because of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base
from crm_store.models.people import User


class FiringStatus(StrEnum):
    """What came of an occurrence. BLOCKED: by the guard against rules that set each other off."""

    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"


class EffectKind(StrEnum):
    """How the outside is reached."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class EffectStatus(StrEnum):
    """How far it has come."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class AutomationRule(Base):
    """When something happens, if it fits, do something: ``definition`` is a ``RuleDefinition`` as JSON.

    It acts as ``owner``: what they may not see it does not notice, what they may not do it does not do. ``on_since`` is
    when it was last turned on; nothing that happened before counts. ``ready_key`` names the ready rule it is.
    """

    __tablename__ = "automation_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    definition: Mapped[dict[str, Any]]
    on: Mapped[bool] = mapped_column("is_on", default=False)
    on_since: Mapped[datetime | None]
    off_because: Mapped[str | None]
    ready_key: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    owner: Mapped[User] = relationship()


class RuleFiring(Base):
    """A rule met an occurrence, once: ``occurrence`` is the change, the time or the news it was about.

    ``entry_id`` is the journal entry of what it changed; ``chain`` are the rules whose changes led to it, the first
    first; ``detail`` says what it did, or why not.
    """

    __tablename__ = "rule_firing"
    __table_args__ = (UniqueConstraint("rule_id", "ref", "occurrence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("automation_rule.id"))
    ref: Mapped[str] = mapped_column(index=True)
    occurrence: Mapped[str]
    at: Mapped[datetime]
    status: Mapped[FiringStatus]
    detail: Mapped[str] = mapped_column(Text, default="")
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entry.id"), index=True)
    chain: Mapped[list[Any]] = mapped_column(default=list)

    rule: Mapped[AutomationRule] = relationship()


class RuleEffect(Base):
    """A letter or a call to the outside that a firing asked for; sent after its commit, and tried again.

    ``payload``: "to", "subject", "text" and "contact_id" of a letter (None: no customer), "url" and "body" of a call.
    ``next_at`` is None when it is not to be tried (any more).
    """

    __tablename__ = "rule_effect"

    id: Mapped[int] = mapped_column(primary_key=True)
    firing_id: Mapped[int] = mapped_column(ForeignKey("rule_firing.id"), index=True)
    kind: Mapped[EffectKind]
    payload: Mapped[dict[str, Any]]
    status: Mapped[EffectStatus] = mapped_column(default=EffectStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)

    firing: Mapped[RuleFiring] = relationship()


class RuleCursor(Base):
    """How far the journal has been read for rules: the one row's ``change_id`` is the last change counted as read."""

    __tablename__ = "rule_cursor"

    id: Mapped[int] = mapped_column(primary_key=True)
    change_id: Mapped[int]


Index("ix_rule_firing_rule_at", RuleFiring.rule_id, RuleFiring.at)
