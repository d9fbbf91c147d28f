"""Who is who in Slack: colleagues confirm once, everybody else gets a polite no or nothing."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.channels.slack.places import person_key
from crm_store.models import ChannelIdentity, Inbox, InboxStatus, User
from tests.slack.assistant_in_slack import InSlack, in_slack, running_clock, scenario
from tests.slack.standin.workspace import BOT_USER, TEAM

SHOW_TASKS = "/show_tasks"


def statuses(together: InSlack) -> list[InboxStatus]:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return list(uow.session.scalars(select(Inbox.status).order_by(Inbox.id)))


def linked_to(together: InSlack, user: str) -> str | None:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        found = select(User.handle).join(ChannelIdentity, ChannelIdentity.user_id == User.id)
        return uow.session.scalar(found.where(ChannelIdentity.external_id == person_key(TEAM, user)))


def set_active(together: InSlack, handle: str, active: bool) -> None:
    with together.store.unit_of_work(now=running_clock()) as uow:
        uow.session.scalars(select(User).where(User.handle == handle)).one().active = active
        uow.commit()


@scenario
async def test_a_colleague_confirms_once_and_what_they_said_before_is_answered(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana", known=False)
        question = await together.answer("U1", SHOW_TASKS)
        assert "are you Dana" in question["text"]
        assert statuses(together) == [InboxStatus.HELD]
        room = together.standin.workspace.direct("U1").id
        await together.standin.press("U1", question, "Yes, that's me", channel=room)
        await together.standin.until(lambda: len(together.direct("U1")) == 3)
        assert "Nice to meet you" in together.direct("U1")[1]["text"]
        assert "task" in together.direct("U1")[2]["text"].lower()
        assert linked_to(together, "U1") == "dana"
        await together.standin.press("U1", question, "No", channel=room)
        assert linked_to(together, "U1") == "dana", "the other button was spent with the first"
        assert "are you" not in (await together.answer("U1", SHOW_TASKS))["text"]


@scenario
async def test_somebody_else_cannot_confirm_for_a_colleague(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana", known=False)
        together.colleague("U2", "riley")
        question = await together.answer("U1", SHOW_TASKS)
        room = together.standin.workspace.direct("U1").id
        sent = await together.standin.press("U2", question, "Yes, that's me", channel=room)
        assert sent.acknowledged
        assert linked_to(together, "U1") is None
        assert linked_to(together, "U2") == "riley"


@scenario
async def test_who_says_no_is_not_linked_and_not_answered(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana", known=False)
        question = await together.answer("U1", SHOW_TASKS)
        await together.standin.press("U1", question, "No", channel=together.standin.workspace.direct("U1").id)
        await together.standin.until(lambda: len(together.direct("U1")) == 2)
        assert "administrator" in together.direct("U1")[1]["text"]
        assert linked_to(together, "U1") is None
        assert statuses(together) == [InboxStatus.DONE]


@scenario
async def test_an_unknown_person_gets_a_polite_no(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.standin.workspace.add_member("U9", "Stranger", "stranger@example.com")
        answer = await together.answer("U9", "/show_pipeline")
        assert "I don't know you yet" in answer["text"]
        assert statuses(together) == [InboxStatus.DONE]


@scenario
async def test_in_a_channel_the_polite_no_is_for_the_unknown_person_alone(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.standin.workspace.add_member("U9", "Stranger", "stranger@example.com")
        together.standin.workspace.add_channel("C1", {"U9"})
        await together.standin.say("U9", f"<@{BOT_USER}> /show_pipeline", channel="C1")
        await together.standin.until(lambda: together.standin.workspace.whispers)
        (whisper,) = together.standin.workspace.whispers
        assert (whisper.user, whisper.room) == ("U9", "C1")
        assert together.posted("C1") == []


@scenario
async def test_guests_and_people_from_outside_get_nothing(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        workspace = together.standin.workspace
        with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
            email = uow.session.scalars(select(User.email).where(User.handle == "dana")).one()
        workspace.add_member("U7", "Guest", email, restricted=True)
        workspace.add_member("U8", "Partner", email, stranger=True)
        workspace.add_channel("C1", {"U7", "U8"}, shared=True)
        await together.standin.say("U7", "/show_pipeline")
        await together.standin.say("U8", f"<@{BOT_USER}> /show_pipeline", channel="C1", team="T0ELSEWHERE")
        await together.standin.until(lambda: statuses(together) == [InboxStatus.DONE])
        assert workspace.said_by_bot() == []
        assert workspace.whispers == []


@scenario
async def test_a_deactivated_colleague_loses_access_at_once(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        assert "task" in (await together.answer("U1", SHOW_TASKS))["text"].lower()
        set_active(together, "dana", active=False)
        assert "no longer active" in (await together.answer("U1", SHOW_TASKS))["text"]


@scenario
async def test_who_was_held_when_slack_did_not_answer_is_asked_after_the_next_start(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana", known=False)
        together.standin.api.fail("users.info", "error", "error", "error")
        await together.standin.say("U1", SHOW_TASKS)
        await together.standin.until(lambda: together.standin.api.calls["users.info"] == 3)
        assert together.direct("U1") == []
        await together.runtime.start_introductions()
        await together.standin.until(lambda: together.direct("U1"))
        assert "are you Dana" in together.direct("U1")[0]["text"]
