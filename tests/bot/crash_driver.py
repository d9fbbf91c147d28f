"""A process that runs the real service on a database and kills itself, without any farewell, at a named step.

    python -m tests.bot.crash_driver URL HOME STEP COUNT < messages.jsonl

Each line of the input is a message (conversation, person, event_id, text or token); after the last one a tick says
what is due. At the COUNTth time STEP is
reached the process sends itself SIGKILL; with "never" it does all the work.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from bot.bootstrap import bootstrap
from bot.messages import InboundMessage
from bot.scheduler.ticks import speak_up
from bot.service import Service
from bot.turn import OnStep
from crm_store.store import Store
from tests.assistants import NOW, settings_at
from tests.bot.speaking import RecordingChannel
from tests.fakes import FakeEngine


class Killer:
    """Kills the process at the countth time a step is reached."""

    def __init__(self, step: str, count: int) -> None:
        self._step = step
        self._left = count

    def __call__(self, step: str) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


async def _run(service: Service, lines: list[str]) -> None:
    await service.recover()
    await service.settle()
    for line in lines:
        said = json.loads(line)
        await service.receive(
            InboundMessage(
                source="web",
                channel="web",
                event_id=said["event_id"],
                conversation=said["conversation"],
                sender=said["person"],
                person=said["person"],
                sent_at=NOW,
                text=said.get("text", ""),
                token=said.get("token"),
            )
        )
        await service.settle()
    await speak_up(service)
    await service.settle()


def serve(store: Store, home: Path, lines: list[str], on_step: OnStep = lambda _step: None) -> None:
    """Recover, then take the messages one after the other, each answered and delivered before the next."""
    settings = settings_at(home, str(store.engine.url))
    assistant = bootstrap(settings, clock=lambda: NOW, on_step=on_step, store=store, engine=FakeEngine())
    service = Service(assistant.pipeline, home=settings.home)
    service.register(RecordingChannel())
    asyncio.run(_run(service, lines))


def main() -> None:
    """Run the messages of standard input through the service."""
    url, home, step, count = sys.argv[1:]
    store = Store(url)
    serve(store, Path(home), sys.stdin.read().splitlines(), Killer(step, int(count)))
    store.close()


if __name__ == "__main__":
    main()
