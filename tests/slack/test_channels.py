"""In channels: who reads an answer, whom the assistant listens to, and messages that change."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import select

from crm_store.models import Deal, Inbox, Task
from tests.slack.assistant_in_slack import InSlack, in_slack, running_clock, scenario
from tests.slack.standin.workspace import BOT_USER, TEAM

PIPELINE = "/show_pipeline"
DEAL = '/log_deal{"account": "Initech", "amount": "41234", "date": "2027-03-31"}'
SAME_DEAL_FOR_MORE = '/log_deal{"account": "Initech", "amount": "54321", "date": "2027-03-31"}'


def said(together: InSlack) -> list[str]:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return list(uow.session.scalars(select(Inbox.text).order_by(Inbox.id)))


def deals(together: InSlack, amount: int) -> int:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return len(uow.session.scalars(select(Deal).where(Deal.amount == amount)).all())


@scenario
async def test_an_answer_is_open_only_where_all_may_see_what_the_asker_may(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U2", "marcus")
        together.colleague("U3", "sam")
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1", "U2"})
        workspace.add_channel("C2", {"U1", "U3"})
        await together.standin.say("U1", f"<@{BOT_USER}> {PIPELINE}", channel="C1")
        await together.standin.until(lambda: together.posted("C1"))
        root = await together.standin.say("U1", f"<@{BOT_USER}> {PIPELINE}", channel="C2")
        await together.standin.until(lambda: workspace.whispers)
        (whisper,) = workspace.whispers
        assert (whisper.user, whisper.room, whisper.thread) == ("U1", "C2", root)
        assert together.posted("C2") == []


@scenario
async def test_what_is_for_the_asker_alone_is_whispered_also_where_all_see_the_same(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U2", "marcus")
        together.standin.workspace.add_channel("C1", {"U1", "U2"})
        not_on_it = '/ask_report{"words": "leaderboard this year"}'
        await together.standin.say("U2", f"<@{BOT_USER}> {not_on_it}", channel="C1")
        await together.standin.until(lambda: together.standin.workspace.whispers)
        (whisper,) = together.standin.workspace.whispers
        assert whisper.user == "U2"
        assert "Marcus Bell" in str(whisper.payload)
        assert together.posted("C1") == []


@scenario
async def test_the_asker_may_show_the_answer_to_the_channel_once(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U3", "sam")
        workspace = together.standin.workspace
        workspace.add_channel("C2", {"U1", "U3"})
        root = await together.standin.say("U1", f"<@{BOT_USER}> {PIPELINE}", channel="C2")
        await together.standin.until(lambda: workspace.whispers)
        whisper = workspace.whispers[0].payload
        await together.standin.press("U3", whisper, "Show here", channel="C2", whispered=True)
        for _ in range(2):
            await together.standin.press("U1", whisper, "Show here", channel="C2", whispered=True)
        await together.standin.until(lambda: together.posted("C2"))
        await together.service.settle()
        (shown,) = together.posted("C2")
        assert shown["thread_ts"] == root


@scenario
async def test_where_people_from_outside_read_along_nothing_can_be_shown(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        workspace = together.standin.workspace
        workspace.add_channel("C3", {"U1"}, shared=True)
        await together.standin.say("U1", f"<@{BOT_USER}> {PIPELINE}", channel="C3")
        await together.standin.until(lambda: workspace.whispers)
        assert "Show here" not in str(workspace.whispers[0].payload)
        assert together.posted("C3") == []


@scenario
async def test_what_somebody_unknown_would_read_cannot_be_shown_also_if_they_came_later(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U3", "sam")
        workspace = together.standin.workspace
        workspace.add_channel("C4", {"U1", "U9"})
        await together.standin.say("U1", f"<@{BOT_USER}> {PIPELINE}", channel="C4")
        await together.standin.until(lambda: workspace.whispers)
        assert "Show here" not in str(workspace.whispers[0].payload)
        workspace.add_channel("C2", {"U1", "U3"})
        await together.standin.say("U1", f"<@{BOT_USER}> {PIPELINE}", channel="C2")
        await together.standin.until(lambda: len(workspace.whispers) == 2)
        whisper = workspace.whispers[1].payload
        workspace.add_channel("C2", {"U1", "U3", "U9"})
        joined = {"type": "member_joined_channel", "user": "U9", "channel": "C2", "channel_type": "C", "team": TEAM}
        await together.standin.event("member_joined_channel", joined)
        await together.standin.press("U1", whisper, "Show here", channel="C2", whispered=True)
        await together.service.settle()
        assert together.posted("C2") == []


@scenario
async def test_several_people_in_one_thread_each_act_as_themselves(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U2", "marcus")
        together.standin.workspace.add_channel("C1", {"U1", "U2"})
        root = await together.standin.say("U1", f"<@{BOT_USER}> {DEAL}", channel="C1")
        await together.standin.until(lambda: together.posted("C1"))
        await together.standin.say("U2", "/who_am_i", channel="C1", thread=root)
        await together.standin.until(lambda: len(together.posted("C1")) == 2)
        assert "Marcus" in together.posted("C1")[1]["text"]
        undo = together.posted("C1")[0]
        await together.standin.press("U2", undo, "Undo", channel="C1")
        await together.standin.until(lambda: together.standin.workspace.whispers)
        (whisper,) = together.standin.workspace.whispers
        assert whisper.user == "U2"
        assert "meant for somebody else" in whisper.payload["text"]
        assert "edited" not in undo
        assert deals(together, 41_234) == 1


@scenario
async def test_whoever_asked_in_a_channel_the_assistant_was_removed_from_hears_what_was_done_directly(
    tmp_path: Path, seeded_database: Path
) -> None:
    may_answer = threading.Event()

    def hold_up(step: str) -> None:
        if step == "claimed":
            assert may_answer.wait(60)

    async with in_slack(tmp_path, seeded_database, on_step=hold_up) as together:
        together.colleague("U1", "dana")
        room = together.standin.workspace.add_channel("C1", {"U1"})
        await together.standin.say("U1", f"<@{BOT_USER}> {DEAL}", channel="C1")
        room.members.discard(BOT_USER)
        may_answer.set()
        await together.standin.until(lambda: together.direct("U1"))
        assert "Initech" in together.direct("U1")[0]["text"]
        assert deals(together, 41_234) == 1


@scenario
async def test_in_direct_messages_of_several_people_it_answers_when_it_is_mentioned(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.standin.workspace.add_member("U9", "Stranger", "stranger@example.com")
        together.standin.workspace.add_channel("G1", {"U1", "U9"}, group=True)
        await together.standin.say("U1", DEAL, channel="G1")
        root = await together.standin.say("U1", f"<@{BOT_USER}> {DEAL}", channel="G1")
        await together.standin.until(lambda: together.standin.workspace.whispers)
        await together.service.settle()
        (whisper,) = together.standin.workspace.whispers
        assert (whisper.user, whisper.thread) == ("U1", root)
        assert deals(together, 41_234) == 1
        assert together.posted("G1") == []


@scenario
async def test_people_talking_among_themselves_are_left_alone(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U2", "marcus")
        together.standin.workspace.add_channel("C1", {"U1", "U2"})
        say = together.standin.say
        await say("U2", PIPELINE, channel="C1")
        root = await say("U1", f"<@{BOT_USER}> {PIPELINE}", channel="C1")
        await together.standin.until(lambda: together.posted("C1"))
        await say("U1", f"<@U2> {PIPELINE}", channel="C1", thread=root)
        await say("U2", "sounds good to me", channel="C1", thread=root)
        await say("U2", PIPELINE, channel="C1", thread=root, bot_id="B0OTHER")
        await together.service.settle()
        assert said(together) == [PIPELINE, "sounds good to me"]
        assert len(together.posted("C1")) == 1, "what was not understood and not said to us stays unanswered"


@scenario
async def test_a_message_edited_before_its_answer_is_answered_as_edited(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana", known=False)
        ts = await together.standin.say("U1", DEAL)
        await together.standin.until(lambda: together.direct("U1"))
        room = together.standin.workspace.direct("U1").id
        await together.standin.edit(room, ts, SAME_DEAL_FOR_MORE)
        await together.standin.press("U1", together.direct("U1")[0], "Yes, that's me", channel=room)
        await together.standin.until(lambda: deals(together, 54_321) == 1)
        assert deals(together, 41_234) == 0


@scenario
async def test_a_message_edited_after_its_answer_changes_nothing_by_itself(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        ts = await together.standin.say("U1", DEAL)
        await together.standin.until(lambda: together.direct("U1"))
        room = together.standin.workspace.direct("U1").id
        await together.standin.edit(room, ts, SAME_DEAL_FOR_MORE)
        await together.standin.until(lambda: len(together.direct("U1")) == 2)
        assert (deals(together, 41_234), deals(together, 54_321)) == (1, 0)
        offer = together.direct("U1")[1]
        await together.standin.press("U1", offer, "Answer the new text", channel=room)
        await together.standin.until(lambda: deals(together, 54_321) == 1)


@scenario
async def test_a_message_deleted_after_its_answer_offers_to_undo(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        ts = await together.standin.say("U1", DEAL)
        await together.standin.until(lambda: together.direct("U1"))
        room = together.standin.workspace.direct("U1").id
        await together.standin.delete(room, ts)
        await together.standin.until(lambda: len(together.direct("U1")) == 2)
        assert deals(together, 41_234) == 1
        await together.standin.press("U1", together.direct("U1")[1], "Undo", channel=room)
        await together.standin.until(lambda: deals(together, 41_234) == 0)


@scenario
async def test_a_mention_deleted_after_its_answer_hangs_on_it_offers_to_undo(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.standin.workspace.add_channel("C1", {"U1"})
        ts = await together.standin.say("U1", f"<@{BOT_USER}> {DEAL}", channel="C1")
        await together.standin.until(lambda: together.posted("C1"))
        await together.service.settle()
        await together.standin.delete("C1", ts)
        await together.standin.until(lambda: together.standin.workspace.whispers)
        (notice,) = together.standin.workspace.whispers
        assert "You deleted a message" in notice.payload["text"]
        assert notice.thread == ts


@scenario
async def test_a_slash_command_is_answered_to_its_writer_alone(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database, mode="http") as together:
        together.colleague("U1", "dana")
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1"})
        sent = await together.standin.command("U1", DEAL, channel="C1")
        assert (sent.acknowledged, sent.answer) == (True, "")
        await together.standin.until(lambda: workspace.whispers)
        assert "Initech" in workspace.whispers[0].payload["text"]
        assert together.posted("C1") == []
        # The command belongs to the person's own conversation, where "it" is now this deal.
        assert "Negotiation" in (await together.answer("U1", '/move_deal{"stage": "Negotiation"}'))["text"]


@scenario
async def test_an_emoji_makes_a_task_of_a_message_once(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1"})
        ts = await together.standin.say("U1", "Send <https://x.example|the contract> &amp; the quote", channel="C1")
        for emoji in ("eyes", "pushpin", "pushpin::skin-tone-2"):
            await together.standin.react("U1", emoji, channel="C1", ts=ts)
        await together.standin.until(lambda: together.direct("U1"))
        await together.service.settle()
        with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
            subjects = uow.session.scalars(select(Task.subject).where(Task.subject.contains("contract"))).all()
        assert subjects.count("Send the contract & the quote") == 1
        assert len(together.direct("U1")) == 1


@scenario
async def test_an_emoji_on_a_reply_makes_a_task_of_the_reply(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.standin.workspace.add_channel("C1", {"U1"})
        first = await together.standin.say("U1", "What else?", channel="C1")
        ts = await together.standin.say("U1", "Water the office plant", channel="C1", thread=first)
        await together.standin.react("U1", "pushpin", channel="C1", ts=ts)
        await together.standin.until(lambda: together.direct("U1"))
        assert "Water the office plant" in together.direct("U1")[0]["text"]
