"""Approvals in Slack: the approver gets a message with buttons, the asker the outcome where they asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.scheduler.ticks import speak_up, tell_what_came_of_it
from crm_store.models import Deal, User
from tests.slack.assistant_in_slack import InSlack, in_slack, running_clock, scenario
from tests.slack.standin.workspace import BOT_USER

LOG = '/log_deal{"account": "Initech", "amount": "2500000", "date": "2031-03-31"}'


def large_deals(together: InSlack) -> int:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return len(uow.session.scalars(select(Deal).where(Deal.amount == 2_500_000)).all())


def company(together: InSlack) -> None:
    """A rep, her manager, who may be spoken to at any hour, and another rep."""
    for user, handle in (("U1", "dana"), ("U2", "morgan"), ("U3", "marcus")):
        together.colleague(user, handle)
    with together.store.unit_of_work(now=running_clock()) as uow:
        for person in uow.session.scalars(select(User)):
            person.quiet_from = person.quiet_until = None
        uow.commit()


async def tick(together: InSlack) -> None:
    """What the scheduler does every second."""
    await speak_up(together.service)
    await tell_what_came_of_it(together.service)


async def asked(together: InSlack, channel: str) -> tuple[str, dict[str, Any]]:
    """The rep asks in a thread of a channel and confirms; the thread, and what the manager gets."""
    standin = together.standin
    root = await standin.say("U1", f"<@{BOT_USER}> {LOG}", channel=channel)
    await standin.until(lambda: together.posted(channel))
    await standin.press("U1", together.posted(channel)[0], "Confirm", channel=channel)
    await standin.until(lambda: "Sent to Morgan Ellis" in together.posted(channel)[0]["text"])
    await tick(together)
    await standin.until(lambda: together.direct("U2"))
    return root, together.direct("U2")[0]


@scenario
async def test_the_manager_approves_with_one_press_and_the_asker_reads_it_in_their_thread(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        company(together)
        together.standin.workspace.add_channel("C1", {"U1", "U3"})
        root, request = await asked(together, "C1")
        assert "Dana Whitfield asks for your approval" in request["text"]
        assert large_deals(together) == 0
        room = together.standin.workspace.direct("U2").id
        for _ in range(2):
            await together.standin.press("U2", request, "Approve", channel=room)
        await together.standin.until(lambda: "Approved and done" in request["text"])
        await tick(together)
        await tick(together)
        await together.standin.until(lambda: len(together.posted("C1")) == 2)
        outcome = together.posted("C1")[1]
        assert "Approved by Morgan Ellis" in outcome["text"]
        assert outcome["thread_ts"] == root
        assert large_deals(together) == 1
        await together.standin.press("U1", outcome, "Undo", channel="C1")
        await together.standin.until(lambda: "Taken back" in outcome["text"])
        assert large_deals(together) == 0


@scenario
async def test_somebody_elses_press_decides_nothing(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        company(together)
        together.standin.workspace.add_channel("C1", {"U1", "U3"})
        _, request = await asked(together, "C1")
        room = together.standin.workspace.direct("U2").id
        for user in ("U1", "U3"):
            await together.standin.press(user, request, "Approve", channel=room)
        await together.service.settle()
        await tick(together)
        assert large_deals(together) == 0
        assert "asks for your approval" in request["text"]


@scenario
async def test_a_rejection_with_a_comment_reaches_who_asked_alone_where_others_may_not_read_it(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        company(together)
        together.colleague("U4", "sam")
        standin = together.standin
        standin.workspace.add_channel("C2", {"U1", "U4"})
        await standin.say("U1", f"<@{BOT_USER}> {LOG}", channel="C2")
        await standin.until(lambda: standin.workspace.whispers)
        await standin.press("U1", standin.workspace.whispers[0].payload, "Confirm", channel="C2", whispered=True)
        await standin.until(lambda: len(standin.workspace.whispers) == 2)
        await tick(together)
        await standin.until(lambda: together.direct("U2"))
        room = standin.workspace.direct("U2").id
        await standin.press("U2", together.direct("U2")[0], "Reject with a comment", channel=room)
        await standin.until(lambda: "Why?" in together.direct("U2")[-1]["text"])
        await standin.say("U2", "the margin is too thin")
        await standin.until(lambda: "Rejected" in together.direct("U2")[-1]["text"])
        await tick(together)
        await standin.until(lambda: len(standin.workspace.whispers) == 3)
        whisper = standin.workspace.whispers[2]
        assert (whisper.user, whisper.room) == ("U1", "C2")
        assert "Morgan Ellis: “the margin is too thin”" in whisper.payload["text"]
        assert not whisper.payload.get("replace_original")
        assert together.posted("C2") == []
        assert large_deals(together) == 0
