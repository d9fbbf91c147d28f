"""The support desk: who talks to whom, what was promised and kept, what customers thought of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base
from crm_store.models.chat import Conversation
from crm_store.models.customers import Contact
from crm_store.models.people import User
from crm_store.models.support import Ticket


class SupportEventKind(StrEnum):
    """What happened at the desk. The comments name what ``SupportEvent.data`` holds; minutes are business minutes."""

    OPENED = "opened"  # category, priority
    ASSIGNED = "assigned"  # to, how ("round_robin", "least_busy", "skill", "by_hand")
    TAKEN = "taken"  # minutes from a hand-over to the first answer of a person
    FIRST_RESPONSE = "first_response"  # minutes, kept (None: not promised), wall_seconds, handover
    RESPONSE = "response"  # minutes the customer waited, kept
    SOLVED = "solved"  # how, minutes (without the time that waited for the customer), kept
    CLOSED = "closed"  # how
    REOPENED = "reopened"  # by ("customer", "agent"), hours since it was solved
    MERGED = "merged"  # into (ticket id)
    SLA_WARNED = "sla_warned"  # clock, due
    SLA_BROKEN = "sla_broken"  # clock, due
    CLOSE_WARNED = "close_warned"
    HANDED_OVER = "handed_over"  # reason ("asked", "unsure", "mood", "rule", "agent"), open (was somebody there)
    HANDED_BACK = "handed_back"  # how (a HandoverEnd)
    CSAT_ASKED = "csat_asked"
    CSAT_ANSWERED = "csat_answered"  # score 1 to 5, how (a SolvedHow)
    NPS_ASKED = "nps_asked"
    NPS_ANSWERED = "nps_answered"  # score 0 to 10
    BOT_RESOLVED = "bot_resolved"  # the customer said that an answer of the bot helped
    RETURNED = "returned"  # came back within 72 hours after "after" ("bot_resolved" or "solved"), hours


class SupportEvent(Base):
    """Something happened that the desk is measured by. Written once per ``key``, never changed."""

    __tablename__ = "support_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[SupportEventKind]
    at: Mapped[datetime]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class HandoverReason(StrEnum):
    """Why a person takes over. AGENT: a colleague wrote to the customer of their own accord."""

    ASKED = "asked"
    UNSURE = "unsure"
    MOOD = "mood"
    RULE = "rule"
    AGENT = "agent"


class HandoverEnd(StrEnum):
    """How the bot got a conversation back. LEFT: who writes there is not known as the ticket's customer any more."""

    HANDED_BACK = "handed_back"
    LEFT = "left"
    TIMED_OUT = "timed_out"
    RESOLVED = "resolved"


class Handover(Base):
    """A customer's conversation in the hands of people, until ``ended_at``; a conversation has one at a time.

    ``answered_at`` is the first reply of a person: from then on the bot is silent. ``waiting_since``: the customer has
    written and nobody has answered yet. ``thread_id`` is the thread of the support channel it appears in,
    ``agent_conversation_id`` the owner's own conversation when they took it there. Its owner is the ticket's assignee.
    """

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    identity_id: Mapped[int] = mapped_column(ForeignKey("channel_identity.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    reason: Mapped[HandoverReason]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    last_message_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[HandoverEnd | None]
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    agent_conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)

    conversation: Mapped[Conversation] = relationship(foreign_keys=[conversation_id])
    ticket: Mapped[Ticket] = relationship()
    thread: Mapped[Conversation | None] = relationship(foreign_keys=[thread_id])


Index(
    "uq_handover_open",
    Handover.conversation_id,
    unique=True,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)


class SurveyKind(StrEnum):
    """CSAT: how was this help (1 to 5). NPS: would you recommend us (0 to 10)."""

    CSAT = "csat"
    NPS = "nps"


class Survey(Base):
    """A question how satisfied somebody is. ``key`` names the occasion: it is asked once.

    ``how`` is how the help ended (a SolvedHow). ``followed_up_at``: a colleague was asked to follow up on a bad score.
    """

    __tablename__ = "survey"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[SurveyKind]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    how: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    followed_up_at: Mapped[datetime | None]

    contact: Mapped[Contact | None] = relationship()
    ticket: Mapped[Ticket | None] = relationship()


class CannedReply(Base):
    """A reply used again and again, by name ("shipping delay").

    ``text`` may hold {name}, {ticket}, {agent} and {company}.
    """

    __tablename__ = "canned_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]


class SupportAgent(Base):
    """How a colleague takes part in support; who has no row takes any ticket. ``skills`` are ticket categories."""

    __tablename__ = "support_agent"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    skills: Mapped[list[Any]] = mapped_column(default=list)
    available: Mapped[bool] = mapped_column(default=True)
    last_assigned_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


Index("ix_support_event_kind_at", SupportEvent.kind, SupportEvent.at)
