"""Fetching what customers send, after the message itself is safe."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from crm_store.models import Inbox
from crm_store.store import Store

_ATTEMPTS = 5
_AT_ONCE = 4
_KEPT_BY_TELEGRAM = timedelta(days=2)
_log = structlog.get_logger(__name__)


class FileFetcher:
    """Fetches the files that attachments name into the data directory. What a crash leaves missing is fetched later."""

    def __init__(self, bot: Bot, files: Path, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._bot = bot
        self._files = files
        self._sleep = sleep
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def fetch(self, attachments: Sequence[dict[str, Any]]) -> None:
        """Fetch what is not there yet; a file Telegram does not give out in several attempts is logged and missing."""
        for attachment in attachments:
            if "path" in attachment:
                async with self._at_once:
                    await self._persistently(attachment, self._files / attachment["path"])

    async def _persistently(self, attachment: dict[str, Any], place: Path) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            if await asyncio.to_thread(place.exists):
                return
            try:
                file = await self._bot.get_file(attachment["file_id"])
                data = bytes(await file.download_as_bytearray())
                await asyncio.to_thread(_write, place, data)
            except BadRequest as err:
                _log.warning("file_not_given_out", file=place.name, detail=str(err))
                return
            except (TelegramError, OSError) as err:
                _log.warning("file_not_fetched", file=place.name, attempt=attempt, detail=str(err))
                await self._sleep(2.0**attempt)

    async def catch_up(self, store: Store, source: str, now: datetime) -> None:
        """Fetch what was received lately and is missing; raises DatabaseUnavailable."""
        await self.fetch(await asyncio.to_thread(self._missing, store, source, now))

    def _missing(self, store: Store, source: str, now: datetime) -> list[dict[str, Any]]:
        lately = (Inbox.source == source, Inbox.received_at > now - _KEPT_BY_TELEGRAM)
        with store.unit_of_work(now=now, read_only=True) as uow:
            kept = [each for row in uow.session.scalars(select(Inbox.attachments).where(*lately)) for each in row]
        return [each for each in kept if "path" in each and not (self._files / each["path"]).exists()]


def _write(place: Path, data: bytes) -> None:
    """All of it or nothing: a half written file would count as fetched."""
    place.parent.mkdir(parents=True, exist_ok=True)
    passing = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        passing.write_bytes(data)
        passing.replace(place)
    finally:
        with contextlib.suppress(FileNotFoundError):
            passing.unlink()
