"""kill -9 at any step of the scheduler: after a restart everybody was reminded exactly once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.settings import PROJECT
from crm_store.demo.seeding import seed
from crm_store.models import ChannelIdentity, Conversation, Notice, NoticeStatus, Outbox, OutboxStatus, Task, User
from crm_store.schema import upgrade
from crm_store.store import Store
from tests.assistants import NOW
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

STEPS = ("reminders_claimed", "claims_committed", "spoken", "speech_committed", "attempting", "delivered", "recorded")
HANDLES = ("dana", "riley", "marcus")
TASKS = 4


class Office:
    """A database with three colleagues who can be reached, and tasks that are due."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self._home = url, home
        self.store = Store(url)
        with self.store.unit_of_work(now=NOW) as uow:
            for task in uow.session.scalars(select(Task).where(Task.remind_at.is_not(None))):
                task.remind_at = None
            for user in uow.session.scalars(select(User).where(User.handle.in_(HANDLES))):
                user.quiet_from = user.quiet_until = None
                uow.session.add_all(
                    [
                        Conversation(channel="web", external_id=str(user.ref), created_at=NOW, last_message_at=NOW),
                        ChannelIdentity(channel="web", external_id=str(user.ref), user_id=user.id, created_at=NOW),
                    ]
                )
                for number in range(TASKS):
                    due = NOW - timedelta(minutes=number)
                    uow.add(Task(subject=f"{user.handle} {number}", assignee_id=user.id, due_at=due, remind_at=due))
            uow.commit()

    def run(self, *, until: str = "never", count: int = 1) -> int:
        """Run a process that ticks once; its exit code."""
        process = self.start(until=until, count=count)
        _, errors = process.communicate("")
        assert process.returncode in {0, -signal.SIGKILL}, errors
        return process.returncode

    def start(self, *, until: str = "never", count: int = 1) -> subprocess.Popen[str]:
        """Start such a process."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.bot.crash_driver", self.url, str(self._home), until, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=PROJECT,
            text=True,
        )

    def assert_everybody_was_reminded_once(self) -> None:
        """Every task stands in exactly one message, and every message was delivered."""
        with self.store.unit_of_work(now=NOW, read_only=True) as uow:
            notices = uow.session.scalars(select(Notice)).all()
            messages = uow.session.scalars(select(Outbox)).all()
        assert [notice.status for notice in notices] == [NoticeStatus.SAID] * TASKS * len(HANDLES)
        assert {message.status for message in messages} == {OutboxStatus.DELIVERED}
        told = json.dumps([message.body["parts"] for message in messages])
        for handle in HANDLES:
            for number in range(TASKS):
                assert told.count(f'"{handle} {number}"') == 1, "one row of one list"


@pytest.fixture
def office(tmp_path: Path, seeded_database: Path) -> Iterator[Office]:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    office = Office(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path)
    yield office
    office.store.close()


@pytest.fixture
def postgres_office(tmp_path: Path, postgres_url: str) -> Iterator[Office]:
    upgrade(postgres_url)
    store = Store(postgres_url)
    seed(store.engine, now=NOW, progress=None)
    store.close()
    office = Office(postgres_url, tmp_path)
    yield office
    office.store.close()


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_everybody_is_reminded_once(office: Office, step: str) -> None:
    assert office.run(until=step) == -signal.SIGKILL
    assert office.run() == 0
    office.assert_everybody_was_reminded_once()


@pytest.mark.parametrize("step", ["claims_committed", "spoken", "speech_committed"])
def test_the_same_holds_on_postgresql(postgres_office: Office, step: str) -> None:
    assert postgres_office.run(until=step) == -signal.SIGKILL
    assert postgres_office.run() == 0
    postgres_office.assert_everybody_was_reminded_once()


def _all_at_once(office: Office) -> None:
    processes = [office.start() for _ in range(3)]
    for process in processes:
        _, errors = process.communicate("", timeout=120)
        assert process.returncode == 0, errors
    office.run()  # whoever was locked by one process is spoken to by the next tick
    office.assert_everybody_was_reminded_once()


def test_three_processes_have_one_effect(office: Office) -> None:
    _all_at_once(office)


def test_three_processes_have_one_effect_on_postgresql(postgres_office: Office) -> None:
    _all_at_once(postgres_office)
