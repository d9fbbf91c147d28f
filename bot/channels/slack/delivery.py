"""Delivering answers to Slack: once, in order, where they belong, to those who may read them."""

from __future__ import annotations

import asyncio

from slack_sdk.errors import SlackApiError

from bot.channels.gateway import Gateway
from bot.channels.slack.audience import ASKER, ASKER_MAY_SHOW, DIRECT, OPEN, Audiences, Readers
from bot.channels.slack.blocks import Audience, SlackMessage, render_reply
from bot.channels.slack.calls import (
    NETWORK_ERRORS,
    NotInstalled,
    Pauses,
    Workspace,
    Workspaces,
    as_delivery_failure,
    error_code,
)
from bot.channels.slack.errands import Errand, read_errand
from bot.channels.slack.home_tab import HomeTab
from bot.channels.slack.places import CHANNEL, ConversationKey, is_new_thread, thread_key
from bot.channels.slack.reconciling import already_sent
from bot.channels.slack.sending import NotThere, Sending
from bot.channels.slack.sharing import with_share_button
from bot.channels.slack.targets import Target, Targets
from bot.channels.slack.working import WorkingSign
from bot.messages import DeliveryFailed, OutgoingMessage
from crm_store.models import Conversation

_GONE = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "thread_not_found",
        "cannot_reply_to_message",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
    }
)
"""The assistant may not write there any more: it was removed, the channel archived, the thread deleted or locked."""
SILENT = "silent"
"""The platform's id of an answer that was left unsaid on purpose."""


