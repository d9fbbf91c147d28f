"""Somebody who writes faster than anybody can read is asked once, calmly, to slow down; what they wrote is kept.

Colleagues are never held back, and neither is a customer who is talking to a person: that person sees every line.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.settings import Abuse
from crm_store.models import ChannelIdentity, Handover, Inbox, Message

WINDOW = timedelta(minutes=1)
ONCE_IN = timedelta(minutes=10)
"""So long the sentence is not said again."""


def is_flooding(session: Session, inbox: Inbox, limits: Abuse) -> bool:
    """Whether this message is more than a person, or all customers together, may send in WINDOW."""
    if inbox.identity.user_id is not None:
        return False
    talking = select(Handover.id).where(Handover.conversation_id == inbox.conversation_id, Handover.ended_at.is_(None))
    if session.scalar(talking.limit(1)) is not None:
        return False
    since = inbox.received_at - WINDOW
    lately = select(func.count(Inbox.id)).where(Inbox.received_at > since, Inbox.id <= inbox.id)
    own = session.scalar(lately.where(Inbox.identity_id == inbox.identity_id)) or 0
    if own > limits.per_person_a_minute:
        return True
    if own > 1:
        customers = lately.join(ChannelIdentity, Inbox.identity_id == ChannelIdentity.id)
        return (session.scalar(customers.where(ChannelIdentity.user_id.is_(None))) or 0) > limits.in_all_a_minute
    # Whoever writes their first line is answered, however many others write: the flood is not theirs.
    return False


def was_told(session: Session, inbox: Inbox, sentence: str) -> bool:
    """Whether this conversation was asked to slow down lately."""
    said = select(Message.id).where(
        Message.conversation_id == inbox.conversation_id,
        Message.author == "assistant",
        Message.text == sentence,
        Message.at > inbox.received_at - ONCE_IN,
    )
    return session.scalar(said.limit(1)) is not None
