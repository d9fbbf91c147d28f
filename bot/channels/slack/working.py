"""The "working" sign: when it is shown, and that it goes whatever becomes of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from slack_sdk.errors import SlackApiError
from sqlalchemy import select

from bot.channels.gateway import Gateway
from bot.channels.slack.calls import NETWORK_ERRORS, Pauses, Workspace
from bot.channels.slack.errands import Errand
from bot.channels.slack.places import ConversationKey, Place, is_direct, is_new_thread
from bot.channels.slack.signs import Hourglass, HourglassThenLine, Sign, ThreadStatus, WhisperedLine
from crm_store.models import Inbox, InboxStatus, Outbox, OutboxStatus

_log = structlog.get_logger(__name__)
AFTER = timedelta(seconds=1)
LONG = timedelta(seconds=5)
"""From when on an answer takes long."""
AGAIN = timedelta(seconds=20)
"""How often is looked whether an answer is still to come; well within the two minutes Slack shows a status."""
READS_ALONG = timedelta(minutes=1)
"""Who has waited longer is told by a message of its own, since a changed one notifies nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignTexts:
    """What signs say: ``line`` is a sentence, ``status`` goes on after the app's name."""

    line: str
    status: str


@dataclass(slots=True, kw_only=True)
class _Shown:
    sign: Sign
    shown: bool = False
    answered: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    watch: asyncio.Task[None] | None = None


class WorkingSign:
    """Shows signs and takes them off. Belongs to one event loop. A lost sign is no harm: errors are only logged."""

    def __init__(
        self,
        gateway: Gateway,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        texts: SignTexts,
        pauses: Pauses,
    ) -> None:
        self._gateway = gateway
        self._sleep = sleep
        self._texts = texts
        self._pauses = pauses
        self._started = gateway.clock()
        self._signs: dict[int, _Shown] = {}

    def begin(self, workspace: Workspace, inbox_id: int, *, conversation: str, place: Place) -> None:
        """A message was received; unless it is answered first, it gets the sign."""
        sign = self._sign_for(
            workspace, inbox_id, ConversationKey.parse(conversation), place, since=self._gateway.clock(), left=False
        )
        if sign is None:
            return
        shown = self._signs[inbox_id] = _Shown(sign=sign)
        shown.watch = asyncio.ensure_future(self._watch(inbox_id, shown))

    async def answer_comes(self, workspace: Workspace, errand: Errand) -> str | None:
        """The answer is about to be sent: the time stamp of the line it should replace, if there is one.

        No sign is put up from now on. After a restart the line of the process before is found.
        """
        if errand.inbox_id is None or errand.late or errand.received_at is None:
            return None
        shown = self._signs.get(errand.inbox_id) or self._left_behind(workspace, errand, errand.received_at)
        if shown is None:
            return None
        async with shown.lock:
            shown.answered = True
        if shown.watch is not None:
            shown.watch.cancel()
        try:
            line = await shown.sign.line()
        except SlackApiError as error:
            _log.debug("working_sign_not_found", error=str(error))
            return None
        return line if self._gateway.clock() - errand.received_at <= READS_ALONG else None

    async def over(self, errand: Errand, answer: str) -> None:
        """The answer with the external id ``answer`` is there, or none will be; the sign goes."""
        shown = self._signs.pop(errand.inbox_id or 0, None) if not errand.late else None
        if shown is not None and shown.shown:
            await _quietly(shown.sign.take_off(answer))

    def postponed(self, errand: Errand) -> None:
        """The answer could not be sent this time: the sign goes on, and goes when no further attempt is made."""
        shown = self._signs.get(errand.inbox_id or 0) if not errand.late else None
        if shown is not None:
            shown.answered = False
            shown.watch = asyncio.ensure_future(self._go_on(errand.inbox_id or 0, shown))

    def stop(self) -> None:
        """Nobody waits any more."""
        for shown in self._signs.values():
            if shown.watch is not None:
                shown.watch.cancel()

    async def _watch(self, inbox_id: int, shown: _Shown) -> None:
        await self._sleep(AFTER.total_seconds())
        if not await self._step(inbox_id, shown, shown.sign.show):
            return
        await self._sleep((LONG - AFTER).total_seconds())
        if await self._step(inbox_id, shown, shown.sign.insist):
            await self._go_on(inbox_id, shown)

    async def _go_on(self, inbox_id: int, shown: _Shown) -> None:
        await self._sleep(AGAIN.total_seconds())
        while await self._step(inbox_id, shown, shown.sign.insist):
            await self._sleep(AGAIN.total_seconds())

    async def _step(self, inbox_id: int, shown: _Shown, step: Callable[[], Awaitable[None]]) -> bool:
        """Go on showing the sign, if an answer is still to come; whether it is."""
        async with shown.lock:
            if shown.answered:
                return False
            if await asyncio.to_thread(self._is_waiting, inbox_id):
                shown.shown = True
                await _quietly(step())
                return True
            # Nothing is said to some messages, and some are taken back.
            self._signs.pop(inbox_id, None)
            if shown.shown:
                await _quietly(shown.sign.take_off(""))
            return False

    def _is_waiting(self, inbox_id: int) -> bool:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            status = uow.session.scalar(select(Inbox.status).where(Inbox.id == inbox_id))
            undelivered = select(Outbox.id).where(
                Outbox.inbox_id == inbox_id, Outbox.status.in_((OutboxStatus.QUEUED, OutboxStatus.ATTEMPTING))
            )
            return status is InboxStatus.RECEIVED or uow.session.scalar(undelivered.limit(1)) is not None

    def _left_behind(self, workspace: Workspace, errand: Errand, received_at: datetime) -> _Shown | None:
        """What a process before this one may have shown."""
        if received_at >= self._started or self._gateway.clock() - received_at < AFTER or errand.inbox_id is None:
            return None
        sign = self._sign_for(workspace, errand.inbox_id, errand.key, errand.place, since=received_at, left=True)
        if sign is None:
            return None
        shown = self._signs[errand.inbox_id] = _Shown(sign=sign, shown=True)
        return shown

    def _sign_for(
        self,
        workspace: Workspace,
        inbox_id: int,
        key: ConversationKey,
        place: Place,
        *,
        since: datetime,
        left: bool,
    ) -> Sign | None:
        if place.alone:
            # Nobody can put an emoji on what only one person sees.
            url = place.response_url
            return WhisperedLine(workspace, url, text=self._texts.line) if url is not None and not left else None
        if place.ts is None or place.channel is None:
            return None
        hourglass = Hourglass(workspace, place.channel, place.ts)
        if key.channel == place.channel and key.thread is not None and not is_new_thread(key.thread):
            return ThreadStatus(
                workspace, key.channel, key.thread, text=self._texts.status, otherwise=hourglass, left=left
            )
        if place.pressed or not is_direct(place.channel):
            # The answer to a press takes the place of what was pressed.
            return hourglass
        return HourglassThenLine(
            workspace,
            place.channel,
            inbox_id=inbox_id,
            text=self._texts.line,
            hourglass=hourglass,
            pauses=self._pauses,
            since=since,
            left=left,
        )


async def _quietly(step: Awaitable[None]) -> None:
    try:
        await step
    except (SlackApiError, *NETWORK_ERRORS) as error:
        _log.debug("working_sign", error=str(error))
