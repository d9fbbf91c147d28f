"""Support: tickets with their messages, and the help centre's articles."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base, Record
from crm_store.models.customers import Account, Contact
from crm_store.models.people import User


class TicketStatus(StrEnum):
    """Whose move it is."""

    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


class TicketPriority(StrEnum):
    """How urgent it is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Ticket(Record, Base):
    """A customer's request for help. ``number`` is what people quote ("T-118")."""

    __tablename__ = "ticket"
    kind = "ticket"

    number: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    category: Mapped[str] = mapped_column(default="question")
    priority: Mapped[TicketPriority] = mapped_column(default=TicketPriority.NORMAL)
    status: Mapped[TicketStatus] = mapped_column(default=TicketStatus.OPEN, index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    first_response_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]

    account: Mapped[Account | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    assignee: Mapped[User | None] = relationship()
    messages: Mapped[list[TicketMessage]] = relationship(back_populates="ticket", order_by="TicketMessage.at")


class TicketMessage(Base):
    """One message in a ticket; an ``internal`` one is never shown to the customer."""

    __tablename__ = "ticket_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    author_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    author_contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    internal: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    ticket: Mapped[Ticket] = relationship(back_populates="messages")
    author_user: Mapped[User | None] = relationship()
    author_contact: Mapped[Contact | None] = relationship()


class Article(Record, Base):
    """A help-centre article in Markdown. ``key`` is stable across languages and versions."""

    __tablename__ = "article"
    __table_args__ = (UniqueConstraint("key", "language"),)
    kind = "article"

    key: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    title: Mapped[str]
    category: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    related: Mapped[str] = mapped_column(default="")
    helpful: Mapped[int] = mapped_column(default=0)
    unhelpful: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]
