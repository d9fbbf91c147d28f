"""A process that answers Telegram on a database until it is killed.

    python -m tests.telegram.worker HOME API_URL

It reads commands instead of language, so that what is measured is the way of messages and not understanding.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import structlog

from bot.bootstrap import bootstrap
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import TelegramSettings
from bot.opening import system_clock
from bot.service import Service
from crm_store.store import Store
from tests.assistants import settings_at
from tests.fakes import FakeEngine
from tests.telegram.platform import TOKEN
from tests.telegram.running import QUICK


async def _run(home: Path, api_url: str) -> None:
    settings = settings_at(home)
    assistant = bootstrap(settings, clock=system_clock, store=Store(settings.database_url), engine=FakeEngine())
    service = Service(assistant.pipeline, home=home)
    telegram = Telegram(
        service,
        assistant.pipeline.words,
        TelegramSettings(token=TOKEN, api_url=api_url, limits=QUICK, poll_seconds=5),
    )
    await service.recover()
    await telegram.run()


def main() -> None:
    """Work until killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    home, api_url = sys.argv[1:]
    asyncio.run(_run(Path(home), api_url))


if __name__ == "__main__":
    main()
