"""Taking in what comes from Slack: committed before it is acknowledged, in the order in which it came."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.call import Command
from actions.running import UNKNOWN
from bot.channels.gateway import Gateway
from bot.channels.slack.calls import NETWORK_ERRORS, Workspace
from bot.channels.slack.changes import MessageChanges
from bot.channels.slack.hearing import Deleted, Edited, Reacted, Said, hear, moment
from bot.channels.slack.panel import Panel
from bot.channels.slack.people import People, read_profile
from bot.channels.slack.places import CHANNEL, ConversationKey, Place, person_key, place_of_action
from bot.channels.slack.said import as_plain, mentioned
from bot.channels.slack.threads import begin_thread
from bot.channels.slack.working import WorkingSign
from bot.messages import InboundMessage, Receipt
from crm_store.models import ChannelIdentity, Conversation, Offer

_log = structlog.get_logger(__name__)
SUBJECT = 200
"""Characters of a message that make a task's subject."""


class Intake:
    """Turns what Slack sends into messages of the inbox. Belongs to one event loop.

    Its methods return once everything is safe; what they raise must keep Slack from hearing "received".
    """

    def __init__(
        self,
        gateway: Gateway,
        *,
        people: People,
        changes: MessageChanges,
        working: WorkingSign,
        panel: Panel,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        task_emoji: tuple[str, ...],
    ) -> None:
        self._gateway = gateway
        self._people = people
        self._changes = changes
        self._working = working
        self._panel = panel
        self._spawn = spawn
        self._task_emoji = task_emoji

    async def event(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """Take in an event of the Events API."""
        match hear(body, bot_user=workspace.bot_user):
            case Said() as said:
                await self._said(said, workspace)
            case Edited() as edited:
                text = await self._plain(edited.said.text, workspace)
                woken = await self._gateway.take_in(lambda: self._changes.edited(edited, text))
                self._wake(woken)
            case Deleted() as deleted:
                woken = await self._gateway.take_in(lambda: self._changes.deleted(deleted))
                self._wake(woken)
            case Reacted() as reacted if reacted.emoji.partition("::")[0] in self._task_emoji:
                await self._reacted(reacted, workspace)

    async def command(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """Take in "/rapport ...": it belongs to the person's own conversation and is answered where it was typed."""
        person = person_key(workspace.team, str(body["user_id"]))
        text = await self._plain(str(body.get("text") or ""), workspace)
        place = Place(channel=body.get("channel_id"), response_url=body.get("response_url"), alone=True)
        await self.receive(
            workspace,
            self._message(
                event_id=f"{workspace.team}/command/{body.get('trigger_id')}",
                conversation=person,
                person=person,
                text=text or "help",
                place=place,
            ),
            place,
        )

    async def press(self, token: str, body: Mapping[str, Any], action: Mapping[str, Any], workspace: Workspace) -> None:
        """Take in a button or a choice. It belongs to the conversation whose answer carried it."""
        person = person_key(workspace.team, str(body["user"]["id"]))
        introduced = await self._gateway.take_in(lambda: self._people.confirm(token, person))
        if introduced is not None:
            self._wake(introduced.conversations)
            return
        place = place_of_action(body)
        conversation = await self._gateway.take_in(lambda: self._conversation_of(token))
        await self.receive(
            workspace,
            self._message(
                event_id=f"{person}/press/{action.get('action_ts')}/{token}",
                conversation=conversation or person,
                person=person,
                token=token,
                place=place,
            ),
            place,
        )

    async def say_command(
        self,
        workspace: Workspace,
        *,
        event_id: str,
        person: str,
        command: str,
        text: str,
        place: Place,
        conversation: str | None = None,
    ) -> None:
        """Take in what a form of ours was filled in to say; ``text`` is how the transcript has it."""
        message = self._message(
            event_id=event_id,
            conversation=conversation or person,
            person=person,
            text=text,
            command=command,
            place=place,
        )
        await self.receive(workspace, message, place)

    async def say_hello(self, workspace: Workspace, person: str, *, event_id: str) -> None:
        """Take in that somebody unknown wants something, so that they are asked who they are."""
        place = Place()
        message = self._message(event_id=event_id, conversation=person, person=person, text="help", place=place)
        await self.receive(workspace, message, place)

    async def receive(self, workspace: Workspace, message: InboundMessage, place: Place) -> Receipt:
        """Commit a message; then find out who wrote it, or watch how long the answer takes."""
        receipt = await self._gateway.receive(message)
        if receipt.held:
            self._spawn(self.introduce(workspace, message.sender))
        elif not receipt.repeat:
            self._working.begin(workspace, receipt.inbox_id, conversation=message.conversation, place=place)
        return receipt

    async def introduce(self, workspace: Workspace, person: str) -> None:
        """Find out who somebody is whose messages are held; when Slack cannot say now, the next start tries again."""
        user = ConversationKey.parse(person).user or ""
        try:
            found = await workspace.asking.users_info(user=user)
        except (SlackApiError, *NETWORK_ERRORS) as error:
            _log.warning("slack_user_unknown", person=person, error=str(error))
            return
        profile = read_profile(found["user"], team=workspace.team)
        introduced = await self._gateway.take_in(lambda: self._people.introduce(person, profile))
        self._wake(introduced.conversations)

    async def _said(self, said: Said, workspace: Workspace) -> None:
        if not said.addressed:
            # In a thread the assistant takes part in, people need not mention it again; unless they mention others.
            if said.thread is None or said.to_others:
                return
            if not await self._gateway.take_in(lambda: self._takes_part(said.conversation)):
                return
        text = await self._plain(said.text, workspace)
        place = Place(channel=said.channel, ts=said.ts, addressed=said.addressed)
        message = self._message(
            event_id=said.event_id,
            conversation=said.conversation,
            person=person_key(said.team, said.user),
            text=text,
            place=place,
            sent_at=said.ts,
            attachments=said.files,
        )
        if said.in_own_thread:
            await self._gateway.take_in(lambda: begin_thread(self._gateway.store, said, clock=self._gateway.clock))
        receipt = await self.receive(workspace, message, place)
        if said.in_own_thread and not receipt.repeat and not receipt.held:
            self._spawn(self._panel.name(workspace, said, text, receipt))

    async def _reacted(self, reacted: Reacted, workspace: Workspace) -> None:
        """An emoji on a message makes a task of it."""
        exactly: dict[str, Any] = {"latest": reacted.ts, "oldest": reacted.ts, "inclusive": True}
        page = await workspace.asking.conversations_history(channel=reacted.channel, limit=1, **exactly)
        found = [message for message in page["messages"] if message.get("ts") == reacted.ts]
        if not found:
            # Of a thread Slack lists the first message, too, whatever was asked for.
            page = await workspace.asking.conversations_replies(
                channel=reacted.channel, ts=reacted.ts, limit=10, **exactly
            )
            found = [message for message in page["messages"] if message.get("ts") == reacted.ts]
        text = await self._plain(str(found[0].get("text") or ""), workspace) if found else ""
        if not text:
            return
        person = person_key(reacted.team, reacted.user)
        await self.say_command(
            workspace,
            event_id=f"{person}/task/{reacted.channel}/{reacted.ts}",
            person=person,
            command=str(task_command(text)),
            text=text,
            place=Place(),
        )

    async def _plain(self, text: str, workspace: Workspace) -> str:
        others = {person_key(workspace.team, user): user for user in mentioned(text) if user != workspace.bot_user}
        names: dict[str, str] = {}
        if others:
            names = await self._gateway.take_in(lambda: self._names(others))
        return as_plain(text, bot_user=workspace.bot_user, names=names)

    def _names(self, others: Mapping[str, str]) -> dict[str, str]:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            known = uow.session.scalars(
                select(ChannelIdentity).where(
                    ChannelIdentity.channel == CHANNEL, ChannelIdentity.external_id.in_(others)
                )
            )
            return {
                others[each.external_id]: each.user.name if each.user is not None else each.display_name
                for each in known
            }

    def _takes_part(self, conversation: str) -> bool:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            return _conversation_id(uow.session, conversation) is not None

    def _conversation_of(self, token: str) -> str | None:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            return uow.session.scalar(
                select(Conversation.external_id)
                .join(Offer, Offer.conversation_id == Conversation.id)
                .where(Offer.token == token, Conversation.channel == CHANNEL)
            )

    def _message(
        self,
        *,
        event_id: str,
        conversation: str,
        person: str,
        place: Place,
        text: str = "",
        token: str | None = None,
        command: str | None = None,
        sent_at: str | None = None,
        attachments: tuple[dict[str, Any], ...] = (),
    ) -> InboundMessage:
        return InboundMessage(
            source=CHANNEL,
            event_id=event_id,
            channel=CHANNEL,
            conversation=conversation,
            sender=person,
            sent_at=moment(sent_at) if sent_at is not None else self._gateway.clock(),
            text=text,
            token=token,
            command=command,
            attachments=attachments,
            hold_unknown=True,
            place=place.to_json(),
        )

    def _wake(self, conversations: tuple[int, ...]) -> None:
        for conversation_id in conversations:
            self._gateway.wake(conversation_id)


def task_command(text: str) -> Command:
    """The request to make a task of a message, due at no time; of a long one the beginning is the subject."""
    subject = " ".join(text.split())
    shortened = subject if len(subject) <= SUBJECT else f"{subject[: SUBJECT - 1]}…"
    return Command("create_task", {"subject": shortened, "date": UNKNOWN})


def _conversation_id(session: Session, name: str) -> int | None:
    return session.scalar(
        select(Conversation.id).where(Conversation.channel == CHANNEL, Conversation.external_id == name)
    )
