"""Random schedules, crashes, restarts, clock jumps and two schedulers: no occurrence is lost or said twice."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.bootstrap import bootstrap
from bot.scheduler.claiming import claim_due_reminders
from bot.scheduler.speaking import speak
from bot.turn import TurnPipeline
from crm_store.engine import open_engine
from crm_store.models import ChannelIdentity, Conversation, Notice, NoticeStatus, Outbox, Role, Task, User
from crm_store.schema import upgrade
from crm_store.store import Store
from tests.assistants import NOW, settings_at
from tests.fakes import FakeEngine

BEGIN = datetime(2027, 3, 20, 6, 0, tzinfo=UTC)
"""Eight days before the clocks go forward in Berlin."""
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
STEPS = ("reminders_claimed", "claims_committed", "spoken", "speech_committed")


class Crashed(Exception):
    """The process died here."""


@dataclasses.dataclass(frozen=True)
class Wish:
    """A reminder: once in so many minutes, or every day at a time of day."""

    person: int
    minutes: int
    daily: bool


@dataclasses.dataclass(frozen=True)
class Step:
    """The clock moves by ``minutes`` (back, when negative), and a scheduler ticks, perhaps dying at ``dies_at``."""

    minutes: int
    scheduler: int
    dies_at: str | None


wishes = st.lists(
    st.builds(Wish, person=st.integers(0, 3), minutes=st.integers(1, 5_000), daily=st.booleans()),
    min_size=1,
    max_size=12,
)
histories = st.lists(
    st.builds(
        Step,
        minutes=st.one_of(st.integers(0, 3), st.integers(1, 3_000), st.integers(-90, -1)),
        scheduler=st.integers(0, 1),
        dies_at=st.sampled_from((None, None, *STEPS)),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty company with four people in four zones, each with a place to be spoken to."""
    path = tmp_path_factory.mktemp("people") / "people.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    store = Store(f"sqlite:///{path}")
    with store.unit_of_work(now=BEGIN) as uow:
        for number, zone in enumerate(ZONES):
            person = uow.add(
                User(handle=f"p{number}", name=f"P{number}", email=f"p{number}@x.example", role=Role.REP, timezone=zone)
            )
            uow.session.add_all(
                [
                    Conversation(channel="web", external_id=f"p{number}", created_at=BEGIN, last_message_at=BEGIN),
                    ChannelIdentity(channel="web", external_id=f"p{number}", user_id=person.id, created_at=BEGIN),
                ]
            )
        uow.commit()
    store.close()
    return path


@pytest.fixture(scope="module")
def pipeline(template: Path, tmp_path_factory: pytest.TempPathFactory) -> TurnPipeline:
    """The words and settings; each world brings its own store."""
    home = tmp_path_factory.mktemp("home")
    store = Store(f"sqlite:///{template}")
    return bootstrap(settings_at(home), clock=lambda: NOW, store=store, engine=FakeEngine()).pipeline


@contextmanager
def world(template: Path) -> Iterator[tuple[Store, Store]]:
    """Two processes' stores on one fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rapport.db"
        shutil.copy(template, path)
        stores = (Store(f"sqlite:///{path}"), Store(f"sqlite:///{path}"))
        yield stores
        for store in stores:
            store.close()


def _dying_at(step: str | None) -> Callable[[str], None]:
    def on_step(reached: str) -> None:
        if reached == step:
            raise Crashed(step)

    return on_step


def tick(pipeline: TurnPipeline, store: Store, now: datetime, dies_at: str | None = None) -> None:
    """What the scheduler does every second, as one process does it until it dies."""
    on_step = _dying_at(dies_at)
    claim_due_reminders(store, now=now, company_zone="UTC", limit=5, on_step=on_step)
    speaking = dataclasses.replace(pipeline, store=store, on_step=on_step)
    while speak(speaking, now=now).handled:
        pass


def daily_times(first: datetime, zone: ZoneInfo, until: datetime) -> list[datetime]:
    """The instants of a daily reminder by its definition: one a day at the wall-clock time, skipped times later."""
    at = first.astimezone(zone).time()
    times: list[datetime] = []
    day: date = first.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, at, zone).astimezone(UTC)
        if moment > until:
            return times
        if moment >= first:
            times.append(moment)
        day += timedelta(days=1)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=wishes, history=histories)
def test_every_occurrence_is_said_once(
    template: Path, pipeline: TurnPipeline, wanted: list[Wish], history: list[Step]
) -> None:
    with world(template) as stores:
        firsts = _write(stores[0], wanted)
        now = latest = BEGIN
        for step in history:
            now += timedelta(minutes=step.minutes)
            latest = max(latest, now)
            with suppress(Crashed):
                tick(pipeline, stores[step.scheduler], now, step.dies_at)
        # Both schedulers come back, and time goes on for as long as it takes to say everything.
        latest += timedelta(minutes=5_001)
        for minute in range(4):
            for store in stores:
                for _ in range(4):
                    tick(pipeline, store, latest + timedelta(minutes=2 * minute))
        _check(stores[0], wanted, firsts, latest + timedelta(minutes=6))


def _write(store: Store, wanted: list[Wish]) -> list[datetime]:
    firsts = []
    with store.unit_of_work(now=BEGIN) as uow:
        people = uow.session.scalars(select(User).order_by(User.id)).all()
        for number, wish in enumerate(wanted):
            first = BEGIN + timedelta(minutes=wish.minutes)
            at: time = first.astimezone(ZoneInfo(ZONES[wish.person])).time()
            uow.add(
                Task(
                    subject=f"<{number}>",
                    assignee_id=people[wish.person].id,
                    due_at=first,
                    remind_at=first,
                    recurrence=f"RRULE:FREQ=DAILY;BYHOUR={at.hour};BYMINUTE={at.minute}" if wish.daily else None,
                )
            )
            firsts.append(first)
        uow.commit()
    return firsts


def _check(store: Store, wanted: list[Wish], firsts: list[datetime], end: datetime) -> None:
    with store.unit_of_work(now=end, read_only=True) as uow:
        notices = uow.session.scalars(select(Notice)).all()
        bodies = {row.id: row.body for row in uow.session.scalars(select(Outbox))}
        numbers = {f"task:{task.id}": task.subject for task in uow.session.scalars(select(Task))}
    assert {notice.status for notice in notices} <= {NoticeStatus.SAID}
    told = Counter(
        subject
        for body in bodies.values()
        for part in body["parts"]
        for subject in numbers.values()
        for line in ([part["text"]] if part["type"] == "text" else [row[0] for row in part.get("rows", ())])
        if line.endswith(subject)
    )
    for number, wish in enumerate(wanted):
        mine = [notice for notice in notices if numbers[str(notice.ref)] == f"<{number}>"]
        messages = {notice.outbox_id for notice in mine}
        assert told[f"<{number}>"] == len(messages), "one line in each message, for all occurrences it speaks of"
        due = [notice.due_at for notice in mine]
        if not wish.daily:
            assert due == [firsts[number]]
            continue
        possible = daily_times(firsts[number], ZoneInfo(ZONES[wish.person]), end)
        assert len(set(due)) == len(due)
        assert set(due) <= set(possible), "every one said was one of its times"
        last_said = max(notice.said_at for notice in mine if notice.said_at is not None)
        assert last_said >= possible[-1], "what was missed was merged into one that came after it"
