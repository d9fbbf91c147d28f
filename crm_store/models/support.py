"""Support: tickets with their messages, and the help centre's articles."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, ForeignKey, Integer, Text, UniqueConstraint, event, func, select, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session, relationship

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


class SolvedHow(StrEnum):
    """How a ticket came to its end. AUTO: the customer did not answer any more."""

    HUMAN = "human"
    BOT = "bot"
    CUSTOMER = "customer"
    AUTO = "auto"
    MERGED = "merged"


class Ticket(Record, Base):
    """A customer's request for help. ``number`` is what people quote ("T-118"); one without a number is given the next.

    ``taken_at`` is when its assignee took it; assigned but not taken means offered. ``tags`` are lower-case words in
    alphabetical order with commas between. The three ``*_due_at`` are the running promises; None: not running. While it
    waits for the customer (``waiting_since``) ``resolution_left`` keeps the business minutes left to solve it.
    ``merged_into_id`` is the ticket that goes on in its place.
    """

    __tablename__ = "ticket"
    kind = "ticket"

    number: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    category: Mapped[str] = mapped_column(default="question", index=True)
    priority: Mapped[TicketPriority] = mapped_column(default=TicketPriority.NORMAL)
    status: Mapped[TicketStatus] = mapped_column(default=TicketStatus.OPEN, index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    tags: Mapped[str] = mapped_column(default="", server_default=text("''"))
    taken_at: Mapped[datetime | None]
    first_response_at: Mapped[datetime | None]
    first_response_due_at: Mapped[datetime | None] = mapped_column(index=True)
    next_response_due_at: Mapped[datetime | None] = mapped_column(index=True)
    resolution_due_at: Mapped[datetime | None] = mapped_column(index=True)
    resolution_left: Mapped[int | None]
    waiting_since: Mapped[datetime | None] = mapped_column(index=True)
    solved_at: Mapped[datetime | None] = mapped_column(index=True)
    solved_how: Mapped[SolvedHow | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)

    account: Mapped[Account | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    assignee: Mapped[User | None] = relationship()
    merged_into: Mapped[Ticket | None] = relationship(remote_side="Ticket.id")
    messages: Mapped[list[TicketMessage]] = relationship(back_populates="ticket", order_by="TicketMessage.at")


_NUMBERING_LOCK = 0x5469636B  # any number no other lock of ours takes; it spells "Tick"
_PREFIX = "T-"


@event.listens_for(Ticket, "before_insert")
def _give_number(_mapper: Mapper[Ticket], connection: Connection, ticket: Ticket) -> None:
    """Number a new ticket after the highest there is.

    Whoever writes sees only some of the tickets, so the numbers are read below the session's filters. SQLite admits one
    writer at a time; on PostgreSQL the lock holds the next one back until this transaction's number is there to see.
    """
    if ticket.number is not None:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _NUMBERING_LOCK})
    digits = func.substr(Ticket.__table__.c.number, len(_PREFIX) + 1).cast(Integer)
    taken = [connection.scalar(select(func.max(digits))) or 0]
    session = object_session(ticket)
    if session is not None:
        # Tickets written in the same flush are numbered before the first of them is in the table.
        others = [other.number for other in session.new if isinstance(other, Ticket) and other.number is not None]
        taken.extend(int(number.removeprefix(_PREFIX)) for number in others)
    ticket.number = f"{_PREFIX}{max(taken) + 1}"


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
    """A help-centre article in Markdown. ``key`` is stable across languages and versions.

    ``phrasings`` are questions it answers in the words of customers, one a line.
    """

    __tablename__ = "article"
    __table_args__ = (UniqueConstraint("key", "language"),)
    kind = "article"

    key: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    title: Mapped[str]
    category: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    phrasings: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    related: Mapped[str] = mapped_column(default="")
    helpful: Mapped[int] = mapped_column(default=0)
    unhelpful: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]


class ArticleVersion(Base):
    """What an article said once; the store writes one with every change of it, numbered from 1.

    ``saved_by`` is the actor's text form ("user:3", "system").
    """

    __tablename__ = "article_version"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    number: Mapped[int]
    title: Mapped[str]
    category: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    phrasings: Mapped[str] = mapped_column(Text)
    related: Mapped[str]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str]


class ArticleVerdict(Base):
    """Somebody said whether an article helped with their question (empty: they opened it from a list)."""

    __tablename__ = "article_verdict"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    question: Mapped[str] = mapped_column(Text)
    helpful: Mapped[bool]
    at: Mapped[datetime] = mapped_column(index=True)
    said_by: Mapped[str]


class UnansweredReason(StrEnum):
    """Why a question counts as unanswered. CHOICES: titles were offered; UNHELPFUL: the article quoted did not help."""

    NOTHING = "nothing"
    CHOICES = "choices"
    UNHELPFUL = "unhelpful"


class UnansweredQuestion(Base):
    """A question no article answered, as it was asked: what the help centre should say next.

    ``asked_by`` is the actor's text form ("contact:7", "anonymous:9").
    """

    __tablename__ = "unanswered_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)
    asked_by: Mapped[str]
    reason: Mapped[UnansweredReason] = mapped_column(default=UnansweredReason.NOTHING, server_default="nothing")
