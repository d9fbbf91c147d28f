"""Taking updates in: committed first, then everything that may fail without harm."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog
from telegram import Bot, Update
from telegram.error import TelegramError

from actions.words import Words
from bot.channels.gateway import Gateway
from bot.channels.telegram.files import FileFetcher
from bot.channels.telegram.sending import CHANNEL, TelegramChannel
from bot.channels.telegram.updates import Blocked, GroupTalk, to_heard
from bot.messages import InboundMessage
from crm_store.delivery import note_unreachable

_log = structlog.get_logger(__name__)


class Intake:
    """Commits updates to the inbox. An update taken in twice changes nothing."""

    def __init__(
        self,
        bot: Bot,
        gateway: Gateway,
        channel: TelegramChannel,
        files: FileFetcher,
        words: Words,
        *,
        source: str,
        file_bytes: int,
    ) -> None:
        self._bot = bot
        self._gateway = gateway
        self._channel = channel
        self._files = files
        self._words = words
        self._source = source
        self._file_bytes = file_bytes
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, update: Update) -> None:
        """Returns once what the update says is safe; raises DatabaseUnavailable when it is not."""
        heard = to_heard(update, source=self._source, now=self._gateway.clock(), file_bytes=self._file_bytes)
        match heard:
            case InboundMessage():
                receipt = await self._gateway.receive(heard)
                if not receipt.repeat:
                    self._spawn(self._channel.show_typing(heard.conversation))
                self._spawn(self._files.fetch(heard.attachments))
            case GroupTalk():
                self._spawn(self._leave(heard.chat))
            case Blocked():
                now = self._gateway.clock()
                await asyncio.to_thread(note_unreachable, self._gateway.store, CHANNEL, heard.chat, now=now)
        if update.callback_query is not None:
            # Also when it is a repeat or nothing of ours: the phone shows a spinner until it is answered.
            self._spawn(self._acknowledge(update.callback_query.id))

    async def settle(self) -> None:
        """Wait for what is done beside."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _acknowledge(self, query_id: str) -> None:
        try:
            await self._bot.answer_callback_query(query_id)
        except TelegramError as err:
            # Too old after a long stop: the phone has given up waiting by itself.
            _log.info("press_not_acknowledged", detail=str(err))

    async def _leave(self, chat: int) -> None:
        """Say that this is for private talk only, and go: in a group one customer would read another's answers."""
        try:
            me = await self._bot.get_me()
            await self._bot.send_message(chat, self._words.say("utter_no_groups", link=f"https://t.me/{me.username}"))
        except TelegramError as err:
            _log.info("group_not_told", chat=chat, detail=str(err))
        try:
            await self._bot.leave_chat(chat)
        except TelegramError as err:
            _log.info("group_not_left", chat=chat, detail=str(err))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
