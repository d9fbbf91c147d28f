"""A process that runs the real service in the stand-in's workspace, to be killed at any moment.

    python -m tests.slack.slack_process HOME API_URL [STEP COUNT]

With STEP it sends itself SIGKILL at the COUNTth time this step of a turn is reached (see bot.turn.OnStep). Messages are
commands (tests.fakes.FakeEngine). "ready" is printed once it is connected.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import structlog

from bot.bootstrap import bootstrap, open_store
from bot.channels.slack.runtime import SlackRuntime
from bot.channels.slack.settings import SlackSettings
from bot.service import Service
from tests.assistants import settings_at
from tests.bot.crash_driver import Killer
from tests.fakes import FakeEngine
from tests.slack.assistant_in_slack import running_clock
from tests.slack.standin.workspace import APP_TOKEN, BOT_TOKEN


async def _run(home: Path, api_url: str, killer: Killer | None) -> None:
    settings = settings_at(home)
    made = bootstrap(
        settings,
        clock=running_clock,
        store=open_store(settings),
        engine=FakeEngine(),
        on_step=killer or (lambda _step: None),
    )
    service = Service(made.pipeline, home=home)
    slack = SlackSettings(bot_token=BOT_TOKEN, app_token=APP_TOKEN, api_url=api_url)
    runtime = SlackRuntime(service, slack, made.pipeline)
    await service.recover()
    await runtime.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Run until killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    home, api_url, *crash = sys.argv[1:]
    asyncio.run(_run(Path(home), api_url, Killer(crash[0], int(crash[1])) if crash else None))


if __name__ == "__main__":
    main()
