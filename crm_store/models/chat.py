"""Talk: who is who on which channel, conversations, and what came in and goes out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base
from crm_store.models.customers import Contact
from crm_store.models.people import User


class InboxStatus(StrEnum):
    """How far an incoming message has come. HELD: kept until its channel has found out who its sender is."""

    HELD = "held"
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"


class OutboxStatus(StrEnum):
    """How far an outgoing message has come. ATTEMPTING without an end is an ambiguous send."""

    QUEUED = "queued"
    ATTEMPTING = "attempting"
    DELIVERED = "delivered"
    FAILED = "failed"


class ChannelIdentity(Base):
    """Who a channel's user is to us; neither user nor contact means: not identified.

    ``vouched_at``: the channel itself knows who this is (a signed session) and said so last then. Otherwise a contact
    is known by proofs of their own (``IdentityProof``).
    ``unreachable_since``: the platform refused to deliver to them (the bot is blocked); they have not written since.
    """

    __tablename__ = "channel_identity"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    external_id: Mapped[str]
    display_name: Mapped[str] = mapped_column(default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    proven_at: Mapped[datetime | None]
    vouched_at: Mapped[datetime | None]
    unreachable_since: Mapped[datetime | None]
    created_at: Mapped[datetime]

    user: Mapped[User | None] = relationship()
    contact: Mapped[Contact | None] = relationship()


class Conversation(Base):
    """One thread of talk on one channel. ``focus``, ``dialogue`` and ``pending`` are the talk's memory (JSON).

    ``interrupted`` is the request that waits until somebody has shown who they are.
    """

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    external_id: Mapped[str]
    created_at: Mapped[datetime]
    last_message_at: Mapped[datetime]
    focus: Mapped[dict[str, Any]] = mapped_column(default=dict)
    dialogue: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pending: Mapped[dict[str, Any]] = mapped_column(default=dict)
    interrupted: Mapped[dict[str, Any] | None]


class Message(Base):
    """One line of a conversation's transcript. ``author`` is "user:3", "contact:7", "anonymous:9" or "assistant"."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    author: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"), index=True)


class Inbox(Base):
    """An incoming message, kept before the platform hears "received". (source, event_id) drops repeats.

    ``place`` is what the channel needs to answer where the message was said (JSON in the channel's own terms).
    """

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("source", "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    event_id: Mapped[str]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("channel_identity.id"))
    text: Mapped[str] = mapped_column(Text, default="")
    payload: Mapped[str | None]
    attachments: Mapped[list[Any]] = mapped_column(default=list)
    place: Mapped[dict[str, Any] | None]
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime]
    status: Mapped[InboxStatus] = mapped_column(default=InboxStatus.RECEIVED, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    trace: Mapped[dict[str, Any]] = mapped_column(default=dict)

    conversation: Mapped[Conversation] = relationship()
    identity: Mapped[ChannelIdentity] = relationship()


class Outbox(Base):
    """An outgoing message, written in the turn's transaction and delivered after it. ``key`` drops repeats."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"), index=True)
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    status: Mapped[OutboxStatus] = mapped_column(default=OutboxStatus.QUEUED, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    error: Mapped[str | None]

    conversation: Mapped[Conversation] = relationship()


class DeliveredPiece(Base):
    """A message of the platform that is part of an outgoing one; a delivery that broke off goes on behind the last."""

    __tablename__ = "delivered_piece"

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str]
    at: Mapped[datetime]


class Offer(Base):
    """A button the assistant made: what pressing it does, who may press it, until when, and whether it was.

    ``token`` is all that travels to the channel. ``group`` ties the buttons of one reply: a used single-use offer
    uses up its group.
    """

    __tablename__ = "offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    group: Mapped[str] = mapped_column(index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("channel_identity.id"))
    label: Mapped[str]
    command: Mapped[str] = mapped_column(Text)
    single_use: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInLink(Base):
    """A one-time link that signs a colleague or a customer in; only the token's SHA-256 (hex) is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SlackInstallation(Base):
    """One Slack workspace (or Enterprise Grid organisation) the app is installed in; ``sealed`` is encrypted."""

    __tablename__ = "slack_installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    sealed: Mapped[str] = mapped_column(Text)
    installed_at: Mapped[datetime]


Index("ix_inbox_conversation_status", Inbox.conversation_id, Inbox.status)
Index("ix_outbox_status_next", Outbox.status, Outbox.next_attempt_at)
Index("ix_offer_conversation_created", Offer.conversation_id, Offer.created_at)
