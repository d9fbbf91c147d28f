"""The running assistant: takes messages in, has them processed in order, and delivers the answers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from bot.inbox import receive
from bot.messages import Channel, DeliveryFailed, InboundMessage, Receipt
from bot.outbox import next_to_deliver, record_delivered, record_failure
from bot.turn import MAX_ATTEMPTS, TurnPipeline
from crm_store.errors import DatabaseUnavailable
from crm_store.models import Conversation, Inbox, InboxStatus, Outbox, OutboxStatus
from crm_store.store import Store

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.5


class Service:
    """Runs turns in worker threads, one at a time per conversation, and delivers on the event loop.

    Nothing is kept only in memory: what a crash leaves behind is found again by ``recover``.
    """

    def __init__(self, pipeline: TurnPipeline, *, home: Path) -> None:
        self.pipeline = pipeline
        self.store: Store = pipeline.store
        self.clock: Callable[[], datetime] = pipeline.clock
        self.home = home
        self._channels: dict[str, Channel] = {}
        self._turn_locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._delivery_locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()

    def register(self, channel: Channel) -> None:
        """Deliver to this channel from now on."""
        self._channels[channel.name] = channel

    async def receive(self, message: InboundMessage) -> Receipt:
        """Commit a message and have it answered; returns once it is safe. Raises DatabaseUnavailable."""
        receipt = await asyncio.to_thread(receive, self.store, message, now=self.clock())
        self.pipeline.on_step("received")
        if not receipt.repeat:
            self._spawn(self._work(receipt.conversation_id))
        return receipt

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

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _left_behind(self) -> list[int]:
        with self.store.unit_of_work(now=self.clock()) as uow:
            rows = uow.session.scalars(
                select(Inbox).where(Inbox.status == InboxStatus.RECEIVED).order_by(Inbox.id)
            ).all()
            poisoned = [row.id for row in rows if row.attempts >= MAX_ATTEMPTS]
            for row in rows:
                row.attempts += 1
            undelivered = uow.session.scalars(
                select(Outbox.conversation_id)
                .join(Conversation)
                .where(
                    Outbox.status.in_((OutboxStatus.QUEUED, OutboxStatus.ATTEMPTING)),
                    Conversation.channel.in_(tuple(self._channels)),
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
        await self._deliver(conversation_id)

    async def _process_one(self, conversation_id: int) -> bool:
        while True:
            try:
                return await asyncio.to_thread(self.pipeline.process_next, conversation_id) is not None
            except (DatabaseUnavailable, StaleDataError) as error:
                _log.warning("turn_delayed", conversation_id=conversation_id, error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _deliver(self, conversation_id: int) -> None:
        async with self._delivery_locks[conversation_id]:
            while True:
                message = await asyncio.to_thread(next_to_deliver, self.store, conversation_id, now=self.clock())
                if message is None or message.channel not in self._channels:
                    return
                try:
                    external_id = await self._channels[message.channel].deliver(message)
                except DeliveryFailed as failure:
                    retry_at = await asyncio.to_thread(
                        record_failure, self.store, message.outbox_id, failure, now=self.clock()
                    )
                    _log.warning("delivery_failed", outbox_id=message.outbox_id, error=failure.detail)
                    if retry_at is not None:
                        self._spawn(self._deliver_later(conversation_id, (retry_at - self.clock()).total_seconds()))
                    return
                self.pipeline.on_step("delivered")
                await asyncio.to_thread(
                    record_delivered, self.store, message.outbox_id, external_id=external_id, now=self.clock()
                )

    async def _deliver_later(self, conversation_id: int, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))
        await self._deliver(conversation_id)
