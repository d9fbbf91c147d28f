"""Sending one answer's messages: posted, put in the place of another, or whispered to one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.channels.slack.blocks import SlackMessage
from bot.channels.slack.calls import Pauses, Workspace, error_code, retry_after
from bot.channels.slack.reconciling import file_name, metadata_of, part_key
from bot.channels.slack.targets import Target
from bot.messages import DeliveryFailed

_log = structlog.get_logger(__name__)
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_CANNOT_REPLACE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"})
_NOT_THERE = frozenset({"user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived"})


class NotThere(Exception):
    """The assistant or the reader is not in the channel, so nothing can be whispered there."""


class Sending:
    """The sending of one answer to one place. ``sent`` holds what has gone out, by key, and grows with every part."""

    def __init__(
        self, workspace: Workspace, target: Target, outbox_id: int, sent: dict[str, str], *, pauses: Pauses
    ) -> None:
        self._workspace = workspace
        self._client = workspace.sending
        self._target = target
        self._outbox_id = outbox_id
        self._sent = sent
        self._pauses = pauses

    async def post(self, messages: Sequence[SlackMessage], *, replacing: str | None = None) -> str:
        """Post what has not gone out yet, the first in place of the message ``replacing``; the answer's external id."""
        stamps = []
        for number, message in enumerate(messages):
            key = part_key(self._outbox_id, number)
            await self._upload(self._target, message, key)
            if message.files and not message.blocks:
                continue
            if key not in self._sent:
                self._sent[key] = await self._post_one(message, key, replacing if number == 0 else None)
            stamps.append(self._sent[key])
        return f"{self._target.channel}:{','.join(stamps)}"

    async def whisper(self, messages: Sequence[SlackMessage], *, files_to: Target) -> str:
        """Show the messages to the asker alone, their files in the direct messages ``files_to``; raises NotThere."""
        for number, message in enumerate(messages):
            key = part_key(self._outbox_id, number)
            await self._upload(files_to, message, key)
            if message.blocks and key not in self._sent:
                await self._whisper_one(message, replacing=self._target.replacing and number == 0)
                self._sent[key] = ""
        return f"{self._target.channel}:"

    async def _post_one(self, message: SlackMessage, key: str, replacing: str | None) -> str:
        content = {"text": message.text, "blocks": message.blocks, "metadata": metadata_of(key)}
        if replacing is not None:
            try:
                return await self._call("chat.update", {"channel": self._target.channel, "ts": replacing, **content})
            except SlackApiError as error:
                if error_code(error) not in _CANNOT_REPLACE:
                    raise
        place = {"channel": self._target.channel, "unfurl_links": False, "unfurl_media": False}
        if self._target.thread is not None:
            place["thread_ts"] = self._target.thread
        return await self._call("chat.postMessage", {**place, **content})

    async def _whisper_one(self, message: SlackMessage, *, replacing: bool) -> None:
        if self._target.response_url is not None and await self._respond(message, replacing=replacing):
            return
        place: dict[str, Any] = {"channel": self._target.channel, "user": self._target.user}
        if self._target.thread is not None:
            place["thread_ts"] = self._target.thread
        try:
            await self._call("chat.postEphemeral", {**place, "text": message.text, "blocks": message.blocks})
        except SlackApiError as error:
            if error_code(error) in _NOT_THERE:
                raise NotThere from error
            raise

    async def _respond(self, message: SlackMessage, *, replacing: bool) -> bool:
        """Answer by the response address; False when it has expired or was used up."""
        client = AsyncWebhookClient(str(self._target.response_url), session=self._client.session, retry_handlers=[])
        response = await client.send(
            text=message.text, blocks=message.blocks, response_type="ephemeral", replace_original=replacing
        )
        if response.status_code == 429:
            seconds = float(response.headers.get("Retry-After", 1))
            raise DeliveryFailed("rate limited", retry_after=seconds)
        if response.status_code >= 500:
            raise DeliveryFailed(f"response address: {response.status_code}", ambiguous=True)
        return response.status_code == 200

    async def _call(self, method: str, arguments: dict[str, Any]) -> str:
        """Call; a message whose blocks Slack refuses is sent as text, so that nothing is lost. Its time stamp."""
        left = self._pauses.left(self._target.channel)
        if left > 0:
            raise DeliveryFailed("rate limited", retry_after=left)
        try:
            response = await self._client.api_call(method, json=arguments)
        except SlackApiError as error:
            wait = retry_after(error)
            if wait is not None:
                self._pauses.note(self._target.channel, wait)
            if error_code(error) not in _BLOCKS_REFUSED:
                raise
            _log.error("blocks_refused", outbox_id=self._outbox_id, detail=str(error.response))
            plain = {name: value for name, value in arguments.items() if name != "blocks"}
            response = await self._client.api_call(method, json=plain)
        return str(response.get("ts") or response.get("message_ts") or "")

    async def _upload(self, target: Target, message: SlackMessage, key: str) -> None:
        for number, file in enumerate(message.files):
            name = file_name(file.name, key, number)
            if name in self._sent:
                continue
            about: dict[str, Any] = {"file": str(file.path), "filename": name, "title": file.title}
            if file.alt:
                about["alt_txt"] = file.alt
            await self._client.files_upload_v2(
                file_uploads=[about], channel=target.channel, thread_ts=target.thread, request_file_info=False
            )
            self._sent[name] = ""
