"""Talking in Slack, through real sockets on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from crm_store.models import Deal
from tests.slack.assistant_in_slack import InSlack, Mode, in_slack, scenario
from tests.slack.standin.workspace import BOT_USER

LOG_DEAL = '/log_deal{"account": "Initech", "amount": "40000", "date": "2027-03-31"}'


def deals_of(together: InSlack, amount: int) -> list[Deal]:
    with together.store.unit_of_work(now=together.service.clock(), read_only=True) as uow:
        return list(uow.session.scalars(select(Deal).where(Deal.amount == amount)))


@pytest.mark.parametrize("mode", ["socket", "http"])
@scenario
async def test_one_direct_message_logs_a_complete_deal(tmp_path: Path, seeded_database: Path, mode: Mode) -> None:
    async with in_slack(tmp_path, seeded_database, mode=mode) as together:
        together.colleague("U1", "dana")
        before = len(deals_of(together, 40_000))
        answer = await together.answer("U1", LOG_DEAL)
        assert "Initech" in answer["text"]
        assert len(deals_of(together, 40_000)) == before + 1
        (sent,) = together.standin.sent
        assert sent.acknowledged
        assert sent.attempts == 1
        assert "thread_ts" not in answer


@scenario
async def test_a_button_updates_the_message_it_stands_under(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        before = len(deals_of(together, 40_000))
        answer = await together.answer("U1", LOG_DEAL)
        room = together.standin.workspace.direct("U1").id
        await together.standin.press("U1", answer, "Undo", channel=room)
        await together.standin.until(lambda: "edited" in answer)
        assert len(deals_of(together, 40_000)) == before
        assert len(together.direct("U1")) == 1


@scenario
async def test_a_reply_under_a_card_is_about_what_the_card_shows(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        card = await together.answer("U1", LOG_DEAL)
        await together.answer("U1", LOG_DEAL.replace("Initech", "Globex"))
        answered = len(together.direct("U1"))
        await together.standin.say("U1", '/move_deal{"stage": "Negotiation"}', thread=card["ts"])
        await together.standin.until(lambda: len(together.direct("U1")) > answered)
        moved = together.direct("U1")[answered]
        assert moved["thread_ts"] == card["ts"]
        assert "Negotiation" in moved["text"]
        assert "Initech" in moved["text"]


@scenario
async def test_a_mention_starts_a_thread_that_stays_the_conversation(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.standin.workspace.add_channel("C1", {"U1"})
        root = await together.standin.say("U1", f"<@{BOT_USER}> {LOG_DEAL}", channel="C1")
        await together.standin.until(lambda: together.posted("C1"))
        await together.standin.say("U1", '/move_deal{"stage": "Negotiation"}', channel="C1", thread=root)
        await together.standin.until(lambda: len(together.posted("C1")) == 2)
        assert {message["thread_ts"] for message in together.posted("C1")} == {root}
        assert "Negotiation" in together.posted("C1")[1]["text"]
