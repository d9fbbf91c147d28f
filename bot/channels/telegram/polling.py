"""Long polling that loses nothing: an update is confirmed to Telegram by the next request, and only once it is safe.

The library's own updater confirms before anything is processed, so a crash loses what it had fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TimedOut

from bot.channels.telegram.connection import seconds_of
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.updates import ALLOWED_UPDATES
from crm_store.errors import DatabaseUnavailable

_BATCH = 100
_LONGEST_PAUSE = 30.0
_REFUSALS = 5
"""So often an update may fail unexpectedly before it is logged and passed over."""
_log = structlog.get_logger(__name__)


class Poller:
    """Fetches updates and takes them in, one after the other."""

    def __init__(
        self, bot: Bot, intake: Intake, *, seconds: int, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._bot = bot
        self._intake = intake
        self._seconds = seconds
        self._sleep = sleep
        self._offset: int | None = None
        self._failures = 0
        self._refusals = 0

    async def run(self) -> None:
        """Until cancelled. Without a network, a token or a database it tries again, ever more slowly."""
        while True:
            try:
                await self.poll_once()
                self._failures = 0
            except TimedOut:
                continue
            except InvalidToken:
                _log.error("telegram_token_refused", hint="check TELEGRAM_BOT_TOKEN; see docs/telegram.md")
                await self._sleep(_LONGEST_PAUSE)
            except RetryAfter as err:
                await self._sleep(seconds_of(err))
            except Exception as err:  # noqa: BLE001 - the edge of the loop: it must outlive whatever goes wrong
                self._failures += 1
                _log.warning("polling_failed", error=type(err).__name__, detail=str(err))
                await self._sleep(min(2.0**self._failures / 2, _LONGEST_PAUSE))

    async def poll_once(self) -> None:
        """Fetch what has come and take it in. What raises here comes again with the next."""
        updates = await self._bot.get_updates(
            offset=self._offset, limit=_BATCH, timeout=self._seconds, allowed_updates=ALLOWED_UPDATES
        )
        for update in updates:
            try:
                await self._intake.take(update)
            except DatabaseUnavailable:
                raise
            except Exception:  # the edge of the loop: one update nobody can take in must not silence the bot for ever
                self._refusals += 1
                if self._refusals < _REFUSALS:
                    raise
                _log.exception("update_given_up", update=update.to_json())
            self._refusals = 0
            self._offset = update.update_id + 1
