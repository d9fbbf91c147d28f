"""A colleague's page on the assistant's home tab, published."""

from __future__ import annotations

import asyncio

import structlog
from slack_sdk.errors import SlackApiError

from bot.channels.slack.blocks.home import home_view, plain_home
from bot.channels.slack.calls import NETWORK_ERRORS, Workspace
from bot.channels.slack.desk import Desk, NotAColleague
from bot.channels.slack.places import person_key

_log = structlog.get_logger(__name__)


class HomeTab:
    """Shows people their home page. Belongs to one event loop; errors are only logged."""

    def __init__(self, desk: Desk, *, base_url: str) -> None:
        self._desk = desk
        self._base_url = base_url

    async def publish(self, user: str, workspace: Workspace) -> None:
        """Show somebody their home page as it is now."""
        try:
            page = await asyncio.to_thread(self._desk.home, person_key(workspace.team, user))
            view = home_view(page, base_url=self._base_url or None)
        except NotAColleague:
            view = plain_home(self._desk.words.say("utter_slack_say_hello"))
        try:
            await workspace.asking.views_publish(user_id=user, view=view)
        except (SlackApiError, *NETWORK_ERRORS) as error:
            _log.warning("home_not_published", user=user, error=str(error))
