"""Buttons, menus, modals, shortcuts, links and the home tab: what people do in Slack other than write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.gateway import Gateway
from bot.channels.slack.audience import Audiences
from bot.channels.slack.blocks.controls import SHARE
from bot.channels.slack.calls import Workspace, Workspaces
from bot.channels.slack.intake import Intake, place_of_action
from bot.channels.slack.people import People, read_profile
from bot.channels.slack.places import person_key
from bot.channels.slack.sharing import Sharing


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
    ) -> None:
        self._gateway = gateway
        self._workspaces = workspaces
        self._people = people
        self._audiences = audiences
        self._intake = intake
        self._sharing = sharing

    async def pressed(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """Commit what a button or menu says."""
        for action in body.get("actions") or ():
            kind = str(action.get("action_id") or "").partition(":")[0]
            if kind == "press":
                await self._intake.press(str(action.get("value") or ""), body, action, workspace)
            elif kind == "choose":
                chosen = action.get("selected_option") or {}
                await self._intake.press(str(chosen.get("value") or ""), body, action, workspace)
            elif action.get("action_id") == SHARE:
                await self._share(str(action.get("value") or ""), body, workspace)

    async def _share(self, value: str, body: Mapping[str, Any], workspace: Workspace) -> None:
        person = person_key(workspace.team, str(body["user"]["id"]))
        channel = place_of_action(body).channel
        if not value.isdigit() or channel is None:
            return
        woken = await self._gateway.take_in(lambda: self._sharing.share(int(value), person=person, channel=channel))
        if woken is not None:
            self._gateway.wake(woken)

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

    async def _user_changed(self, user: Mapping[str, Any], workspace: Workspace) -> None:
        if read_profile(user, team=workspace.team).standing != "member":
            person = person_key(workspace.team, str(user.get("id")))
            await self._gateway.take_in(lambda: self._people.unlink(person))

    async def action(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """After a button was acknowledged."""

    async def shortcut(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """After a shortcut was acknowledged."""

    async def submission(self, body: Mapping[str, Any], workspace: Workspace) -> dict[str, Any]:
        """Commit a filled-in form; what Slack is answered."""
        return {}
