"""The "working" sign when an answer takes longer than a second: an hourglass on the message, or a line to who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.channels.slack.calls import NETWORK_ERRORS, Workspace
from bot.channels.slack.errands import Errand
from bot.channels.slack.places import Place

_log = structlog.get_logger(__name__)
EMOJI = "hourglass_flowing_sand"
AFTER = timedelta(seconds=1)


class WorkingSign:
    """Puts the sign on and takes it off. Belongs to one event loop. A lost sign is no harm: errors are only logged."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        text: str,
    ) -> None:
        self._clock = clock
        self._text = text
        self._sleep = sleep
        self._waiting: dict[int, asyncio.Task[None]] = {}

    def begin(self, workspace: Workspace, inbox_id: int, place: Place) -> None:
        """A message was received; unless it is answered first, it gets the sign."""
        if place.alone and place.response_url is not None:
            # Nobody can put an emoji on what only one person sees.
            showing = self._tell(workspace, inbox_id, place.response_url)
        elif place.ts is not None and place.channel is not None and not place.alone:
            showing = self._show(workspace, inbox_id, place.channel, place.ts)
        else:
            return
        task = asyncio.ensure_future(showing)
        self._waiting[inbox_id] = task
        task.add_done_callback(lambda _done: self._waiting.pop(inbox_id, None))

    async def over(self, workspace: Workspace, errand: Errand) -> None:
        """The answer is there; the sign goes, also one that a process before this one has put on."""
        place = errand.place
        waiting = self._waiting.get(errand.inbox_id or 0)
        if waiting is not None:
            waiting.cancel()
        if errand.late or errand.received_at is None or place.ts is None or place.channel is None:
            return
        if place.alone:
            return
        if self._clock() - errand.received_at < AFTER:
            return
        try:
            await workspace.sending.reactions_remove(channel=place.channel, timestamp=place.ts, name=EMOJI)
        except (SlackApiError, *NETWORK_ERRORS) as error:
            _log.debug("working_sign_not_removed", error=str(error))

    async def _show(self, workspace: Workspace, inbox_id: int, channel: str, ts: str) -> None:
        await self._sleep(AFTER.total_seconds())
        try:
            await workspace.sending.reactions_add(channel=channel, timestamp=ts, name=EMOJI)
        except (SlackApiError, *NETWORK_ERRORS) as error:
            _log.debug("working_sign_not_shown", inbox_id=inbox_id, error=str(error))

    async def _tell(self, workspace: Workspace, inbox_id: int, response_url: str) -> None:
        await self._sleep(AFTER.total_seconds())
        client = AsyncWebhookClient(response_url, session=workspace.sending.session, retry_handlers=[])
        try:
            await client.send(text=self._text, response_type="ephemeral", replace_original=False)
        except NETWORK_ERRORS as error:
            _log.debug("working_sign_not_shown", inbox_id=inbox_id, error=str(error))

    def stop(self) -> None:
        """Nobody waits any more."""
        for task in list(self._waiting.values()):
            task.cancel()
