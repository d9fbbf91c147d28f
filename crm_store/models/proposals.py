"""Changes that wait for somebody's yes: of whoever asked for them, and where the company says so of somebody else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base
from crm_store.models.people import User


class ProposalStatus(StrEnum):
    """What became of a proposal. WAITING: who asked has confirmed it, and others have to approve it.

    OVERTAKEN: it was approved, but what it would change had been changed meanwhile.
    """

    OPEN = "open"
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"
    EXPIRED = "expired"


class Verdict(StrEnum):
    """What an approver has said."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Proposal(Base):
    """A change that waits for somebody's yes: the stored difference, who asked, who confirms, until when.

    ``sort`` says what sort of change it is, where the company has a rule on who approves those. ``needs`` is how many
    of its ``Approval`` rows it takes ("any" or "all"), None when it needs nobody else. ``inbox_id`` is the message that
    sent it to the approvers, ``told_at`` when its asker was told the outcome, ``entry_id`` the journal's entry of it.
    """

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    proposer: Mapped[str]
    approver: Mapped[str]
    summary: Mapped[str] = mapped_column(Text)
    changes: Mapped[list[Any]]
    sort: Mapped[str] = mapped_column(default="", server_default=text("''"))
    needs: Mapped[str | None]
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entry.id"))
    status: Mapped[ProposalStatus] = mapped_column(default=ProposalStatus.OPEN, index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    told_at: Mapped[datetime | None]

    approvals: Mapped[list[Approval]] = relationship(back_populates="proposal", order_by="Approval.id")


class Approval(Base):
    """One colleague's say on a proposal; ``verdict`` is None until they have said it."""

    __tablename__ = "approval"
    __table_args__ = (UniqueConstraint("proposal_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    verdict: Mapped[Verdict | None]
    comment: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

    proposal: Mapped[Proposal] = relationship(back_populates="approvals")
    user: Mapped[User] = relationship()
