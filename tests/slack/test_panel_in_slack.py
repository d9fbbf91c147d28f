"""The assistant beside what one is reading: prompts that suit the person and the place, threads with titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.channels.slack.hearing import hear
from bot.channels.slack.panel import TITLE
from tests.slack.assistant_in_slack import InSlack, in_slack, scenario
from tests.slack.standin.workspace import BOT_USER, TEAM

LOG_DEAL = '/log_deal{"account": "Initech", "amount": "40000", "date": "2027-03-31"}'
MOVE = '/move_deal{"stage": "Negotiation"}'


def suggested(together: InSlack) -> list[str]:
    """The prompts that were suggested last."""
    *_place, prompts = together.standin.workspace.prompts[-1]
    return [prompt["message"] for prompt in prompts]


async def opened(together: InSlack, user: str, *, beside: str | None = None) -> str | None:
    before = len(together.standin.workspace.prompts)
    thread = await together.standin.open_panel(user, beside=beside)
    await together.standin.until(lambda: len(together.standin.workspace.prompts) > before)
    return thread


@scenario
async def test_what_is_suggested_suits_the_role_and_the_channel_beside(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U2", "sam")
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1", "U2"}, name="acct-initech")
        workspace.add_channel("C2", {"U1"}, name="globex", with_bot=False)
        await opened(together, "U1")
        assert suggested(together)[:2] == [
            "What's in my pipeline?",
            "Log a deal with Initech, 40k, closing end of March",
        ]
        assert len(suggested(together)) == 4
        assert workspace.prompts[-1][:2] == (workspace.direct("U1").id, None)

        await opened(together, "U1", beside="C1")
        assert suggested(together)[:3] == ["Show me Initech", "What's open with Initech?", "What's in my pipeline?"]
        await opened(together, "U2", beside="C1")
        assert suggested(together)[:3] == ["Show me Initech", "Open tickets of Initech", "Show open tickets"]
        await opened(together, "U1", beside="C2")
        assert "Globex" not in suggested(together)[0], "the app may not read this channel's name"


@pytest.mark.parametrize("told_who", [True, False])
@scenario
async def test_going_on_to_another_channel_suggests_what_was_last_talked_about_there(
    tmp_path: Path, seeded_database: Path, told_who: bool
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U2", "riley")
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1", "U2"}, name="sales")
        await together.standin.say("U1", f"<@{BOT_USER}> {LOG_DEAL}", channel="C1")
        await together.standin.until(lambda: together.posted("C1") or workspace.whispers)
        await opened(together, "U1")
        await together.standin.look_at("U1", "C1", told_who=told_who)
        await together.standin.until(lambda: len(workspace.prompts) == 2)
        assert workspace.prompts[-1][0] == workspace.direct("U1").id
        assert suggested(together)[0] == "Show me Initech"
        await opened(together, "U2", beside="C1")
        assert "Initech" not in suggested(together)[0], "what somebody else talked about is not given away"


@scenario
async def test_in_the_older_view_a_thread_is_a_conversation_with_a_focus_and_a_title_of_its_own(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database, older_view=True) as together:
        together.colleague("U1", "dana")
        workspace = together.standin.workspace
        room = workspace.direct("U1").id
        first, second = await opened(together, "U1"), await opened(together, "U1")
        assert first is not None
        assert second is not None
        assert [place[:2] for place in workspace.prompts] == [(room, first), (room, second)]

        await together.standin.say("U1", LOG_DEAL, thread=first)
        await together.standin.until(lambda: len(together.direct("U1")) == 1)
        await together.standin.say("U1", MOVE, thread=second)
        await together.standin.until(lambda: len(together.direct("U1")) == 2)
        await together.standin.say("U1", MOVE, thread=first)
        await together.standin.until(lambda: len(together.direct("U1")) == 3)
        logged, lost, moved = together.direct("U1")
        assert [message["thread_ts"] for message in (logged, lost, moved)] == [first, second, first]
        assert "Negotiation" not in lost["text"]
        assert "Negotiation" in moved["text"]
        await together.standin.until(lambda: len(workspace.titles) == 2)
        title = workspace.titles[room, first]
        assert LOG_DEAL.startswith(title.removesuffix("…"))
        assert len(title) <= TITLE
        await together.standin.look_at("U1", "C1", thread=first)
        await together.standin.until(lambda: len(workspace.prompts) == 3)


@scenario
async def test_who_is_not_known_gets_no_prompts_and_is_asked_in_the_thread_they_write_in(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database, older_view=True) as together:
        together.colleague("U1", "dana", known=False)
        workspace = together.standin.workspace
        workspace.add_member("U8", "Stranger", "stranger@elsewhere.example")
        workspace.add_member("U9", "Guest", "guest@elsewhere.example", restricted=True)
        threads = {user: await together.standin.open_panel(user) for user in ("U1", "U8", "U9")}
        for user, thread in threads.items():
            await together.standin.say(user, LOG_DEAL, thread=thread)
        await together.standin.until(lambda: together.direct("U1") and together.direct("U8"))
        (question,), (refusal,) = together.direct("U1"), together.direct("U8")
        assert "are you Dana" in question["text"]
        assert "administrator" in refusal["text"]
        assert (question["thread_ts"], refusal["thread_ts"]) == (threads["U1"], threads["U8"])
        assert together.direct("U9") == []
        assert workspace.prompts == []
        assert workspace.titles == {}

        await together.standin.press("U1", question, "Yes, that's me", channel=workspace.direct("U1").id)
        await together.standin.until(lambda: len(together.direct("U1")) == 3)
        assert {message["thread_ts"] for message in together.direct("U1")} == {threads["U1"]}
        assert "Initech" in together.direct("U1")[2]["text"]


def test_a_new_title_is_nothing_somebody_said() -> None:
    root = {"type": "message", "subtype": "assistant_app_thread", "user": "U1", "ts": "1.1", "thread_ts": "1.1"}
    event = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "D1",
        "message": {**root, "text": "Log a deal"},
        "previous_message": {**root, "text": "New chat"},
        "event_ts": "2.2",
    }
    assert hear({"team_id": TEAM, "event": event}, bot_user=BOT_USER) is None
    assert hear({"team_id": TEAM, "event": {**root, "text": "New chat", "channel": "D1"}}, bot_user=BOT_USER) is None
