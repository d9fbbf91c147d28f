"""A long rain of events, with repeats, reordering and kills; afterwards every effect is counted."""

from __future__ import annotations

import asyncio
import functools
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sqlalchemy import func, select

from bot.channels.slack.people import identity_of, link
from bot.channels.slack.places import person_key
from bot.channels.slack.reconciling import EVENT_TYPE
from bot.settings import PROJECT
from crm_store.models import Inbox, InboxStatus, Outbox, OutboxStatus, Task, User
from crm_store.store import Store
from tests.slack.assistant_in_slack import running_clock
from tests.slack.standin.events import Sent
from tests.slack.standin.server import Standin
from tests.slack.standin.workspace import TEAM


@dataclass(frozen=True, slots=True, kw_only=True)
class Rain:
    """How much is sent, and what goes wrong."""

    events: int
    people: int = 50
    repeats: float = 0.05
    reordered: float = 0.02
    kills: int = 20
    seed: int = 7


@dataclass(slots=True)
class Outcome:
    """What came of it. ``lost`` and ``doubled`` count effects (tasks made) and answers (messages seen).

    ``lines_left`` are "working on it" lines that no answer has replaced.
    """

    events: int
    repeats: int
    kills: int
    lost_effects: int = 0
    doubled_effects: int = 0
    lost_answers: int = 0
    doubled_answers: int = 0
    unacknowledged: int = 0
    violations: list[str] = field(default_factory=list)
    reconciled: int = 0
    lines_left: int = 0


class Process:
    """The assistant as a process of its own, killed and started again."""

    def __init__(self, home: Path, api_url: str) -> None:
        self._home, self._api_url = home, api_url
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *crash: str) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.slack.slack_process",
            str(self._home),
            self._api_url,
            *crash,
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert await self._process.stdout.readline() == b"ready\n"

    async def kill(self) -> None:
        """Kill -9, if it has not died already."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.kill()

    async def died(self) -> int:
        """Wait until it has killed itself."""
        assert self._process is not None
        return await self._process.wait()


def people_of(home: Path, database: Path, standin: Standin, count: int) -> list[str]:
    """A copy of the demo company whose colleagues are in Slack, several accounts each; the accounts' ids."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(database, home / "rapport.db")
    store = Store(f"sqlite:///{home / 'rapport.db'}")
    users = [f"U{number}" for number in range(count)]
    with store.unit_of_work(now=running_clock()) as uow:
        colleagues = uow.session.scalars(select(User).where(User.active.is_(True)).order_by(User.id)).all()
        for number, user in enumerate(users):
            colleague = colleagues[number % len(colleagues)]
            link(uow, identity_of(uow, person_key(TEAM, user)), colleague)
            standin.workspace.add_member(user, colleague.name, colleague.email)
        uow.commit()
    store.close()
    return users


async def soak(
    home: Path, database: Path, rain: Rain, *, progress: Callable[[str], None] = lambda _line: None
) -> Outcome:
    """Let it rain on the assistant; it is done when everything is answered."""
    async with Standin() as standin:
        users = people_of(home, database, standin, rain.people)
        async with Process(home, standin.api_url) as process:
            return await _soak(home, rain, standin=standin, users=users, process=process, progress=progress)


async def _soak(
    home: Path,
    rain: Rain,
    *,
    standin: Standin,
    users: list[str],
    process: Process,
    progress: Callable[[str], None],
) -> Outcome:
    chance = random.Random(rain.seed)
    outcome = Outcome(events=rain.events, repeats=0, kills=rain.kills)
    sent: list[Sent] = []

    async def one_person(user: str, numbers: list[int]) -> None:
        events = [_event(standin, user, number) for number in numbers]
        for place in range(len(events) - 1):
            if chance.random() < rain.reordered:
                events[place], events[place + 1] = events[place + 1], events[place]
        for event in events:
            sent.append(await standin.send("events_api", event))
            if chance.random() < rain.repeats:
                outcome.repeats += 1
                sent.append(await standin.send("events_api", event))

    await process.start()
    numbers = list(range(rain.events))
    storm = asyncio.gather(*(one_person(user, numbers[place :: rain.people]) for place, user in enumerate(users)))
    for number in range(rain.kills):
        target = rain.events * (number + 1) // (rain.kills + 1)
        await standin.until(functools.partial(_reached, sent, target, storm), seconds=7_200)
        await process.kill()
        await process.start()
        progress(f"killed {number + 1} times, {len(sent)} events acknowledged")
    await storm
    store = Store(f"sqlite:///{home / 'rapport.db'}")
    await standin.until(lambda: _all_answered(store, rain.events), seconds=1_800)
    await process.kill()
    _count(outcome, standin, store, sent)
    store.close()
    return outcome


def _reached(sent: list[Sent], target: int, storm: asyncio.Future[Any]) -> bool:
    # A storm that has broken off reaches nothing any more; awaiting it says why.
    return len(sent) >= target or storm.done()


def _event(standin: Standin, user: str, number: int) -> dict[str, Any]:
    room = standin.workspace.direct(user)
    text = f'/create_task{{"subject": "soak {number:06d}", "date": "-"}}'
    message = {"type": "message", "user": user, "text": text, "ts": standin.workspace.ts(), "team": TEAM}
    room.messages.append(message)
    return standin.callback({**message, "channel": room.id, "channel_type": "im", "event_ts": message["ts"]})


def _all_answered(store: Store, events: int) -> bool:
    with store.unit_of_work(now=running_clock(), read_only=True) as uow:
        done = uow.session.scalar(select(func.count(Inbox.id)).where(Inbox.status == InboxStatus.DONE))
        delivered = uow.session.scalar(select(func.count(Outbox.id)).where(Outbox.status == OutboxStatus.DELIVERED))
    return done == events and delivered == events


def _count(outcome: Outcome, standin: Standin, store: Store, sent: list[Sent]) -> None:
    with store.unit_of_work(now=running_clock(), read_only=True) as uow:
        effects = Counter(uow.session.scalars(select(Task.subject).where(Task.subject.startswith("soak "))))
        rows = uow.session.scalars(select(Outbox.id)).all()
    expected = [f"soak {number:06d}" for number in range(outcome.events)]
    outcome.lost_effects = sum(1 for each in expected if each not in effects)
    outcome.doubled_effects = sum(count - 1 for count in effects.values())
    said = [message["metadata"] for message in standin.workspace.said_by_bot()]
    answers = [each["event_payload"]["key"] for each in said if each["event_type"] == EVENT_TYPE]
    outcome.lines_left = len(said) - len(answers)
    keys = Counter(str(key).partition(".")[0] for key in answers)
    outcome.lost_answers = sum(1 for row in rows if str(row) not in keys)
    outcome.doubled_answers = sum(count - 1 for count in keys.values())
    outcome.unacknowledged = sum(1 for each in sent if not each.acknowledged)
    outcome.violations = standin.api.violations
    outcome.reconciled = standin.api.calls["conversations.history"]


def was_killed(code: int) -> bool:
    """Whether a process ended by kill -9."""
    return code == -signal.SIGKILL
