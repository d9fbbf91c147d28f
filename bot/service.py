"""The running assistant: takes messages in, has them processed in order, and delivers the answers."""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from queue import Empty
from typing import TypeVar

import structlog
from sqlalchemy import select

from bot.errors import EngineUnavailable
from bot.inbox import receive
from bot.messages import Channel, DeliveryFailed, InboundMessage, OutgoingMessage, Receipt
from bot.outbox import next_to_deliver, record_delivered, record_failure, waiting_elsewhere
from bot.turn import MAX_ATTEMPTS, TurnPipeline
from crm_store.errors import DatabaseUnavailable
from crm_store.models import Conversation, Inbox, InboxStatus, Outbox, OutboxStatus
from crm_store.store import Store

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.5
_ENGINE_RETRY_SECONDS = 2.0

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class Service:
    """Runs turns in worker threads, one at a time per conversation, and delivers on the event loop.

    Nothing is kept only in memory: what a crash leaves behind is found again by ``recover``. ``sleep`` waits for
    retries; tests drive it by their clock.
    """

    def __init__(
        self, pipeline: TurnPipeline, *, home: Path, sleep: Sleep = asyncio.sleep, turns_at_once: int = 2
    ) -> None:
        self.pipeline = pipeline
        self.store: Store = pipeline.store
        self.clock: Callable[[], datetime] = pipeline.clock
        self.home = home
        self._sleep = sleep
        self._channels: dict[str, Channel] = {}
        self._repeatable: set[str] = set()
        self._turn_locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._delivery_locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()
        # One thread of its own: taking in keeps the order of arrival and never queues behind turns.
        self._intake = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intake")
        # Turns compute, and on SQLite only one of them writes at a time: more threads would not be faster, but what is
        # taken in would wait for every one of them.
        self._turns = ThreadPoolExecutor(max_workers=turns_at_once, thread_name_prefix="turn")

    def register(self, channel: Channel) -> None:
        """Deliver to this channel from now on."""
        self._channels[channel.name] = channel
        if channel.repeatable:
            self._repeatable.add(channel.name)

    async def receive(self, message: InboundMessage) -> Receipt:
        """Commit a message and have it answered; returns once it is safe. Raises DatabaseUnavailable."""
        receipt = await self.take_in(lambda: receive(self.store, message, now=self.clock()))
        self.pipeline.on_step("received")
        if not receipt.repeat and not receipt.held:
            self._spawn(self._work(receipt.conversation_id))
        return receipt

    async def take_in(self, work: Callable[[], T]) -> T:
        """Do something short in the thread that takes messages in, after what was handed to it before."""
        return await asyncio.get_running_loop().run_in_executor(self._intake, work)

    async def recover(self) -> None:
        """Take up what a crash or a stop left behind: unanswered messages and undelivered answers."""
        waiting = await asyncio.to_thread(self._left_behind)
        for conversation_id in waiting:
            self._spawn(self._work(conversation_id))

    async def settle(self) -> None:
        """Wait until everything received so far is answered and delivered, or waits for a retry."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self, conversation_id: int) -> None:
        """Something was put into this conversation's outbox by another hand than a turn."""
        self._spawn(self._work(conversation_id))

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that can be delivered on here."""
        return tuple(self._channels)

    async def deliver_left_by_others(self) -> None:
        """Deliver what another process has put into outboxes of this one's channels and cannot deliver itself."""
        for conversation_id in await asyncio.to_thread(waiting_elsewhere, self.store, self.channels, now=self.clock()):
            self._spawn(self._deliver(conversation_id))

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _left_behind(self) -> list[int]:
        with self.store.unit_of_work(now=self.clock()) as uow:
            rows = uow.session.scalars(
                select(Inbox).where(Inbox.status == InboxStatus.RECEIVED).order_by(Inbox.id)
            ).all()
            # Only the first message of a conversation can have brought the process down; the others were waiting.
            heads = {row.conversation_id: row for row in reversed(rows)}.values()
            poisoned = [row.id for row in heads if row.attempts >= MAX_ATTEMPTS]
            for row in heads:
                row.attempts += 1
            undelivered = uow.session.scalars(
                select(Outbox.conversation_id)
                .join(Conversation)
                .where(
                    Outbox.status.in_((OutboxStatus.QUEUED, OutboxStatus.ATTEMPTING)),
                    Conversation.channel.in_(self.channels),
                )
                .distinct()
            ).all()
            uow.commit()
        for inbox_id in poisoned:
            self.pipeline.give_up(inbox_id, f"not answered after {MAX_ATTEMPTS} starts")
        return list(dict.fromkeys([*(row.conversation_id for row in rows), *undelivered]))

    async def _work(self, conversation_id: int) -> None:
        async with self._turn_locks[conversation_id]:
            while await self._process_one(conversation_id):
                self._spawn(self._deliver(conversation_id))
                self._deliver_elsewhere()
        await self._deliver(conversation_id)

    def _deliver_elsewhere(self) -> None:
        """Deliver what turns have said in other conversations than their own."""
        while True:
            try:
                other = self.pipeline.elsewhere.get_nowait()
            except Empty:
                return
            self._spawn(self._deliver(other))

    async def _process_one(self, conversation_id: int) -> bool:
        turn = functools.partial(self.pipeline.process_next, conversation_id)
        while True:
            try:
                return await self._persistently(turn, executor=self._turns) is not None
            except EngineUnavailable:
                # Its sentence about that is delivered now; the message is tried again, or found by the next start.
                self._spawn(self._deliver(conversation_id))
                await self._sleep(_ENGINE_RETRY_SECONDS)

    async def _persistently(self, work: Callable[[], T], *, executor: Executor | None = None) -> T:
        """Do ``work`` in a thread, again and again while the database is away: nothing may be left half recorded."""
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(executor, work)
            except DatabaseUnavailable as error:
                _log.warning("database_unavailable", error=str(error))
                await self._sleep(_RETRY_SECONDS)

    async def _deliver(self, conversation_id: int) -> None:
        async with self._delivery_locks[conversation_id]:
            while True:
                message = await self._persistently(
                    lambda: next_to_deliver(
                        self.store,
                        conversation_id,
                        now=self.clock(),
                        channels=self._channels.keys(),
                        repeatable=self._repeatable,
                    )
                )
                if message is None:
                    return
                if not await self._deliver_one(message):
                    return

    async def _deliver_one(self, message: OutgoingMessage) -> bool:
        """Whether it was taken; when it was not, the next attempt is arranged."""
        self.pipeline.on_step("attempting")
        try:
            external_id = await self._channels[message.channel].deliver(message)
        except DeliveryFailed as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a channel's bug must not keep its conversation silent for ever
            failure = DeliveryFailed(f"{type(error).__name__}: {error}")
        else:
            self.pipeline.on_step("delivered")
            await self._persistently(
                lambda: record_delivered(self.store, message.outbox_id, external_id=external_id, now=self.clock())
            )
            self.pipeline.on_step("recorded")
            return True
        retry_at = await self._persistently(
            lambda: record_failure(self.store, message.outbox_id, failure, now=self.clock())
        )
        _log.warning("delivery_failed", outbox_id=message.outbox_id, error=failure.detail)
        if retry_at is None:
            # It is given up; what comes after it is not.
            return True
        self._spawn(self._deliver_later(message.conversation_id, (retry_at - self.clock()).total_seconds()))
        return False

    async def _deliver_later(self, conversation_id: int, seconds: float) -> None:
        await self._sleep(max(seconds, 0))
        await self._deliver(conversation_id)
