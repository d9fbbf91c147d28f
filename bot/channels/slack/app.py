"""The Bolt application: what Slack sends is committed in a global middleware, run before Bolt acknowledges."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.channels.slack.calls import NotInstalled, Workspace, Workspaces
from bot.channels.slack.intake import Intake
from bot.channels.slack.interactions import Interactions
from bot.channels.slack.settings import SlackSettings


class NotReady(Exception):
    """Slack has not told us yet who we are there."""


ANYTHING = re.compile(".*", re.DOTALL)
COMMAND = "/rapport"


def create_app(
    settings: SlackSettings,
    workspaces: Workspaces,
    *,
    intake: Intake,
    interactions: Interactions,
    logger: logging.Logger,
) -> AsyncApp:
    """The application. Over Socket Mode there is no signature to check: the connection itself is Slack's."""

    async def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
        try:
            workspace = await workspaces.of(team_id or "")
        except SlackApiError as error:
            # Bolt would acknowledge what it cannot authorise. Slack is to try again instead.
            raise NotReady(str(error)) from error
        except NotInstalled:
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=workspace.bot_user,
            bot_id=workspace.bot_id,
            bot_token=workspace.asking.token,
        )

    app = AsyncApp(
        name="rapport",
        logger=logger,
        signing_secret=settings.signing_secret or "",
        request_verification_enabled=settings.app_token is None or settings.signing_secret is not None,
        authorize=authorize,
    )

    @app.middleware
    async def take_in(
        body: dict[str, Any],
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[None]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse | None:
        try:
            workspace = await workspaces.of(context.team_id or "")
        except NotInstalled:
            return BoltResponse(status=200, body="")
        context["workspace"] = workspace
        await _commit(body, workspace, intake, interactions)
        await next()
        return None
        return None

    @app.event(ANYTHING)
    async def on_event(body: dict[str, Any], context: AsyncBoltContext) -> None:
        await interactions.event(body, context["workspace"])

    @app.command(COMMAND)
    async def on_command(ack: AsyncAck) -> None:
        await ack()

    @app.action(ANYTHING)
    async def on_action(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        await interactions.action(body, context["workspace"])

    @app.shortcut(ANYTHING)
    async def on_shortcut(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        await interactions.shortcut(body, context["workspace"])

    @app.view(ANYTHING)
    async def on_view(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack(**await interactions.submission(body, context["workspace"]))

    return app


async def _commit(body: Mapping[str, Any], workspace: Workspace, intake: Intake, interactions: Interactions) -> None:
    if body.get("type") == "event_callback":
        await intake.event(body, workspace)
    elif "command" in body:
        await intake.command(body, workspace)
    elif body.get("type") == "block_actions" and not _from_outside(body, workspace):
        await interactions.pressed(body, workspace)


def _from_outside(body: Mapping[str, Any], workspace: Workspace) -> bool:
    team = (body.get("user") or {}).get("team_id")
    return team is not None and team != workspace.team


def unsigned_timestamp(headers: Mapping[str, str]) -> bool:
    """Whether a request carries no usable time stamp: Bolt fails on one that is no number, where it should refuse."""
    return not headers.get("x-slack-request-timestamp", "").isdigit()
