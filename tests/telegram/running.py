"""The real service with the real Telegram channel, on an event loop in a thread, talking to the stand-in."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from bot.bootstrap import Assistant
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import Limits, TelegramSettings
from bot.service import Service
from tests.telegram.platform import TOKEN
from tests.telegram.serving import TelegramStandIn

T = TypeVar("T")

QUICK = Limits(overall_per_second=1_000, chat_burst=1_000, chat_seconds=1)
"""No pacing of our own, for tests of everything else."""


class RunningTelegram:
    """A context manager: inside, what people do on the stand-in is answered."""

    def __init__(self, assistant: Assistant, stand_in: TelegramStandIn, *, limits: Limits = QUICK) -> None:
        self._assistant = assistant
        self._settings = TelegramSettings(token=TOKEN, api_url=stand_in.url, limits=limits, poll_seconds=5)
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.service: Service | None = None

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the service's loop and wait for it."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.service = Service(self._assistant.pipeline, home=self._assistant.settings.home)
        telegram = Telegram(self.service, self._assistant.pipeline.words, self._settings)
        await self.service.recover()
        listening = asyncio.create_task(telegram.run())
        self._started.set()
        await self._stop.wait()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await self.service.settle()
        await telegram.close()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
