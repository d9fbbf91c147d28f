"""kill -9 at any step: after a restart every message has been handled exactly once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.settings import PROJECT
from crm_store.demo.seeding import seed
from crm_store.models import (
    Account,
    Deal,
    Inbox,
    InboxStatus,
    JournalEntry,
    Message,
    Offer,
    Outbox,
    OutboxStatus,
    Task,
)
from crm_store.schema import upgrade
from crm_store.store import Store
from tests.assistants import NOW
from tests.bot.crash_driver import serve
from tests.bot.speaking import inbox_of, outbox_of, ref_of
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

STEPS = ("received", "claimed", "acted", "before_commit", "committed", "attempting", "delivered", "recorded")


class World:
    """A database, and processes that come and go on it."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self._home = url, home
        self.store = Store(url)
        self.dana = ref_of(self.store, "dana")

    def say(self, event_id: str, text: str = "", **more: str) -> dict[str, Any]:
        """A message of dana's."""
        return {"event_id": event_id, "conversation": "c1", "person": self.dana, "text": text, **more}

    def run(self, messages: list[dict[str, Any]], *, until: str = "never", count: int = 1) -> int:
        """Run a process on the messages; its exit code."""
        process = subprocess.run(
            [sys.executable, "-m", "tests.bot.crash_driver", self.url, str(self._home), until, str(count)],
            input="\n".join(json.dumps(each) for each in messages),
            cwd=PROJECT,
            text=True,
            capture_output=True,
            check=False,
        )
        assert process.returncode in {0, -signal.SIGKILL}, process.stderr
        return process.returncode

    def run_here(self, messages: list[dict[str, Any]]) -> None:
        """Run the messages in this process, where nothing is killed."""
        serve(self.store, self._home, [json.dumps(each) for each in messages])

    def count(self, query: Any) -> int:
        """How many rows there are."""
        with self.store.unit_of_work(now=NOW, read_only=True) as uow:
            return len(uow.session.scalars(query).all())


@pytest.fixture
def sqlite_world(tmp_path: Path, seeded_database: Path) -> Iterator[World]:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    world = World(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path)
    yield world
    world.store.close()


@pytest.fixture
def postgres_world(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    upgrade(postgres_url)
    world_store = Store(postgres_url)
    seed(world_store.engine, now=NOW, progress=None)
    world_store.close()
    world = World(postgres_url, tmp_path)
    yield world
    world.store.close()


def _script(world: World) -> list[dict[str, Any]]:
    """A button was offered before; now a deal, a task, the button, and a company."""
    world.run_here([world.say("e0", '/move_deal{"account": "Globex", "stage": "Negotiation"}')])
    with world.store.unit_of_work(now=NOW, read_only=True) as uow:
        undo = uow.session.scalars(select(Offer.token).where(Offer.label == "Undo")).one()
    deal = '/log_deal{"account": "Initech", "amount": "40000", "date": "2027-03-31"}'
    return [
        world.say("e1", deal),
        world.say("e2", '/create_task{"subject": "Send the contract", "date": "2026-11-20"}'),
        world.say("e3", token=undo),
        world.say("e4", '/add_account{"account": "Vandelay Latex"}'),
    ]


def _assert_everything_happened_once(world: World, messages: list[dict[str, Any]]) -> None:
    assert [row.event_id for row in inbox_of(world.store)] == ["e0", *(each["event_id"] for each in messages)]
    assert {row.status for row in inbox_of(world.store)} == {InboxStatus.DONE}
    new = Deal.created_at == NOW
    assert world.count(select(Deal).where(new, Deal.amount == 40_000)) == 1
    assert world.count(select(Task).where(Task.subject == "Send the contract")) == 1
    assert world.count(select(Account).where(Account.name == "Vandelay Latex")) == 1
    with world.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        assert deal.stage.name == "Qualified", "the button was pressed"
        of_inbox = Counter(uow.session.scalars(select(JournalEntry.inbox_id).where(JournalEntry.inbox_id.is_not(None))))
        assert set(of_inbox.values()) == {1}, "one act per message"
        assert len(of_inbox) == len(messages) + 1
        answers = Counter(uow.session.scalars(select(Outbox.inbox_id)))
        assert set(answers) == set(uow.session.scalars(select(Inbox.id)))
        assert set(answers.values()) == {1}, "one answer per message"
        lines = Counter((row[0], row[1]) for row in uow.session.execute(select(Message.inbox_id, Message.author)))
        assert set(lines.values()) == {1}
    assert {row.status for row in outbox_of(world.store)} == {OutboxStatus.DELIVERED}


def _crash_and_go_on(world: World, *steps: tuple[str, int]) -> None:
    messages = _script(world)
    for step, count in steps:
        # The platform repeats what it was not told to be safe; repeats of the others are dropped.
        assert world.run(messages, until=step, count=count) == -signal.SIGKILL
    assert world.run(messages) == 0
    _assert_everything_happened_once(world, messages)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_everything_happens_exactly_once(sqlite_world: World, step: str) -> None:
    _crash_and_go_on(sqlite_world, (step, 1), (step, 2))


@pytest.mark.parametrize("step", ["before_commit", "committed", "delivered"])
def test_the_same_holds_on_postgresql(postgres_world: World, step: str) -> None:
    _crash_and_go_on(postgres_world, (step, 1), (step, 2))


def test_killed_again_and_again_it_still_happens_once(sqlite_world: World) -> None:
    _crash_and_go_on(
        sqlite_world, ("acted", 1), ("before_commit", 1), ("committed", 1), ("delivered", 1), ("claimed", 3)
    )


def test_what_was_received_is_answered_though_the_platform_never_repeats_it(sqlite_world: World) -> None:
    messages = _script(sqlite_world)
    assert sqlite_world.run(messages[:1], until="claimed") == -signal.SIGKILL
    assert sqlite_world.run([]) == 0
    assert [row.status for row in inbox_of(sqlite_world.store)] == [InboxStatus.DONE] * 2
    assert {row.status for row in outbox_of(sqlite_world.store)} == {OutboxStatus.DELIVERED}
