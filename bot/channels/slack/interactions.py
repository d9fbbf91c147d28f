"""Buttons, menus, modals, shortcuts, links and the home tab: what people do in Slack other than write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from actions.errors import Refused
from actions.forms import FORMS
from bot.channels.gateway import Gateway
from bot.channels.slack.audience import DIRECT, OPEN, Audiences
from bot.channels.slack.blocks import answer_refused, answer_submission, form_view, read_submission, texts
from bot.channels.slack.blocks.controls import SHARE
from bot.channels.slack.blocks.links import record_at
from bot.channels.slack.blocks.sizes import escape
from bot.channels.slack.blocks.unfurls import unfurl
from bot.channels.slack.blocks.used import command_of_action, form_of_action, said_in_action
from bot.channels.slack.calls import NETWORK_ERRORS, Workspace, Workspaces
from bot.channels.slack.desk import Desk, NotAColleague
from bot.channels.slack.home_tab import HomeTab
from bot.channels.slack.intake import Intake
from bot.channels.slack.panel import Panel
from bot.channels.slack.people import People, read_profile
from bot.channels.slack.places import (
    carried_place,
    conversation_of_action,
    person_key,
    place_of_action,
    place_of_form,
)
from bot.channels.slack.said import as_plain
from bot.channels.slack.sharing import Sharing

_log = structlog.get_logger(__name__)

_FROM_MESSAGE: Mapping[str, Callable[[str], dict[str, str]]] = {
    "log_activity": lambda text: {"note": text},
    "create_task": lambda text: {"subject": " ".join(text.split())},
    "open_ticket": lambda text: {"subject": text.strip().split("\n")[0], "note": text},
}
"""What a message becomes in the form a shortcut opens on it."""


class Interactions:
    """Does what has to be safe before Slack is answered (``pressed``, ``submission``), and after it the rest."""

    def __init__(
        self,
        gateway: Gateway,
        workspaces: Workspaces,
        *,
        intake: Intake,
        sharing: Sharing,
        people: People,
        audiences: Audiences,
        desk: Desk,
        panel: Panel,
        home: HomeTab,
        base_url: str,
    ) -> None:
        self._gateway = gateway
        self._workspaces = workspaces
        self._intake = intake
        self._sharing = sharing
        self._people = people
        self._audiences = audiences
        self._desk = desk
        self._panel = panel
        self._home = home
        self._base_url = base_url

    async def pressed(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """Commit what a button, menu or calendar says."""
        for action in body.get("actions") or ():
            kind = str(action.get("action_id") or "").partition(":")[0]
            command = command_of_action(action)
            if kind == "press":
                await self._intake.press(str(action.get("value") or ""), body, action, workspace)
            elif kind == "choose":
                chosen = action.get("selected_option") or {}
                await self._intake.press(str(chosen.get("value") or ""), body, action, workspace)
            elif action.get("action_id") == SHARE:
                await self._share(str(action.get("value") or ""), body, workspace)
            elif command is not None:
                person = person_key(workspace.team, str(body["user"]["id"]))
                label = str((action.get("text") or (action.get("selected_option") or {}).get("text") or {}).get("text"))
                await self._intake.say_command(
                    workspace,
                    event_id=f"{person}/do/{action.get('action_ts')}/{action.get('action_id')}",
                    person=person,
                    command=str(command),
                    text=command.entities.get("text", label),
                    place=place_of_action(body),
                    conversation=conversation_of_action(body, workspace.team),
                )

    async def action(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """After a button was acknowledged: open the form it stands for."""
        for action in body.get("actions") or ():
            found = form_of_action(action)
            if found is not None:
                form, ref = found
                await self._open(body, workspace, form, ref=ref, said=said_in_action(action))

    async def shortcut(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """After a shortcut was acknowledged: open its form, filled from the message it was used on."""
        form = str(body.get("callback_id"))
        message = body.get("message") or {}
        text = as_plain(str(message.get("text") or ""), bot_user=workspace.bot_user, names={})
        said = _FROM_MESSAGE[form](text) if form in _FROM_MESSAGE and text else None
        await self._open(body, workspace, form, said=said)

    async def submission(self, body: Mapping[str, Any], workspace: Workspace) -> dict[str, Any]:
        """Commit a form that was sent; what Slack is answered."""
        view = body["view"]
        person = person_key(workspace.team, str(body["user"]["id"]))
        sent, carried = read_submission(view)
        try:
            outcome = await asyncio.to_thread(self._desk.read_form, person, sent)
        except Refused as error:
            return answer_refused(view, sent, self._desk.words, said=self._desk.words.say(error.response, **error.data))
        except NotAColleague:
            return answer_refused(view, sent, self._desk.words, said=self._desk.words.say("utter_slack_say_hello"))
        if outcome.command is not None:
            await self._intake.say_command(
                workspace,
                event_id=f"{workspace.team}/view/{view['id']}",
                person=person,
                command=str(outcome.command),
                text=str(outcome.command.entities.get("subject") or view["title"]["text"]),
                place=place_of_form(carried),
                conversation=carried.get("conversation"),
            )
            return {}
        return answer_submission(view, outcome, self._desk.words, carry=carried)

    async def event(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """After an event was acknowledged."""
        event = body.get("event") or {}
        match event.get("type"):
            case "app_uninstalled" | "tokens_revoked":
                await self._workspaces.forget(workspace.team, uninstalled=True)
            case "member_joined_channel" | "member_left_channel":
                self._audiences.forget(workspace.team, str(event.get("channel")))
            case "user_change":
                await self._user_changed(event.get("user") or {}, workspace)
            case "app_home_opened" if event.get("tab") == "home":
                await self._home.publish(str(event["user"]), workspace)
            case (
                "app_home_opened"
                | "app_context_changed"
                | "assistant_thread_started"
                | "assistant_thread_context_changed"
            ):
                await self._panel.opened(body, workspace)
            case "link_shared":
                await self._unfurl(event, workspace)

    async def _open(
        self,
        body: Mapping[str, Any],
        workspace: Workspace,
        form: str,
        *,
        ref: str | None = None,
        said: Mapping[str, str] | None = None,
    ) -> None:
        person = person_key(workspace.team, str(body["user"]["id"]))
        try:
            state = await asyncio.to_thread(self._desk.open_form, person, form, ref=ref, said=said)
        except NotAColleague:
            # As if they had said hello: they are asked who they are, or told no.
            await self._intake.say_hello(workspace, person, event_id=f"{person}/form/{body.get('trigger_id')}")
            return
        except Refused as error:
            await self._tell(body, workspace, self._desk.words.say(error.response, **error.data))
            return
        carry = {
            "conversation": conversation_of_action(body, workspace.team) or person,
            **carried_place(body, changes=FORMS[form].changes),
        }
        try:
            await workspace.sending.views_open(
                trigger_id=str(body.get("trigger_id")), view=form_view(state, self._desk.words, carry=carry)
            )
        except (SlackApiError, *NETWORK_ERRORS) as error:
            # Three seconds after the press it is too late.
            _log.warning("form_not_opened", form=form, error=str(error))
            await self._tell(body, workspace, self._desk.words.say("utter_slack_form_late"))

    async def _tell(self, body: Mapping[str, Any], workspace: Workspace, text: str) -> None:
        """Tell somebody why nothing opens, where they pressed if that can be answered, else directly."""
        said: dict[str, Any] = {"text": escape(text), "blocks": texts.paragraphs(text)}
        try:
            if body.get("response_url"):
                client = AsyncWebhookClient(str(body["response_url"]), session=workspace.sending.session)
                await client.send(response_type="ephemeral", replace_original=False, **said)
            else:
                await workspace.asking.chat_postMessage(channel=str(body["user"]["id"]), **said)
        except (SlackApiError, *NETWORK_ERRORS) as error:
            _log.warning("not_told", error=str(error))

    async def _unfurl(self, event: Mapping[str, Any], workspace: Workspace) -> None:
        """Show the records behind links, if everybody who reads the message may see what its writer may."""
        person, channel = person_key(workspace.team, str(event.get("user"))), str(event.get("channel"))
        try:
            if await self._audiences.of(workspace, channel, asker=person) not in {DIRECT, OPEN}:
                return
            shown: dict[str, Any] = {}
            for link in event.get("links") or ():
                ref = record_at(self._base_url, str(link.get("url")))
                body = await asyncio.to_thread(self._desk.card, person, ref) if ref is not None else None
                attachment = unfurl(body, base_url=self._base_url) if body is not None else None
                if attachment is not None:
                    shown[str(link["url"])] = attachment
            if shown:
                await workspace.asking.chat_unfurl(channel=channel, ts=str(event.get("message_ts")), unfurls=shown)
        except NotAColleague:
            return
        except (SlackApiError, *NETWORK_ERRORS) as error:
            _log.warning("link_not_unfurled", error=str(error))

    async def _user_changed(self, user: Mapping[str, Any], workspace: Workspace) -> None:
        if read_profile(user, team=workspace.team).standing != "member":
            person = person_key(workspace.team, str(user.get("id")))
            await self._gateway.take_in(lambda: self._people.unlink(person))

    async def _share(self, value: str, body: Mapping[str, Any], workspace: Workspace) -> None:
        person = person_key(workspace.team, str(body["user"]["id"]))
        channel = place_of_action(body).channel
        if not value.isdigit() or channel is None:
            return
        # Whoever has joined since the answer was given reads along too.
        if not (await self._audiences.of(workspace, channel, asker=person)).may_be_shown:
            return
        woken = await self._gateway.take_in(lambda: self._sharing.share(int(value), person=person, channel=channel))
        if woken is not None:
            self._gateway.wake(woken)
