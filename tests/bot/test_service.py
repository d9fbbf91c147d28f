"""The running service: order, repeats, trouble of every kind, and delivery."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from actions import registry
from actions.registry import EVERYONE, Skill
from actions.turn import Turn
from bot.inbox import receive
from bot.messages import OutgoingMessage
from bot.service import Service
from bot.turn import MAX_ATTEMPTS
from crm_store.errors import DatabaseUnavailable
from crm_store.models import Inbox, InboxStatus, Outbox, OutboxStatus, Ticket
from crm_store.store import Store
from tests.assistants import NOW, DrivenClock, Rig
from tests.bot.speaking import RecordingChannel, inbox_of, message, outbox_of, refusal


@dataclass(slots=True)
class Running:
    """A service with one channel, whose waiting moves the clock instead of taking time."""

    rig: Rig
    channel: RecordingChannel
    waited: list[float] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """The database."""
        return self.rig.assistant.store

    @property
    def clock(self) -> DrivenClock:
        """The driven clock."""
        return self.rig.clock

    def service(self) -> Service:
        """A service as it is after a start."""
        found = Service(self.rig.assistant.pipeline, home=self.rig.assistant.settings.home, sleep=self._sleep)
        found.register(self.channel)
        return found

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        await asyncio.sleep(0)
        self.clock.advance(seconds=seconds)

    def run(self, work: Callable[[Service], Awaitable[None]]) -> None:
        """Do ``work`` with a fresh service and let it come to rest."""

        async def main() -> None:
            service = self.service()
            await work(service)
            await service.settle()

        asyncio.run(main())

    def say(self, *texts: str, conversation: str = "c1") -> None:
        """Say lines one after the other in one conversation."""

        async def work(service: Service) -> None:
            for text in texts:
                await service.receive(message(text, conversation=conversation))

        self.run(work)

    def recover(self) -> None:
        """Start again after a crash."""
        self.run(lambda service: service.recover())


@pytest.fixture
def running(rig: Rig) -> Running:
    return Running(rig, RecordingChannel())


@contextmanager
def _skill(monkeypatch: pytest.MonkeyPatch, action: str, handler: Callable[[Turn], None]) -> Iterator[None]:
    registry.all_skills()
    with monkeypatch.context() as patch:
        patch.setitem(registry._skills, action, Skill(action=action, audience=EVERYONE, handler=handler))
        yield


def test_messages_of_one_conversation_are_answered_in_order_and_others_beside_them(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[int, list[str]] = {}
    active: dict[int, int] = {}
    most_at_once = 0
    guard = threading.Lock()

    def greet(turn: Turn) -> None:
        nonlocal most_at_once
        here = turn.conversation.id
        with guard:
            active[here] = active.get(here, 0) + 1
            assert active[here] == 1, "two messages of one conversation at once"
            most_at_once = max(most_at_once, sum(active.values()))
            seen.setdefault(here, []).append(turn.call.first("note") or "")
        turn.say("utter_empty")
        with guard:
            active[here] -= 1

    async def work(service: Service) -> None:
        for number in range(12):
            await asyncio.gather(
                *(
                    service.receive(message(f'/greet{{"note": "{number}"}}', conversation=f"c{c}", sender=f"s{c}"))
                    for c in range(5)
                )
            )

    with _skill(monkeypatch, "action_greet", greet):
        running.run(work)
    assert {tuple(numbers) for numbers in seen.values()} == {tuple(str(n) for n in range(12))}
    assert len(seen) == 5
    assert len(running.channel.taken) == 60
    for conversation_id in seen:
        mine = [each.outbox_id for each in running.channel.taken if each.conversation_id == conversation_id]
        assert mine == sorted(mine)


@dataclass(slots=True)
class _SlowForOne:
    """A channel on which one conversation's deliveries wait until another's has been made."""

    channel: RecordingChannel
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    others_done: asyncio.Event = field(default_factory=asyncio.Event)
    name: str = "web"
    repeatable: bool = False

    async def deliver(self, message: OutgoingMessage) -> str | None:
        """Take it, the slow conversation's last."""
        if message.conversation == "slow":
            self.begun.set()
            await self.others_done.wait()
        taken = await self.channel.deliver(message)
        self.others_done.set()
        return taken


