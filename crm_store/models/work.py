"""Work: activities that happened, tasks and reminders to come."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base, Record
from crm_store.models.customers import Account, Contact
from crm_store.models.people import User
from crm_store.models.sales import Deal


class ActivityKind(StrEnum):
    """What sort of contact it was."""

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    NOTE = "note"


class Activity(Record, Base):
    """Something that happened with a customer, at ``at``."""

    __tablename__ = "activity"
    kind = "activity"

    activity_kind: Mapped[ActivityKind]
    at: Mapped[datetime] = mapped_column(index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"), index=True)
    note: Mapped[str] = mapped_column(default="")

    owner: Mapped[User] = relationship()
    account: Mapped[Account | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    deal: Mapped[Deal | None] = relationship()


class Task(Record, Base):
    """Something to do; with ``remind_at`` it is also a reminder. ``recurrence`` is an RRULE in the assignee's zone.

    ``anchor_days``: it is due so many days after the deal's close date (before, when negative) and moves with it.
    ``unless_answered``: it reminds only when the customer has not been heard from since it was set.
    """

    __tablename__ = "task"
    kind = "task"

    subject: Mapped[str]
    assignee_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    remind_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    recurrence: Mapped[str | None]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    anchor_days: Mapped[int | None]
    unless_answered: Mapped[bool] = mapped_column(default=False, server_default=false())
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))

    assignee: Mapped[User] = relationship(foreign_keys=[assignee_id])
    creator: Mapped[User | None] = relationship(foreign_keys=[creator_id])
    account: Mapped[Account | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    deal: Mapped[Deal | None] = relationship()


Index("ix_task_assignee_open", Task.assignee_id, Task.done_at, Task.due_at)
# Asked for every second: of all reminders there ever were, those that still wait and are due.
Index("ix_task_waiting_remind_at", Task.reminded_at, Task.done_at, Task.remind_at)
