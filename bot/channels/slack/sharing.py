"""Showing to the whole channel what only the asker has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.channels.slack.blocks import SlackMessage
from bot.channels.slack.blocks.controls import SHARE, button
from bot.channels.slack.places import ConversationKey, is_direct
from bot.notices import is_queued
from crm_store.models import ChannelIdentity, Inbox, Outbox, OutboxStatus
from crm_store.store import Store


def with_share_button(messages: list[SlackMessage], *, label: str, outbox_id: int) -> list[SlackMessage]:
    """The messages with "Show here" under the last; ``outbox_id`` says which answer it shows."""
    *before, last = messages
    shares = {"type": "actions", "elements": [button(label, SHARE, value=str(outbox_id))]}
    return [*before, replace(last, blocks=[*last.blocks, shares])]


class Sharing:
    """Puts an answer a second time into the outbox, for everybody. Synchronous."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def share(self, outbox_id: int, *, person: str, channel: str) -> int | None:
        """Show an answer in the channel where ``person`` got it; the conversation to wake, or None when it may not be.

        Only whom the answer was for may show it, while they are a colleague; a second click changes nothing.
        """
        with self._store.unit_of_work(now=self._clock()) as uow:
            row = uow.session.get(Outbox, outbox_id)
            inbox = uow.session.get(Inbox, row.inbox_id) if row is not None and row.inbox_id is not None else None
            if row is None or inbox is None or is_direct(channel) or not _is_theirs(inbox.identity, person):
                return None
            key = f"shared:{outbox_id}"
            if not is_queued(uow.session, key):
                thread = ConversationKey.parse(row.conversation.external_id).thread
                # What can be changed stays with the asker; the others read only.
                parts = [{**part, "edits": []} if "edits" in part else part for part in row.body.get("parts", ())]
                body = {"parts": parts, "buttons": [], "shown_in": [channel, thread]}
                uow.session.add(
                    Outbox(
                        key=key,
                        conversation_id=row.conversation_id,
                        inbox_id=row.inbox_id,
                        body=body,
                        created_at=uow.now,
                        status=OutboxStatus.QUEUED,
                    )
                )
                uow.commit()
            return row.conversation_id


def _is_theirs(identity: ChannelIdentity, person: str) -> bool:
    return identity.external_id == person and identity.user is not None and identity.user.active
