"""Where colleagues are: the conversation in which each is spoken to unasked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Exists, and_, exists, select
from sqlalchemy.orm import Session

from crm_store.models import ChannelIdentity, Conversation, User

NO_INBOX = "terminal"
"""The terminal shows answers only; nobody watches it between two commands."""


class Place(NamedTuple):
    """A conversation that is somebody's own, and whose buttons they may press there."""

    conversation: Conversation
    identity_id: int


def reachable() -> Exists:
    """The condition that a user has a conversation of their own on a channel that can be spoken on."""
    return exists().where(ChannelIdentity.user_id == User.id, _own_conversation())


def find_places(
    session: Session, user_ids: Collection[int], *, preferred: Mapping[int, Sequence[str]]
) -> dict[int, list[Place]]:
    """The places of each user, the best first: by their preferred channels, then where they have spoken last.

    Only conversations of their own count. A thread others read is never a place for what is meant for one.
    """
    rows = session.execute(
        select(ChannelIdentity.user_id, ChannelIdentity.id, Conversation)
        .join(Conversation, _own_conversation())
        .where(ChannelIdentity.user_id.in_(sorted(user_ids)))
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
    ).all()
    places: dict[int, list[Place]] = {}
    for user_id, identity_id, conversation in rows:
        if user_id is not None:
            places.setdefault(user_id, []).append(Place(conversation, identity_id))
    for user_id, found in places.items():
        order = list(preferred.get(user_id, ()))
        found.sort(key=lambda place: _rank(place.conversation.channel, order))
    return places


def _rank(channel: str, order: list[str]) -> int:
    return order.index(channel) if channel in order else len(order)


def _own_conversation() -> ColumnElement[bool]:
    return and_(
        ChannelIdentity.channel == Conversation.channel,
        ChannelIdentity.external_id == Conversation.external_id,
        ChannelIdentity.channel != NO_INBOX,
    )
