"""Nothing lost, nothing doubled: repeats, reordering, rate limits, silence, broken connections."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from actions.reply import Document, Picture, Reply, Text
from bot.channels.slack.places import person_key
from bot.notices import queue_notice
from crm_store.models import Conversation, Deal, Outbox, OutboxStatus
from tests.bot.channels.scripted import PNG
from tests.slack.assistant_in_slack import InSlack, Mode, assistant, in_slack, running_clock, scenario
from tests.slack.standin.server import Standin
from tests.slack.standin.web_api import Trouble
from tests.slack.standin.workspace import TEAM

WHO = "/who_am_i"


def log_deal(amount: int) -> str:
    return f'/log_deal{{"account": "Initech", "amount": "{amount}", "date": "2027-03-31"}}'


def amounts(together: InSlack, least: int) -> list[int]:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return sorted(int(a) for a in uow.session.scalars(select(Deal.amount).where(Deal.amount >= least)) if a)


def outbox(together: InSlack) -> list[Outbox]:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return list(uow.session.scalars(select(Outbox).order_by(Outbox.id)))


@pytest.mark.parametrize("mode", ["socket", "http"])
@scenario
async def test_a_repeated_event_is_acknowledged_and_done_once(
    tmp_path: Path, seeded_database: Path, mode: Mode
) -> None:
    async with in_slack(tmp_path, seeded_database, mode=mode) as together:
        together.colleague("U1", "dana")
        room = together.standin.workspace.direct("U1").id
        event = {"type": "message", "user": "U1", "text": log_deal(777_001), "ts": together.standin.workspace.ts()}
        payload = together.standin.callback({**event, "channel": room, "channel_type": "im"}, event_id="Ev1")
        sent = await asyncio.gather(*(together.standin.send("events_api", payload) for _ in range(4)))
        assert all(each.acknowledged for each in sent)
        await together.standin.until(lambda: together.direct("U1"))
        await together.service.settle()
        assert amounts(together, 777_000) == [777_001]
        assert len(together.direct("U1")) == 1


@pytest.mark.parametrize("trouble", ["lost_after", "lost_before", "error"])
@scenario
async def test_an_answer_whose_sending_broke_off_is_there_once(
    tmp_path: Path, seeded_database: Path, trouble: Trouble
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.standin.api.fail("chat.postMessage", trouble)
        await together.standin.say("U1", WHO)
        await together.standin.until(lambda: outbox(together) and outbox(together)[0].status is OutboxStatus.DELIVERED)
        (row,) = outbox(together)
        assert row.attempts == 2
        (message,) = together.direct("U1")
        assert str(message["ts"]) in str(row.external_id)


@scenario
async def test_a_storm_of_rate_limits_delays_but_loses_and_doubles_nothing(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U2", "riley")
        together.standin.api.fail("chat.postMessage", "rate_limited", "rate_limited", "rate_limited", "rate_limited")
        await together.standin.say("U1", WHO)
        await together.standin.until(lambda: together.standin.api.calls["chat.postMessage"] == 1)
        for _ in range(2):
            await together.standin.say("U1", WHO)
        calls = together.standin.api.calls["chat.postMessage"]
        assert calls <= 2, "while Slack wants a pause in this channel, nothing is sent there"
        await together.standin.until(lambda: len(together.direct("U1")) == 3)
        await together.service.settle()
        assert {row.status for row in outbox(together)} == {OutboxStatus.DELIVERED}
        assert [m["metadata"]["event_payload"]["key"] for m in together.direct("U1")] == ["1.0", "2.0", "3.0"]


@scenario
async def test_long_answers_and_files_broken_off_in_the_middle_go_on_where_they_were(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        picture, paper = tmp_path / "forecast.png", tmp_path / "INV-1.pdf"
        picture.write_bytes(PNG)
        paper.write_bytes(b"%PDF-1.4")
        reply = Reply(
            parts=[
                *(Text(f"Paragraph {number}. " + "word " * 500) for number in range(12)),
                Picture(path=picture, alt="Forecast: rising"),
                Document(path=paper, name="INV-1.pdf", media_type="application/pdf"),
            ]
        )
        together.standin.api.fail("chat.postMessage", "lost_after", "lost_after", "error")
        together.standin.api.fail("files.completeUploadExternal", "lost_after", "lost_after")
        with together.store.unit_of_work(now=running_clock()) as uow:
            own = uow.session.scalars(
                select(Conversation).where(Conversation.external_id == person_key(TEAM, "U1"))
            ).one()
            queue_notice(uow, reply, key="long", conversation_id=own.id, identity_id=None)
            uow.commit()
        together.service.wake(own.id)
        await together.standin.until(lambda: outbox(together)[0].status is OutboxStatus.DELIVERED, seconds=90)
        text = "\n".join(str(message.get("blocks")) for message in together.direct("U1"))
        assert [text.count(f"Paragraph {number}. ") for number in range(12)] == [1] * 12
        files = [file["name"] for message in together.direct("U1") for file in message.get("files", ())]
        assert [name.partition("-1.")[0] for name in files] == ["forecast", "INV-1"]


@scenario
async def test_blocks_slack_refuses_are_said_as_text(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.standin.api.fail("chat.postMessage", "refuse_blocks")
        answer = await together.answer("U1", WHO)
        assert "Dana" in answer["text"]
        assert "blocks" not in answer


@pytest.mark.parametrize("announced", [True, False])
@scenario
async def test_after_a_disconnect_events_come_over_a_new_socket(
    tmp_path: Path, seeded_database: Path, announced: bool
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        await together.answer("U1", WHO)
        await together.standin.sockets.disconnect(announced=announced)
        await together.standin.until(lambda: together.standin.sockets.connections == 2, seconds=40)
        assert "Dana" in (await together.answer("U1", WHO))["text"]


@scenario
async def test_what_came_before_a_stop_is_answered_after_the_start(tmp_path: Path, seeded_database: Path) -> None:
    async with Standin() as standin:
        standin.api.fail("chat.postMessage", "error", "error", "error")
        async with assistant(tmp_path, seeded_database, standin) as together:
            together.colleague("U1", "dana")
            await standin.say("U1", log_deal(777_002))
            await standin.until(lambda: standin.api.calls["chat.postMessage"])
        async with assistant(tmp_path, seeded_database, standin) as together:
            await standin.until(lambda: together.direct("U1"), seconds=60)
            await together.service.settle()
            assert amounts(together, 777_000) == [777_002]
            assert len(together.direct("U1")) == 1
        assert standin.api.violations == []


@scenario
async def test_an_answer_that_takes_long_shows_an_hourglass_meanwhile(tmp_path: Path, seeded_database: Path) -> None:
    go_on = threading.Event()

    def hold_up(step: str) -> None:
        if step == "claimed":
            assert go_on.wait(30)

    async with in_slack(tmp_path, seeded_database, on_step=hold_up, sleep=asyncio.sleep) as together:
        together.colleague("U1", "dana")
        ts = await together.standin.say("U1", WHO)
        room = together.standin.workspace.direct("U1").id
        reactions = together.standin.workspace.reactions
        await together.standin.until(lambda: reactions)
        assert reactions == [("added", room, ts, "hourglass_flowing_sand")]
        go_on.set()
        await together.standin.until(lambda: len(reactions) == 2)
        assert reactions[1] == ("removed", room, ts, "hourglass_flowing_sand")
        assert "Dana" in together.direct("U1")[0]["text"]


@scenario
async def test_who_used_the_slash_command_is_told_that_it_is_being_worked_on(
    tmp_path: Path, seeded_database: Path
) -> None:
    go_on = threading.Event()

    def hold_up(step: str) -> None:
        if step == "claimed":
            assert go_on.wait(60)

    async with in_slack(tmp_path, seeded_database, on_step=hold_up, sleep=asyncio.sleep) as together:
        together.colleague("U1", "dana")
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1"})
        await together.standin.command("U1", WHO, channel="C1")
        await together.standin.until(lambda: workspace.whispers)
        assert workspace.whispers[0].payload["text"] == "Working on it…"
        go_on.set()
        await together.standin.until(lambda: len(workspace.whispers) == 2)
        assert "Dana" in workspace.whispers[1].payload["text"]
