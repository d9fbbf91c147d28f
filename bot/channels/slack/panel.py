"""The assistant beside what one is reading: what is suggested there, and what conversations are called.

Slack has two such views. With ``agent_view`` the conversation is the direct messages, whose opening and surroundings
come as ``app_home_opened`` and ``app_context_changed``; with the older ``assistant_view`` each is a thread of its own,
announced by ``assistant_thread_started``. In both a thread is a conversation like any other thread.

Nothing of it is worth keeping or waiting for: what is lost is suggested again when somebody looks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from sqlalchemy import select

from bot.channels.gateway import Gateway
from bot.channels.slack.blocks.texts import shortened
from bot.channels.slack.calls import NETWORK_ERRORS, Workspace
from bot.channels.slack.desk import Desk, NotAColleague
from bot.channels.slack.hearing import Said
from bot.channels.slack.places import person_key
from bot.messages import Receipt
from crm_store.models import Inbox

_log = structlog.get_logger(__name__)
TITLE = 60
"""Characters of a conversation's title."""
_CHANNEL_TYPE = "slack#/types/channel_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Somebody looks at the assistant. ``channel`` is their direct messages, None when not told; ``thread`` the
    conversation there, if it is one of its own; ``beside`` the channel they are reading."""

    user: str
    channel: str | None
    thread: str | None = None
    beside: str | None = None


def read_opened(body: Mapping[str, Any]) -> Opened | None:
    """Read one of the events that say so; None for other events and for the home tab."""
    event = body.get("event") or {}
    match event.get("type"):
        case "assistant_thread_started" | "assistant_thread_context_changed":
            thread = event.get("assistant_thread") or {}
            return Opened(
                user=str(thread.get("user_id") or ""),
                channel=thread.get("channel_id"),
                thread=thread.get("thread_ts"),
                beside=(thread.get("context") or {}).get("channel_id"),
            )
        case "app_home_opened" if event.get("tab") == "messages":
            return Opened(user=str(event.get("user")), channel=event.get("channel"), beside=_beside(event))
        case "app_context_changed":
            # Slack documents this event without its user, who is then the one it is authorised for.
            people = [each for each in body.get("authorizations") or () if not each.get("is_bot")]
            user = event.get("user") or (people[0].get("user_id") if people else None)
            return Opened(user=str(user), channel=event.get("channel"), beside=_beside(event)) if user else None
    return None


def _beside(event: Mapping[str, Any]) -> str | None:
    entities = (event.get("context") or {}).get("entities") or ()
    return next((str(each["value"]) for each in entities if each.get("type") == _CHANNEL_TYPE), None)


class Panel:
    """Suggests prompts and names conversations. Belongs to one event loop; errors are only logged."""

    def __init__(self, gateway: Gateway, desk: Desk) -> None:
        self._gateway = gateway
        self._desk = desk

    async def opened(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """Suggest what this person might ask where they are; to somebody we do not know, nothing."""
        opened = read_opened(body)
        if opened is None:
            return
        person = person_key(workspace.team, opened.user)
        try:
            name = await self._name_of(opened.beside, workspace)
            prompts = await asyncio.to_thread(self._desk.prompts, person, channel=opened.beside, channel_name=name)
            channel = opened.channel
            if channel is None:
                channel = (await workspace.asking.conversations_open(users=opened.user))["channel"]["id"]
            await workspace.asking.assistant_threads_setSuggestedPrompts(
                channel_id=str(channel),
                thread_ts=opened.thread,
                prompts=[{"title": prompt, "message": prompt} for prompt in prompts],
            )
        except NotAColleague:
            return
        except (SlackApiError, *NETWORK_ERRORS) as error:
            _log.info("prompts_not_suggested", error=str(error))

    async def name(self, workspace: Workspace, said: Said, text: str, receipt: Receipt) -> None:
        """Call a conversation by the first thing said in it."""
        title = shortened(text, TITLE)
        if not title or not await asyncio.to_thread(self._is_first, receipt):
            return
        try:
            await workspace.asking.assistant_threads_setTitle(
                channel_id=said.channel, thread_ts=said.thread or said.ts, title=title
            )
        except (SlackApiError, *NETWORK_ERRORS) as error:
            _log.info("conversation_not_named", error=str(error))

    async def _name_of(self, channel: str | None, workspace: Workspace) -> str:
        """The name of the channel somebody is reading; "" where we may not look."""
        if channel is None:
            return ""
        try:
            found = await workspace.asking.conversations_info(channel=channel)
        except SlackApiError:
            return ""
        return str(found["channel"].get("name") or "")

    def _is_first(self, receipt: Receipt) -> bool:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            first = select(Inbox.id).where(Inbox.conversation_id == receipt.conversation_id).order_by(Inbox.id)
            return uow.session.scalar(first.limit(1)) == receipt.inbox_id
