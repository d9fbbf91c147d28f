"""The real service with the real Telegram channel, on an event loop in a thread, talking to the stand-in."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

import uvicorn
from starlette.applications import Starlette

from bot.bootstrap import Assistant
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import WEBHOOK_PATH, Limits, TelegramSettings
from bot.service import Service
from tests.telegram.platform import TOKEN
from tests.telegram.serving import TelegramStandIn

T = TypeVar("T")

QUICK = Limits(overall_per_second=1_000, chat_burst=1_000, chat_seconds=1)
"""No pacing of our own, for tests of everything else."""


class RunningTelegram:
    """A context manager: inside, what people do on the stand-in is answered."""

    def __init__(
        self, assistant: Assistant, stand_in: TelegramStandIn, *, limits: Limits = QUICK, webhook: bool = False
    ) -> None:
        self._assistant = assistant
        self._listener = socket.create_server(("127.0.0.1", 0)) if webhook else None
        port = self._listener.getsockname()[1] if self._listener is not None else 0
        self._settings = TelegramSettings(
            token=TOKEN,
            api_url=stand_in.url,
            limits=limits,
            poll_seconds=5,
            webhook_url=f"http://127.0.0.1:{port}" if webhook else None,
            webhook_secret="a-secret-of-the-tests",
        )
        self.webhook_url = f"{self._settings.webhook_url}{WEBHOOK_PATH}"
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
        site = self._site(telegram)
        serving = asyncio.create_task(site.serve(sockets=[self._listener])) if site and self._listener else None
        self._started.set()
        await self._stop.wait()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        if site is not None and serving is not None:
            site.should_exit = True
            await serving
        await self.service.settle()
        await telegram.close()

    def _site(self, telegram: Telegram) -> uvicorn.Server | None:
        if self._listener is None:
            return None
        return uvicorn.Server(
            uvicorn.Config(Starlette(routes=telegram.routes()), log_config=None, access_log=False, lifespan="off")
        )

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
