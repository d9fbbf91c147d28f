"""What a "working" sign looks like: a status in a thread, an hourglass on a message, a line the answer replaces.

A status needs no tidying up after a crash: Slack takes it off when the thread gets an answer, and after two minutes
(https://docs.slack.dev/reference/methods/assistant.threads.setStatus). A line is a message of ours; it carries the
number of the message it stands for as metadata, so that it is found again by whoever has to replace or remove it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.channels.slack.calls import Pauses, Workspace, retry_after
from bot.channels.slack.reconciling import find_line, is_line, line_metadata

EMOJI = "hourglass_flowing_sand"


class Sign(Protocol):
    """One sign. Its methods are called one after the other and raise what calling Slack raises."""

    async def show(self) -> None:
        """The answer takes longer than a moment."""
        ...

    async def insist(self) -> None:
        """It takes long. Called again and again while it does."""
        ...

    async def line(self) -> str | None:
        """The time stamp of the message which the answer may replace, if there is one."""
        ...

    async def take_off(self, answer: str) -> None:
        """Nobody need wait any more. ``answer`` is the external id of the answer, in which a replaced line stands."""
        ...


class Hourglass:
    """An emoji on the message."""

    def __init__(self, workspace: Workspace, channel: str, ts: str) -> None:
        self._client = workspace.sending
        self._channel = channel
        self._ts = ts

    async def show(self) -> None:
        """Put it on."""
        await self._client.reactions_add(channel=self._channel, timestamp=self._ts, name=EMOJI)

    async def insist(self) -> None:
        """It stays as it is."""

    async def line(self) -> str | None:
        """None."""
        return None

    async def take_off(self, answer: str) -> None:
        """Remove it."""
        await self._client.reactions_remove(channel=self._channel, timestamp=self._ts, name=EMOJI)


class ThreadStatus:
    """Slack's own "… is working on it" under a thread; where Slack refuses that, ``otherwise``.

    ``left``: a process before this one may have set the one or the other.
    """

    def __init__(
        self, workspace: Workspace, channel: str, thread: str, *, text: str, otherwise: Sign, left: bool
    ) -> None:
        self._client = workspace.sending
        self._channel = channel
        self._thread = thread
        self._text = text
        self._otherwise = otherwise
        self._otherwise_shown = left
        self._refused = False

    async def show(self) -> None:
        """Set it."""
        try:
            await self._set(self._text)
        except SlackApiError as error:
            if retry_after(error) is not None:
                raise
            self._refused = self._otherwise_shown = True
            await self._otherwise.show()

    async def insist(self) -> None:
        """Set it again before Slack takes it off by itself."""
        if not self._refused:
            await self._set(self._text)

    async def line(self) -> str | None:
        """None."""
        return None

    async def take_off(self, answer: str) -> None:
        """Clear it: Slack does so only for an answer posted in the thread, not for a changed or a private one."""
        try:
            if not self._refused:
                await self._set("")
        finally:
            if self._otherwise_shown:
                await self._otherwise.take_off(answer)

    async def _set(self, text: str) -> None:
        await self._client.assistant_threads_setStatus(channel_id=self._channel, thread_ts=self._thread, status=text)


class HourglassThenLine:
    """In direct messages: an hourglass, and when it takes long a line of text, which the answer replaces.

    ``left``: a process before this one may have written the line. ``since`` is when the message came.
    """

    def __init__(
        self,
        workspace: Workspace,
        channel: str,
        *,
        inbox_id: int,
        text: str,
        hourglass: Sign,
        pauses: Pauses,
        since: datetime,
        left: bool,
    ) -> None:
        self._workspace = workspace
        self._channel = channel
        self._inbox_id = inbox_id
        self._text = text
        self._hourglass = hourglass
        self._pauses = pauses
        self._since = since
        self._written = left
        self._ts: str | None = None

    async def show(self) -> None:
        """Put the hourglass on."""
        await self._hourglass.show()

    async def insist(self) -> None:
        """Write the line, once, and not while Slack wants a pause."""
        if self._written or self._pauses.left(self._channel) > 0:
            return
        # From here on it may be there, whatever comes back.
        self._written = True
        try:
            posted = await self._workspace.sending.chat_postMessage(
                channel=self._channel, text=self._text, metadata=line_metadata(self._inbox_id)
            )
        except SlackApiError as error:
            wait = retry_after(error)
            if wait is not None:
                self._written = False
                self._pauses.note(self._channel, wait)
            raise
        self._ts = str(posted["ts"])

    async def line(self) -> str | None:
        """The line, looked up in the channel when it is not known whether it arrived."""
        if self._written and self._ts is None:
            self._ts = await find_line(
                self._workspace.asking, channel=self._channel, inbox_id=self._inbox_id, since=self._since
            )
            self._written = self._ts is not None
        return self._ts

    async def take_off(self, answer: str) -> None:
        """Remove the hourglass, and the line unless the answer stands in its place."""
        try:
            await self._remove_line(answer)
        finally:
            await self._hourglass.take_off(answer)

    async def _remove_line(self, answer: str) -> None:
        ts = await self.line()
        if ts is None or ts in answer.partition(":")[2].split(","):
            return
        # An attempt nobody saw the end of may have replaced it; an answer is never deleted.
        if await is_line(self._workspace.asking, channel=self._channel, ts=ts):
            await self._workspace.sending.chat_delete(channel=self._channel, ts=ts)


class WhisperedLine:
    """A line only one person sees, where they used a command or a button; it cannot be taken back."""

    def __init__(self, workspace: Workspace, response_url: str, *, text: str) -> None:
        self._client = AsyncWebhookClient(response_url, session=workspace.sending.session, retry_handlers=[])
        self._text = text

    async def show(self) -> None:
        """Say it."""
        await self._client.send(text=self._text, response_type="ephemeral", replace_original=False)

    async def insist(self) -> None:
        """Once is enough."""

    async def line(self) -> str | None:
        """None."""
        return None

    async def take_off(self, answer: str) -> None:
        """It stays."""
