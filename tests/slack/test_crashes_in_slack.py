"""kill -9 between acknowledging and answering, and at every other step, with Slack in between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from crm_store.models import Outbox, OutboxStatus, Task
from crm_store.store import Store
from tests.slack.assistant_in_slack import running_clock, scenario
from tests.slack.soaking import Process, Rain, people_of, soak, was_killed
from tests.slack.standin.server import Standin

STEPS = ("received", "claimed", "before_commit", "committed", "attempting", "delivered")


def tasks_called(store: Store, subject: str) -> int:
    with store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return len(uow.session.scalars(select(Task).where(Task.subject == subject)).all())


def delivered(store: Store) -> int:
    with store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return len(uow.session.scalars(select(Outbox).where(Outbox.status == OutboxStatus.DELIVERED)).all())


@pytest.mark.parametrize("step", STEPS)
@scenario
async def test_killed_at_any_step_a_message_has_its_effect_and_its_answer_once(
    tmp_path: Path, seeded_database: Path, step: str
) -> None:
    async with Standin() as standin:
        people_of(tmp_path, seeded_database, standin, 1)
        async with Process(tmp_path, standin.api_url) as process:
            await process.start(step, "1")
            saying = asyncio.ensure_future(standin.say("U0", '/create_task{"subject": "survive", "date": "-"}'))
            assert was_killed(await process.died())
            await process.start()
            await saying
            store = Store(f"sqlite:///{tmp_path / 'rapport.db'}")
            await standin.until(lambda: delivered(store) == 1)
        assert tasks_called(store, "survive") == 1
        assert len(standin.workspace.said_by_bot()) == 1
        assert standin.api.violations == []
        store.close()


@scenario
async def test_a_rain_of_events_with_repeats_reordering_and_kills_loses_and_doubles_nothing(
    tmp_path: Path, seeded_database: Path
) -> None:
    outcome = await soak(tmp_path / "home", seeded_database, Rain(events=120, people=12, kills=2))
    assert outcome.repeats > 0
    assert (outcome.lost_effects, outcome.doubled_effects) == (0, 0)
    assert (outcome.lost_answers, outcome.doubled_answers) == (0, 0)
    assert (outcome.unacknowledged, outcome.lines_left, outcome.violations) == (0, 0, [])