class SlackChannel:
    """Implements ``bot.messages.Channel``. Belongs to one event loop."""

    name = CHANNEL
    repeatable = False

    def __init__(
        self,
        gateway: Gateway,
        workspaces: Workspaces,
        *,
        audiences: Audiences,
        working: WorkingSign,
        home: HomeTab,
        pauses: Pauses,
        share_label: str,
        base_url: str | None = None,
    ) -> None:
        self._gateway = gateway
        self._workspaces = workspaces
        self._audiences = audiences
        self._working = working
        self._home = home
        self._targets = Targets()
        self._pauses = pauses
        self._share_label = share_label
        self._base_url = base_url
        # What has gone out of messages not yet done with, by outbox row; after a crash Slack itself is asked.
        self._sent: dict[int, dict[str, str]] = {}

    async def deliver(self, message: OutgoingMessage) -> str | None:
        """Send an answer; the id is "C1:1700000000.000100,…", the channel and the messages in it.

        Raises DeliveryFailed. Part of a message may have gone out then; the next attempt sends the rest only.
        """
        errand = await asyncio.to_thread(self._read, message)
        try:
            workspace = await self._workspaces.of(errand.key.team)
            line = await self._working.answer_comes(workspace, errand)
            external_id = SILENT if errand.unsaid else await self._send(errand, workspace, line)
            if is_new_thread(errand.key.thread):
                await asyncio.to_thread(self._name_thread, errand, external_id)
        except NotInstalled as error:
            raise DeliveryFailed(str(error), permanent=True) from error
        except DeliveryFailed as failure:
            raise await self._failed(failure, errand) from failure
        except (SlackApiError, *NETWORK_ERRORS) as error:
            raise await self._failed(as_delivery_failure(error), errand) from error
        await self._working.over(errand, external_id)
        if errand.place.home and errand.asker is not None and not errand.late:
            await self._home.publish(ConversationKey.parse(errand.asker).user or "", workspace)
        self._sent.pop(message.outbox_id, None)
        return external_id

    def _read(self, message: OutgoingMessage) -> Errand:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            return read_errand(uow.session, message)

    def _name_thread(self, errand: Errand, external_id: str) -> None:
        """A customer's thread has its first message: from now on it is named by it, and replies find it.

        Before the message is noted as delivered, so that a crash in between posts it again at most to find it there.
        """
        _, _, stamps = external_id.partition(":")
        name = thread_key(errand.key.team, errand.key.channel or "", stamps.split(",")[0])
        with self._gateway.store.unit_of_work(now=self._gateway.clock()) as uow:
            uow.session.get_one(Conversation, errand.message.conversation_id).external_id = name
            uow.commit()

    async def _failed(self, failure: DeliveryFailed, errand: Errand) -> DeliveryFailed:
        # What is uncertain stays so until Slack was asked; and parts that have gone out must not go out again.
        sent = self._sent.get(errand.message.outbox_id)
        failure.ambiguous = failure.ambiguous or errand.message.ambiguous or bool(sent)
        if failure.permanent:
            self._sent.pop(errand.message.outbox_id, None)
            await self._working.over(errand, SILENT)
        else:
            self._working.postponed(errand)
        return failure

    async def _send(self, errand: Errand, workspace: Workspace, line: str | None) -> str:
        target = await self._targets.of(errand, workspace)
        try:
            return await self._send_to(target, errand, workspace, line)
        except SlackApiError as error:
            mine = target.needs_audience and errand.asker is not None
            elsewhere = errand.in_named_channel or errand.shown_in is not None or errand.own_notice
            if error_code(error) not in _GONE or not mine or elsewhere or self._sent.get(errand.message.outbox_id):
                raise
        # What was done because of the question is done: its asker hears of it, in their direct messages then.
        return await self._send_to(await self._targets.own(errand, workspace), errand, workspace, None)

    async def _send_to(self, target: Target, errand: Errand, workspace: Workspace, line: str | None) -> str:
        readers = await self._readers(errand, workspace, target)
        if readers.audience is Audience.ASKER and errand.inbox_id is None:
            # Nobody waits for it in the channel: what comes by itself goes to the person, not into the void.
            target, readers = await self._targets.own(errand, workspace), DIRECT
        messages = render_reply(errand.message.body, audience=readers.audience, base_url=self._base_url)
        if not messages:
            return SILENT
        if readers.may_show:
            messages = with_share_button(messages, label=self._share_label, outbox_id=errand.message.outbox_id)
        if readers.audience is Audience.ASKER or target.alone:
            try:
                return await self._at(target, errand, workspace).whisper(
                    messages, files_to=await self._targets.own(errand, workspace)
                )
            except NotThere:
                target = await self._targets.own(errand, workspace)
        return await self._post(target, errand, workspace, messages, line=line)

    async def _readers(self, errand: Errand, workspace: Workspace, target: Target) -> Readers:
        if not target.needs_audience:
            return DIRECT
        if errand.shown_in is not None:
            return OPEN
        if errand.in_named_channel:
            # Who may read this here was decided by who set up the channel; outsiders never may.
            await self._audiences.refuse_outsiders(workspace, target.channel)
            return OPEN
        if errand.own_notice or errand.refused or errand.message.body.get("personal"):
            return ASKER
        readers = await self._audiences.of(workspace, target.channel, asker=errand.asker)
        return ASKER_MAY_SHOW if target.alone and readers == OPEN else readers

    async def _post(
        self, target: Target, errand: Errand, workspace: Workspace, messages: list[SlackMessage], *, line: str | None
    ) -> str:
        if errand.message.ambiguous:
            found = await already_sent(
                workspace.asking,
                channel=target.channel,
                thread=target.thread,
                outbox_id=errand.message.outbox_id,
                # The line an answer has replaced is older than the answer.
                since=min(errand.message.created_at, errand.received_at or errand.message.created_at),
            )
            self._sent.setdefault(errand.message.outbox_id, {}).update(found)
        replacing = errand.pressed[1] if errand.pressed and errand.pressed[0] == target.channel else line
        return await self._at(target, errand, workspace).post(messages, replacing=replacing)

    def _at(self, target: Target, errand: Errand, workspace: Workspace) -> Sending:
        outbox_id = errand.message.outbox_id
        sent = self._sent.setdefault(outbox_id, {})
        return Sending(workspace, target, outbox_id, sent, pauses=self._pauses)
