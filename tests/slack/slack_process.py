"""A process that runs the real service in the stand-in's workspace, to be killed at any moment.

    python -m tests.slack.slack_process HOME API_URL [STEP COUNT]

With STEP it sends itself SIGKILL at the COUNTth time this step of a turn is reached (see bot.turn.OnStep); with "hang"
as COUNT it gets no further, and whoever waits sees that soon. Messages are commands (tests.fakes.FakeEngine). "ready"
is printed once it is connected.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import structlog

from bot.bootstrap import bootstrap
from bot.channels.slack.runtime import SlackRuntime
from bot.channels.slack.settings import SlackSettings
from bot.opening import open_store
from bot.service import Service
from bot.turn import OnStep
from tests.assistants import settings_at
from tests.bot.crash_driver import Killer
from tests.fakes import FakeEngine
from tests.slack.assistant_in_slack import running_clock
from tests.slack.standin.workspace import APP_TOKEN, BOT_TOKEN


class Hanger:
    """Stops for ever at a step."""

    def __init__(self, step: str) -> None:
        self._step = step

    def __call__(self, step: str) -> None:
        if step == self._step:
            threading.Event().wait()


async def _impatient(_seconds: float) -> None:
    await asyncio.sleep(0.1)


async def _run(home: Path, api_url: str, on_step: OnStep | None) -> None:
    settings = settings_at(home)
    made = bootstrap(
        settings,
        clock=running_clock,
        store=open_store(settings),
        engine=FakeEngine(),
        on_step=on_step or (lambda _step: None),
    )
    service = Service(made.pipeline, home=home)
    slack = SlackSettings(bot_token=BOT_TOKEN, app_token=APP_TOKEN, api_url=api_url)
    sleep = _impatient if isinstance(on_step, Hanger) else asyncio.sleep
    runtime = SlackRuntime(service, slack, made.pipeline, sleep=sleep)
    await service.recover()
    await runtime.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Run until killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    home, api_url, *crash = sys.argv[1:]
    on_step: OnStep | None = None
    if crash:
        step, count = crash
        on_step = Hanger(step) if count == "hang" else Killer(step, int(count))
    asyncio.run(_run(Path(home), api_url, on_step))


if __name__ == "__main__":
    main()