def test_a_slow_delivery_does_not_hold_up_other_conversations(running: Running) -> None:
    async def work(service: Service) -> None:
        slow = _SlowForOne(running.channel)
        service.register(slow)
        await service.receive(message("/greet", conversation="slow", sender="a"))
        await slow.begun.wait()
        await service.receive(message("/greet", conversation="quick", sender="b"))

    running.run(work)
    assert [each.conversation for each in running.channel.taken] == ["quick", "slow"]


def test_an_event_delivered_by_the_platform_several_times_is_answered_once(running: Running) -> None:
    async def work(service: Service) -> None:
        receipts = await asyncio.gather(
            *(service.receive(message("/greet", event_id="same", conversation="c")) for _ in range(5))
        )
        assert [receipt.repeat for receipt in receipts].count(False) == 1

    running.run(work)
    assert len(running.channel.taken) == 1


def test_a_database_that_is_away_delays_an_answer_and_loses_none(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = itertools.count(1)

    def every_third_time_away(real: Callable[..., Any]) -> Callable[..., Any]:
        def asked(self: Store, *arguments: Any, **options: Any) -> Any:
            if next(calls) % 3 == 0:  # the first call is the receipt, which must succeed or be repeated by the platform
                raise DatabaseUnavailable("gone fishing")
            return real(self, *arguments, **options)

        return asked

    for way in ("unit_of_work", "look", "look_for"):
        monkeypatch.setattr(Store, way, every_third_time_away(getattr(Store, way)))
    running.say("/greet")
    monkeypatch.undo()
    assert len(running.waited) >= 3
    assert set(running.waited) == {0.5}
    assert len(running.channel.taken) == 1
    assert [row.status for row in outbox_of(running.store)] == [OutboxStatus.DELIVERED]


def test_a_broken_skill_is_apologised_for_and_the_conversation_goes_on(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_turn: Turn) -> None:
        raise ZeroDivisionError("secret detail")

    with _skill(monkeypatch, "action_thank", broken):
        running.say("/greet", "/thank", "/greet")
    rows = inbox_of(running.store)
    assert [row.status for row in rows] == [InboxStatus.DONE, InboxStatus.FAILED, InboxStatus.DONE]
    assert len(running.channel.taken) == 3
    apology = running.channel.texts()[1]
    assert f"m{rows[1].id}" in apology
    assert "secret detail" not in apology
    assert "Traceback" not in apology
    assert rows[1].text == "/thank", "the message is kept"


def test_what_a_broken_skill_did_is_undone(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(turn: Turn) -> None:
        turn.uow.add(Ticket(subject="half done"))
        raise ZeroDivisionError

    with _skill(monkeypatch, "action_thank", broken):
        running.say("/thank")
    with running.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.scalars(select(Ticket).where(Ticket.subject == "half done")).all() == []


def test_a_platforms_wish_to_wait_is_honoured_and_order_is_kept(running: Running) -> None:
    def busy_at_first(sent: OutgoingMessage, attempt: int) -> Exception | None:
        return refusal(retry_after=42.0) if sent.outbox_id == first and attempt == 1 else None

    running.channel.answers = lambda _sent, _attempt: refusal(permanent=True)
    running.say("/greet", conversation="warm-up")
    first = outbox_of(running.store)[-1].id + 1
    running.channel.answers = busy_at_first
    running.channel.attempts.clear()
    running.say("/greet", "/thank")
    assert running.channel.attempts[0] == first
    assert [each.outbox_id for each in running.channel.taken] == sorted(
        each.outbox_id for each in running.channel.taken
    )
    assert len(running.channel.taken) == 2
    assert 42.0 in running.waited
    assert running.clock() >= NOW + timedelta(seconds=42)


def test_attempts_are_spaced_further_and_further_and_then_given_up(running: Running) -> None:
    running.channel.answers = lambda sent, _attempt: refusal() if sent.conversation == "c1" else None
    running.say("/greet")
    (row,) = outbox_of(running.store)
    assert (row.status, row.attempts, row.error) == (OutboxStatus.FAILED, 8, "busy")
    assert running.waited == [2, 4, 8, 16, 32, 64, 128]
    assert set(running.channel.attempts) == {row.id}


def test_a_message_that_can_never_be_delivered_is_recorded_and_the_next_one_goes_out(running: Running) -> None:
    running.channel.answers = lambda _sent, _attempt: (
        refusal(permanent=True) if len(running.channel.attempts) == 1 else None
    )
    running.say("/greet", "/thank")
    failed, delivered = outbox_of(running.store)
    assert (failed.status, failed.error, failed.attempts) == (OutboxStatus.FAILED, "busy", 1)
    assert (delivered.status, delivered.external_id) == (OutboxStatus.DELIVERED, f"platform-{delivered.id}")


def test_a_bug_in_a_channel_counts_as_a_failed_attempt(running: Running) -> None:
    running.channel.answers = lambda _sent, attempt: KeyError("oops") if attempt == 1 else None
    running.say("/greet", "/thank")
    assert [row.status for row in outbox_of(running.store)] == [OutboxStatus.DELIVERED] * 2
    assert running.waited == [2] * len(running.waited)


def test_an_attempt_a_crash_left_open_is_made_again_under_the_same_number(running: Running) -> None:
    running.say("/greet")
    (row,) = outbox_of(running.store)
    with running.store.unit_of_work(now=NOW) as uow:
        again = uow.session.get_one(Outbox, row.id)
        again.status, again.delivered_at = OutboxStatus.ATTEMPTING, None
        uow.commit()
    running.recover()
    assert [each.outbox_id for each in running.channel.taken] == [row.id, row.id]
    (after,) = outbox_of(running.store)
    assert (after.status, after.attempts) == (OutboxStatus.DELIVERED, 2)


def test_a_message_for_a_channel_that_is_not_there_waits_untouched(running: Running) -> None:
    running.channel.name = "slack"
    running.say("/greet")
    (row,) = outbox_of(running.store)
    assert (row.status, row.attempts) == (OutboxStatus.QUEUED, 0)
    running.channel.name = "web"
    running.recover()
    assert len(running.channel.taken) == 1


def test_what_was_received_before_a_stop_is_answered_after_it(running: Running) -> None:
    for number in range(3):
        receive(running.store, message("/greet", conversation=f"c{number % 2}"), now=NOW)
    running.recover()
    assert [row.status for row in inbox_of(running.store)] == [InboxStatus.DONE] * 3
    assert len(running.channel.taken) == 3


def test_a_message_that_brings_the_process_down_each_time_is_given_up_and_those_behind_it_are_not(
    running: Running,
) -> None:
    for text in ("/greet", "/greet"):
        receive(running.store, message(text), now=NOW)
    for _ in range(MAX_ATTEMPTS):
        # Each start counts the attempt before it is made; here the process dies during it.
        running.service()._left_behind()
    running.recover()
    first, second = inbox_of(running.store)
    assert (first.status, second.status) == (InboxStatus.FAILED, InboxStatus.DONE)
    assert f"m{first.id}" in running.channel.texts()[0]
    assert len(running.channel.taken) == 2


def test_settling_waits_for_everything(running: Running) -> None:
    running.say(*["/greet"] * 10)
    with running.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert set(uow.session.scalars(select(Inbox.status))) == {InboxStatus.DONE}
        assert set(uow.session.scalars(select(Outbox.status))) == {OutboxStatus.DELIVERED}


def test_what_another_process_has_written_is_delivered_by_the_next_tick(running: Running) -> None:
    running.say("/greet")
    before = len(running.channel.taken)
    with running.store.unit_of_work(now=running.clock()) as uow:
        conversation_id = uow.session.scalars(select(Outbox.conversation_id)).first()
        assert conversation_id is not None
        body = {"parts": [{"type": "text", "text": "From the agent"}], "buttons": []}
        uow.session.add(Outbox(key="desk:1", conversation_id=conversation_id, body=body, created_at=running.clock()))
        uow.commit()
    running.run(lambda service: service.deliver_left_by_others())
    assert len(running.channel.taken) == before  # a turn of this process may be about to deliver it
    running.clock.advance(seconds=1)
    running.run(lambda service: service.deliver_left_by_others())
    running.run(lambda service: service.deliver_left_by_others())
    assert len(running.channel.taken) == before + 1
    assert outbox_of(running.store)[-1].status is OutboxStatus.DELIVERED
