"""The Telegram channel put together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.routing import Route
from telegram import BotCommand
from telegram.error import TelegramError

from actions.words import Words
from bot.channels.gateway import Gateway
from bot.channels.telegram.connection import open_bot
from bot.channels.telegram.files import FileFetcher
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.pacing import Pacing
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.sending import TelegramChannel
from bot.channels.telegram.settings import WEBHOOK_PATH, TelegramSettings
from bot.channels.telegram.updates import ALLOWED_UPDATES
from bot.channels.telegram.webhook import Webhook
from crm_store.errors import DatabaseUnavailable

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 10.0


class Telegram:
    """Updates in and messages out. ``run`` is a task of the service's event loop."""

    def __init__(
        self,
        gateway: Gateway,
        words: Words,
        settings: TelegramSettings,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gateway = gateway
        self._words = words
        self._settings = settings
        self._sleep = sleep
        self._bot = open_bot(settings)
        # Update numbers are the bot's own: another bot's would look like repeats.
        self._source = f"telegram:{settings.token.partition(':')[0]}"
        channel = TelegramChannel(self._bot, gateway.store, gateway.clock, Pacing(settings.limits))
        self._files = FileFetcher(self._bot, gateway.home / "files", sleep=sleep)
        self.intake = Intake(
            self._bot,
            gateway,
            channel,
            self._files,
            words,
            source=self._source,
            file_bytes=settings.limits.file_bytes,
        )
        gateway.register(channel)

    def routes(self) -> list[Route]:
        """Where Telegram posts to, when it does."""
        if self._settings.webhook_url is None:
            return []
        webhook = Webhook(self._bot, self.intake, secret=self._settings.webhook_secret)
        return [Route(WEBHOOK_PATH, webhook.receive, methods=["POST"])]

    async def run(self) -> None:
        """Take updates in until cancelled."""
        await self._introduce()
        catching_up = asyncio.create_task(self._catch_up())
        try:
            if self._settings.webhook_url is None:
                await Poller(self._bot, self.intake, seconds=self._settings.poll_seconds, sleep=self._sleep).run()
            await catching_up
        finally:
            catching_up.cancel()

    async def close(self) -> None:
        """Give the connections back, when nothing is to be delivered any more."""
        await self.intake.settle()
        await self._bot.shutdown()

    async def _introduce(self) -> None:
        """Tell Telegram how updates reach us and what the menu offers; again and again while it is out of reach."""
        url = self._settings.webhook_url
        while True:
            try:
                await self._bot.initialize()
                if url is None:
                    await self._bot.delete_webhook()
                else:
                    # One request at a time, so that two messages of a chat never overtake each other.
                    await self._bot.set_webhook(
                        url + WEBHOOK_PATH,
                        secret_token=self._settings.webhook_secret,
                        max_connections=1,
                        allowed_updates=ALLOWED_UPDATES,
                    )
                names = ("help", "human", "cancel")
                menu = [BotCommand(name, self._words.label(f"command_{name}")) for name in names]
                await self._bot.set_my_commands(menu)
            except TelegramError as err:
                _log.warning("telegram_not_reached", error=type(err).__name__, detail=str(err))
                await self._sleep(_RETRY_SECONDS)
            else:
                _log.info("telegram_ready", bot=self._bot.username, updates="polled" if url is None else "posted")
                return

    async def _catch_up(self) -> None:
        try:
            await self._files.catch_up(self._gateway.store, self._source, self._gateway.clock())
        except DatabaseUnavailable as err:
            _log.warning("files_not_caught_up", detail=str(err))
