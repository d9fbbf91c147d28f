"""A customer on Telegram and agents in Slack talk through the assistant, over real sockets on both sides."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from crm_store.models import SupportEvent, SupportEventKind, Ticket, TicketMessage
from tests.desk.both_sides import SUPPORT, both_sides, office_clock
from tests.slack.assistant_in_slack import scenario
from tests.slack.standin.server import Standin
from tests.telegram.serving import TelegramStandIn


@scenario
async def test_a_customer_and_an_agent_talk_and_the_bot_is_silent_until_it_is_handed_back(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with both_sides(tmp_path, seeded_database) as desk:
        desk.agent("U1", "sam")
        kim = desk.customer()
        kim.say("/greet")
        await desk.reads(kim)
        root = await desk.asks_for_a_person(kim)
        assert "Kim Lee (Northwind Traders) needs a person (asked for one)" in root["text"]
        background = await desk.sees(root, "Identity: signed in, on telegram")
        assert "Orders:" in background["text"]
        assert "Customer: /greet" in background["text"]

        await desk.writes("U1", "looks like a gold customer", root)
        await desk.sees(root, "Kim does not see it")
        await desk.writes("U1", "reply: Hello Kim, Sam here. What is wrong?", root)
        (answer,) = await desk.reads(kim)
        assert answer.text == "Sam (Brightwater): Hello Kim, Sam here. What is wrong?"

        kim.say("/greet")  # the bot would answer this
        await desk.sees(root, "Kim Lee (Northwind Traders): /greet")
        await desk.rest()
        assert len(kim.messages()) == kim.seen

        await desk.writes("U1", "hand back", root)
        (back,) = await desk.reads(kim)
        assert "Sam has handed you back to me" in back.text
        assert "Hi Kim" in (await asyncio.to_thread(kim.ask, "/greet")).text
        assert not any("gold" in sent.text for sent in kim.messages())
        with desk.store.unit_of_work(now=office_clock(), read_only=True) as uow:
            notes = uow.session.scalars(select(TicketMessage).where(TicketMessage.text.contains("gold"))).all()
            assert [note.internal for note in notes] == [True]


@scenario
async def test_a_note_goes_to_the_customer_only_by_its_button_and_once(tmp_path: Path, seeded_database: Path) -> None:
    async with both_sides(tmp_path, seeded_database) as desk:
        desk.agent("U1", "sam")
        kim = desk.customer()
        root = await desk.asks_for_a_person(kim)
        await desk.writes("U1", "The parcel comes on Friday.", root)
        kept = await desk.sees(root, "does not see it")
        await desk.slack.press("U1", kept, "Send to the customer", channel=SUPPORT)
        (answer,) = await desk.reads(kim)
        assert answer.text == "Sam (Brightwater): The parcel comes on Friday."
        await desk.rest()
        assert len(kim.messages()) == kim.seen


@scenario
async def test_of_two_agents_who_press_take_at_once_one_has_it(tmp_path: Path, seeded_database: Path) -> None:
    async with both_sides(tmp_path, seeded_database) as desk:
        desk.agent("U1", "sam")
        desk.agent("U2", "morgan")
        root = await desk.asks_for_a_person(desk.customer())
        await asyncio.gather(
            desk.slack.press("U1", root, "Take it", channel=SUPPORT),
            desk.slack.press("U2", root, "Take it", channel=SUPPORT),
        )
        await desk.sees(root, "is yours")
        second = await desk.sees(root, "already")
        with desk.store.unit_of_work(now=office_clock(), read_only=True) as uow:
            ticket = uow.session.scalars(select(Ticket).where(Ticket.category == "handover")).one()
            assert ticket.assignee is not None
            assert ticket.assignee.name in second["text"]
        assert sum("is yours" in text for text in desk.thread(root)) == 1


@scenario
async def test_whoever_does_not_have_the_ticket_sends_nothing(tmp_path: Path, seeded_database: Path) -> None:
    async with both_sides(tmp_path, seeded_database) as desk:
        desk.agent("U1", "sam")
        desk.agent("U2", "morgan")
        kim = desk.customer()
        root = await desk.asks_for_a_person(kim)
        await desk.writes("U1", "take it", root)
        await desk.sees(root, "is yours")
        await desk.writes("U2", "reply: I disagree with Sam", root)
        await desk.sees(root, "nothing was sent")
        await desk.rest()
        assert len(kim.messages()) == kim.seen


@scenario
async def test_two_customers_have_a_thread_each(tmp_path: Path, seeded_database: Path) -> None:
    async with both_sides(tmp_path, seeded_database) as desk:
        desk.agent("U1", "sam")
        kim, jo = desk.customer(), desk.customer("jo@example.com")
        first = await desk.asks_for_a_person(kim)
        second = await desk.asks_for_a_person(jo)
        await desk.writes("U1", "reply: for Jo only", second)
        await desk.reads(jo)
        await desk.writes("U1", "reply: for Kim only", first)
        await desk.reads(kim)
        await desk.rest()
        assert "for Kim only" in kim.messages()[-1].text
        assert "for Jo only" in jo.messages()[-1].text
        assert not any("Jo" in sent.text for sent in kim.messages())


@scenario
async def test_a_photo_reaches_the_thread_as_a_file(tmp_path: Path, seeded_database: Path) -> None:
    async with both_sides(tmp_path, seeded_database) as desk:
        desk.agent("U1", "sam")
        kim = desk.customer()
        root = await desk.asks_for_a_person(kim)
        await desk.writes("U1", "reply: send me a picture please", root)
        await desk.reads(kim)
        kim.send_file("document", b"%PDF-1.4 broken printer", caption="here it is")
        await desk.sees(root, "here it is")
        await desk.slack.until(lambda: bool(desk.slack.workspace.files))


@scenario
async def test_a_solved_ticket_is_told_to_the_customer_who_can_open_it_again(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with both_sides(tmp_path, seeded_database) as desk:
        desk.agent("U1", "sam")
        kim = desk.customer()
        root = await desk.asks_for_a_person(kim)
        await desk.writes("U1", "reply: done!", root)
        await desk.reads(kim)
        await desk.writes("U1", "solved", root)
        (told,) = await desk.reads(kim)
        assert "marked as solved" in told.text
        kim.press(told, "It isn't solved")
        (opened,) = await desk.reads(kim)
        assert "open again" in opened.text
        with desk.store.unit_of_work(now=office_clock(), read_only=True) as uow:
            kinds = set(uow.session.scalars(select(SupportEvent.kind)))
        assert {SupportEventKind.REOPENED, SupportEventKind.RETURNED, SupportEventKind.FIRST_RESPONSE} <= kinds


class Killed(BaseException):
    """Stands for the process's end at a step."""


@pytest.mark.parametrize("step", ["before_commit", "committed", "attempting", "delivered"])
@scenario
async def test_stopped_at_any_step_an_answer_reaches_the_customer_once(
    tmp_path: Path, seeded_database: Path, step: str
) -> None:
    armed = False

    def stop_there(name: str) -> None:
        if armed and name == step:
            raise Killed(name)

    with TelegramStandIn() as telegram:
        async with Standin() as slack:
            async with both_sides(
                tmp_path, seeded_database, slack=slack, telegram=telegram, on_step=stop_there
            ) as desk:
                desk.agent("U1", "sam")
                kim = desk.customer()
                root = await desk.asks_for_a_person(kim)
                await desk.rest()
                armed = True
                await desk.writes("U1", "reply: exactly once", root)
                await desk.rest()
            armed = False
            async with both_sides(tmp_path, seeded_database, slack=slack, telegram=telegram) as desk:
                await desk.sees(root, "Sent to Kim")
                await desk.reads(kim)
                await desk.rest()
    assert sum("exactly once" in sent.text for sent in kim.messages()) == 1
