"""The person's own words behind a request, also when a button stands for it."""

from __future__ import annotations

from sqlalchemy import select

from actions.turn import Turn
from crm_store.models import Message

MAX_WORDS = 4_000
"""So many characters of somebody's words are kept in a ticket; a message may be five times as long."""


def own_words(turn: Turn) -> str:
    """What the person wrote: this message, or the one before when they only pressed the button with its meaning."""
    text = turn.call.words.strip()
    label = f"utter_label_intent_{turn.call.intent}"
    if text and not (turn.words.has(label) and text == turn.words.say(label)):
        return text[:MAX_WORDS]
    return words_before(turn)


def words_before(turn: Turn) -> str:
    """What the person wrote before this message in this conversation; "" when it is the first."""
    # The message being answered joins the transcript when its turn ends, so the latest one is the message before.
    before = turn.session.scalar(
        select(Message.text)
        .where(Message.conversation_id == turn.conversation.id, Message.author == str(turn.actor))
        .order_by(Message.id.desc())
        .limit(1)
    )
    return (before or "").strip()[:MAX_WORDS]


def said_date(turn: Turn) -> str | None:
    """The date as it was said. Its canonical value looks ahead ("March" is the next one), and some skills look back."""
    return next((entity.text or entity.value for entity in turn.call.entities if entity.entity == "date"), None)
