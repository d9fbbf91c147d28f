"""One look a second finds whatever waits, and what hangs holds up nothing else."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import literal, update

from bot.automation.effects import effects_wait
from bot.automation.evaluating import changes_wait, read_journal
from bot.code_mail import codes_wait
from bot.outbox import messages_wait
from bot.scheduler.approvals import outcomes_wait
from bot.scheduler.claiming import reminders_wait
from bot.scheduler.failing import given_up_wait, take_up_failed
from bot.scheduler.looking import NOW as MOMENT
from bot.scheduler.looking import Looking, Lookout
from bot.scheduler.speaking import notices_wait
from bot.scheduler.ticks import every
from bot.service import Service
from crm_store.errors import DatabaseUnavailable
from crm_store.models import Account, Outbox, OutboxStatus, Task
from tests.assistants import NOW
from tests.bot.scheduler.desk import Desk, desk

__all__ = ["desk"]
LATER = NOW + timedelta(minutes=1)


def lookout(desk: Desk) -> Lookout:
    return Lookout(
        desk.rig.assistant.store,
        {
            "failed": given_up_wait(),
            "reminders": reminders_wait(MOMENT),
            "notices": notices_wait(MOMENT),
            "messages": messages_wait(("web",)),
            "outcomes": outcomes_wait(MOMENT),
            "codes": codes_wait(MOMENT),
            "changes": changes_wait(),
            "effects": effects_wait(MOMENT),
        },
    )


def test_nothing_waits_where_nothing_is_due(desk: Desk) -> None:
    desk.be_reachable()
    desk.at(LATER)
    read_journal(desk.rig.assistant.pipeline, now=NOW)
    assert lookout(desk).waiting(NOW) == []
    assert lookout(desk).waiting(LATER) == ["reminders"]


def test_a_reminder_waits_to_be_claimed_then_to_be_said_then_to_be_delivered(desk: Desk) -> None:
    desk.be_reachable()
    read_journal(desk.rig.assistant.pipeline, now=NOW)
    look = lookout(desk)
    desk.at(NOW)
    assert "reminders" in look.waiting(NOW)
    desk.tick(NOW)
    read_journal(desk.rig.assistant.pipeline, now=NOW)
    assert look.waiting(NOW) == ["messages"]
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.execute(update(Outbox).values(status=OutboxStatus.FAILED))
        uow.commit()
    assert look.waiting(NOW) == ["failed"]
    take_up_failed(desk.rig.assistant.store, now=NOW)
    assert look.waiting(NOW) == [], "every channel has refused it, and nobody else is told"


def test_who_cannot_be_reached_is_not_looked_at_again_and_again(desk: Desk) -> None:
    desk.at(NOW)
    desk.tick(NOW)
    assert not {"reminders", "notices"} & set(lookout(desk).waiting(LATER))
    desk.be_reachable()
    assert "notices" in lookout(desk).waiting(LATER)


def test_a_deleted_task_does_not_wait(desk: Desk) -> None:
    task_id = desk.at(NOW)
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.get_one(Task, task_id).deleted_at = NOW
        uow.commit()
    assert "reminders" not in lookout(desk).waiting(LATER)


def test_a_change_waits_until_the_rules_have_read_it(desk: Desk) -> None:
    pipeline = desk.rig.assistant.pipeline
    read_journal(pipeline, now=NOW)
    with pipeline.store.unit_of_work(now=NOW) as uow:
        uow.add(Account(name="Initech", owner_id=desk.user(uow.session).id))
        uow.commit()
    assert "changes" in lookout(desk).waiting(NOW)
    read_journal(pipeline, now=NOW)
    assert "changes" not in lookout(desk).waiting(NOW)


def test_what_hangs_is_not_begun_again_and_holds_up_nothing_else(desk: Desk) -> None:
    asyncio.run(_look_while_one_hangs(desk))


async def _look_while_one_hangs(desk: Desk) -> None:
    begun: list[str] = []
    release = asyncio.Event()

    async def hang() -> None:
        begun.append("letters")
        await release.wait()

    async def speak() -> None:
        begun.append("speaking")

    service = Service(desk.rig.assistant.pipeline, home=desk.rig.assistant.settings.home)
    looking = Looking(service, {"letters": (literal(1) == 1, hang), "speaking": (literal(1) == 1, speak)})
    for _ in range(2):
        await looking.look()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert begun == ["letters", "speaking", "speaking"]
    release.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await looking.look()
    await asyncio.sleep(0)
    assert begun.count("letters") == 2


@pytest.mark.parametrize("error", [DatabaseUnavailable("locked"), ValueError("a fault of ours")])
def test_what_fails_is_tried_at_the_next_look(desk: Desk, error: Exception) -> None:
    assert asyncio.run(_look_twice(desk, error)) == 2


async def _look_twice(desk: Desk, error: Exception) -> int:
    tried = 0

    async def fail() -> None:
        nonlocal tried
        tried += 1
        raise error

    service = Service(desk.rig.assistant.pipeline, home=desk.rig.assistant.settings.home)
    looking = Looking(service, {"letters": (literal(1) == 1, fail)})
    for _ in range(2):
        await looking.look()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return tried


def test_stopping_in_the_middle_of_a_tick_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(_stop_in_the_middle())
    assert "Traceback" not in caplog.text
    assert not caplog.records


async def _stop_in_the_middle() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    scheduler = AsyncIOScheduler(timezone="UTC")
    every(scheduler, "slow", work, seconds=3600, first=0)
    scheduler.start()
    await begun.wait()
    scheduler.shutdown(wait=False)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
