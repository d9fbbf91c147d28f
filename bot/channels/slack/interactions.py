"""Buttons, menus, modals, shortcuts, links and the home tab: what people do in Slack other than write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.gateway import Gateway
from bot.channels.slack.blocks.controls import SHARE
from bot.channels.slack.calls import Workspace
from bot.channels.slack.intake import Intake, place_of_action
from bot.channels.slack.places import person_key
from bot.channels.slack.sharing import Sharing


class Interactions:
    """Does what has to be safe before Slack is answered (``pressed``, ``submission``), and after it the rest."""

    def __init__(self, gateway: Gateway, intake: Intake, sharing: Sharing) -> None:
        self._gateway = gateway
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

    async def action(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """After a button was acknowledged."""

    async def shortcut(self, body: Mapping[str, Any], workspace: Workspace) -> None:
        """After a shortcut was acknowledged."""

    async def submission(self, body: Mapping[str, Any], workspace: Workspace) -> dict[str, Any]:
        """Commit a filled-in form; what Slack is answered."""
        return {}
