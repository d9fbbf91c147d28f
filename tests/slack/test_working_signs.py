"""Answers that take longer than a second: a sign meanwhile, and nothing left of it whatever happens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.slack.assistant_in_slack import InSlack, in_slack, scenario
from tests.slack.soaking import Process, people_of
from tests.slack.standin.server import Standin
from tests.slack.standin.web_api import Trouble
from tests.slack.standin.workspace import BOT_USER

WHO = "/who_am_i"
LINE = "Working on it…"
STATUS = "is working on it…"


@dataclass(slots=True)
class Patience:
    """Time that passes only when told to, and turns that wait until they may go on."""

    until: str = "claimed"
    slept: list[float] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)
    _sleeping: list[asyncio.Future[None]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleeping.append(future)
        await future

    def on_step(self, step: str) -> None:
        if step == self.until:
            assert self.may_answer.wait(60)

    async def pass_by(self, together: InSlack, times: int = 1) -> None:
        """Let whoever sleeps wake up, so many times one after the other."""
        for _ in range(times):
            await together.standin.until(lambda: any(not future.done() for future in self._sleeping))
            woken, self._sleeping = self._sleeping, []
            for future in woken:
                if not future.done():
                    future.set_result(None)


@asynccontextmanager
async def slow(home: Path, database: Path, *, until: str = "claimed") -> AsyncIterator[tuple[InSlack, Patience]]:
    """The assistant, whose turns get no further than a step before they may."""
    patience = Patience(until=until)
    async with in_slack(home, database, on_step=patience.on_step, sleep=patience.sleep) as together:
        together.colleague("U1", "dana")
        together.standin.workspace.direct("U1")
        try:
            yield together, patience
        finally:
            patience.may_answer.set()


async def line_stands(together: InSlack, patience: Patience) -> dict[str, Any]:
    """Wait until the line has been written; it is the only thing the assistant has said."""
    await patience.pass_by(together, 2)
    await together.standin.until(lambda: together.direct("U1"))
    (line,) = together.direct("U1")
    assert line["text"] == LINE
    return dict(line)


def hourglasses(together: InSlack) -> list[str]:
    return [each[0] for each in together.standin.workspace.reactions]


@scenario
async def test_in_direct_messages_the_answer_takes_the_place_of_the_line_that_it_is_worked_on(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with slow(tmp_path, seeded_database) as (together, patience):
        await together.standin.say("U1", WHO)
        line = await line_stands(together, patience)
        assert hourglasses(together) == ["added"]
        patience.may_answer.set()
        await together.standin.until(lambda: hourglasses(together) == ["added", "removed"])
        (answer,) = together.direct("U1")
        assert answer["ts"] == line["ts"]
        assert "Dana" in answer["text"]
        assert patience.slept[:2] == [1, 4]


@scenario
async def test_in_a_thread_slacks_own_status_is_kept_up_until_the_answer_is_there(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with slow(tmp_path, seeded_database) as (together, patience):
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1"})
        thread = await together.standin.say("U1", f"<@{BOT_USER}> {WHO}", channel="C1")
        await patience.pass_by(together, 3)
        await together.standin.until(lambda: len(workspace.statuses) == 3)
        assert workspace.statuses == [("C1", thread, STATUS)] * 3
        assert patience.slept[2] < 120, "Slack takes a status off after two minutes"
        patience.may_answer.set()
        await together.standin.until(lambda: together.posted("C1"))
        await together.service.settle()
        assert workspace.status("C1", thread) == ""
        assert workspace.reactions == []
        assert len(together.posted("C1")) == 1


@scenario
async def test_where_slack_refuses_a_status_the_message_gets_an_hourglass(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with slow(tmp_path, seeded_database) as (together, patience):
        together.standin.workspace.add_channel("C1", {"U1"})
        together.standin.api.fail("assistant.threads.setStatus", "refused")
        await together.standin.say("U1", f"<@{BOT_USER}> {WHO}", channel="C1")
        await patience.pass_by(together)
        await together.standin.until(lambda: hourglasses(together) == ["added"])
        patience.may_answer.set()
        await together.standin.until(lambda: hourglasses(together) == ["added", "removed"])


@scenario
async def test_a_status_goes_when_the_answer_is_for_the_asker_alone(tmp_path: Path, seeded_database: Path) -> None:
    async with slow(tmp_path, seeded_database) as (together, patience):
        workspace = together.standin.workspace
        workspace.add_member("U9", "Guest", restricted=True)
        workspace.add_channel("C1", {"U1", "U9"})
        thread = await together.standin.say("U1", f"<@{BOT_USER}> {WHO}", channel="C1")
        await patience.pass_by(together)
        await together.standin.until(lambda: workspace.status("C1", thread) == STATUS)
        patience.may_answer.set()
        await together.standin.until(lambda: workspace.whispers)
        await together.standin.until(lambda: workspace.status("C1", thread) == "")


@pytest.mark.parametrize("trouble", ["lost_after", "lost_before"])
@scenario
async def test_a_line_nobody_knows_the_fate_of_is_looked_up_and_replaced(
    tmp_path: Path, seeded_database: Path, trouble: Trouble
) -> None:
    async with slow(tmp_path, seeded_database) as (together, patience):
        together.standin.api.fail("chat.postMessage", trouble)
        await together.standin.say("U1", WHO)
        await patience.pass_by(together, 2)
        await together.standin.until(lambda: together.standin.api.calls["chat.postMessage"] == 1)
        patience.may_answer.set()
        await together.standin.until(lambda: any("Dana" in m["text"] for m in together.direct("U1")))
        await together.service.settle()
        assert len(together.direct("U1")) == 1


@pytest.mark.parametrize("trouble", ["lost_after", "rate_limited"])
@scenario
async def test_an_answer_whose_way_into_the_line_broke_off_is_there_once(
    tmp_path: Path, seeded_database: Path, trouble: Trouble
) -> None:
    async with slow(tmp_path, seeded_database) as (together, patience):
        await together.standin.say("U1", WHO)
        line = await line_stands(together, patience)
        together.standin.api.fail("chat.update", trouble, trouble)
        patience.may_answer.set()
        await together.standin.until(lambda: hourglasses(together) == ["added", "removed"])
        (answer,) = together.direct("U1")
        assert answer["ts"] == line["ts"]
        assert "Dana" in answer["text"]


@scenario
async def test_while_slack_wants_a_pause_no_line_is_written(tmp_path: Path, seeded_database: Path) -> None:
    async with slow(tmp_path, seeded_database) as (together, patience):
        together.standin.api.fail("chat.postMessage", "rate_limited")
        await together.standin.say("U1", WHO)
        await patience.pass_by(together, 3)
        patience.may_answer.set()
        await together.standin.until(lambda: hourglasses(together) == ["added", "removed"])
        (answer,) = together.direct("U1")
        assert "Dana" in answer["text"]
        assert together.standin.api.calls["chat.postMessage"] == 2


@scenario
async def test_who_has_waited_long_is_told_by_a_new_message_and_the_line_goes(
    tmp_path: Path, seeded_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.slack.working.READS_ALONG", timedelta(0))
    async with slow(tmp_path, seeded_database) as (together, patience):
        await together.standin.say("U1", WHO)
        line = await line_stands(together, patience)
        patience.may_answer.set()
        await together.standin.until(lambda: hourglasses(together) == ["added", "removed"])
        (answer,) = together.direct("U1")
        assert answer["ts"] != line["ts"]
        assert "Dana" in answer["text"]


@scenario
async def test_an_answer_slack_never_takes_leaves_no_line(tmp_path: Path, seeded_database: Path) -> None:
    async with slow(tmp_path, seeded_database) as (together, patience):
        await together.standin.say("U1", WHO)
        await line_stands(together, patience)
        together.standin.api.fail("chat.update", "refused")
        patience.may_answer.set()
        await together.standin.until(lambda: hourglasses(together) == ["added", "removed"])
        assert together.direct("U1") == []


@scenario
async def test_a_message_taken_back_while_it_waits_leaves_no_line(tmp_path: Path, seeded_database: Path) -> None:
    # The first turn has ended but its thread goes no further: the second message waits for it.
    async with slow(tmp_path, seeded_database, until="committed") as (together, patience):
        room = together.standin.workspace.direct("U1").id
        await together.standin.say("U1", WHO)
        second = await together.standin.say("U1", WHO)
        await together.standin.until(lambda: len(patience.slept) == 2)
        await patience.pass_by(together)
        await together.standin.until(lambda: len(patience.slept) == 4)
        await patience.pass_by(together)
        await together.standin.until(lambda: len(patience.slept) == 6)
        assert [message["text"] for message in together.direct("U1")] == [LINE, LINE]
        await together.standin.delete(room, second)
        await patience.pass_by(together)
        await together.standin.until(lambda: len(together.direct("U1")) == 1)
        patience.may_answer.set()
        await together.standin.until(lambda: "Dana" in together.direct("U1")[0]["text"])


@scenario
async def test_killed_while_the_line_stands_the_next_process_puts_the_answer_in_its_place(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with Standin() as standin:
        people_of(tmp_path, seeded_database, standin, 1)
        async with Process(tmp_path, standin.api_url) as process:
            await process.start("claimed", "hang")
            await standin.say("U0", '/create_task{"subject": "survive", "date": "-"}')
            await standin.until(standin.workspace.said_by_bot)
            (line,) = [dict(message) for message in standin.workspace.said_by_bot()]
            assert line["text"] == LINE
            await process.kill()
            await process.start()
            await standin.until(lambda: "survive" in standin.workspace.said_by_bot()[0]["text"])
            await standin.until(lambda: [each[0] for each in standin.workspace.reactions] == ["added", "removed"])
        (answer,) = standin.workspace.said_by_bot()
        assert answer["ts"] == line["ts"]
        assert standin.api.violations == []
