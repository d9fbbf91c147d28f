"""A colleague's home page says what is theirs, and every element on it does what it says."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from actions.home import HomePage, HomeReading
from actions.turn import CompanyPolicy
from bot.settings import Company
from bot.speakers import Speaker, reading_for
from crm_store.models import Deal, Stage, StageType, Task, User
from tests.actions.test_forms import WORDS
from tests.assistants import NOW, Rig


def page_of(rig: Rig, handle: str) -> HomePage:
    store = rig.assistant.store
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        user = uow.session.scalars(select(User).where(User.handle == handle)).one()
        actor = store.actor_for_user(uow.session, user)
        uow.become(actor)
        reading = reading_for(Speaker(actor=actor, user=user), said_at=NOW, company=Company())
        return HomeReading(uow=uow, user=user, words=WORDS, reading=reading, policy=CompanyPolicy()).page()


def test_a_rep_sees_their_own_deals_tasks_and_quota(rig: Rig) -> None:
    page = page_of(rig, "dana")

    tasks, pipeline, quota = page.sections
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        dana = uow.session.scalars(select(User).where(User.handle == "dana")).one()
        open_deals = uow.session.scalar(
            select(func.count())
            .select_from(Deal)
            .join(Stage)
            .where(Deal.owner_id == dana.id, Stage.type == StageType.OPEN)
        )
        due = uow.session.scalars(select(Task).where(Task.assignee_id == dana.id, Task.done_at.is_(None))).all()
    assert f"{open_deals} deal" in pipeline.summary
    assert {line.title for line in tasks.lines} <= {task.subject for task in due}
    assert "%" in quota.summary


def test_support_sees_no_deals(rig: Rig) -> None:
    page = page_of(rig, "sam")

    assert [section.title for section in page.sections] == ["Your tasks today"]
    assert "log_deal" not in [form for _, form in page.forms]


def test_what_is_set_is_among_the_choices(rig: Rig) -> None:
    for setting in page_of(rig, "dana").settings:
        assert setting.current in [label for label, _ in setting.choices]


@pytest.mark.parametrize("handle", ["dana", "sam"])
def test_every_element_of_the_page_does_something(rig: Rig, handle: str) -> None:
    page = page_of(rig, handle)
    commands = [line.command for section in page.sections for line in section.lines]
    commands += [section.more[1] for section in page.sections if section.more is not None]
    commands += [setting.choices[0][1] for setting in page.settings]

    for command in commands:
        heard = rig.speaker(handle).say(str(command))
        assert heard.error is None, (command, heard.text)
        assert heard.action == f"action_{command.intent}"


def test_a_time_zone_outside_the_list_is_still_shown(rig: Rig) -> None:
    rig.speaker("dana").say('/set_timezone{"timezone": "Asia/Ulaanbaatar"}')

    zone = page_of(rig, "dana").settings[0]

    assert zone.current.startswith("Ulaanbaatar")
    assert zone.current in [label for label, _ in zone.choices]


@pytest.mark.parametrize("number", range(6))
def test_what_is_set_on_the_page_is_set(rig: Rig, number: int) -> None:
    setting = page_of(rig, "dana").settings[number]
    label, command = next(each for each in reversed(setting.choices) if each[0] != setting.current)

    rig.speaker("dana").say(str(command))

    assert page_of(rig, "dana").settings[number].current == label
