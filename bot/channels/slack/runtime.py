"""The Slack channel as a whole: put together, started and stopped with the server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels.gateway import Gateway
from bot.channels.slack.app import create_app, unsigned_timestamp
from bot.channels.slack.audience import Audiences
from bot.channels.slack.calls import NETWORK_ERRORS, Clients, NotInstalled, OneWorkspace, Pauses, Workspaces
from bot.channels.slack.changes import MessageChanges
from bot.channels.slack.delivery import SlackChannel
from bot.channels.slack.desk import Desk
from bot.channels.slack.home_tab import HomeTab
from bot.channels.slack.installing import Installations, InstalledWorkspaces, install_routes
from bot.channels.slack.intake import Intake
from bot.channels.slack.interactions import Interactions
from bot.channels.slack.panel import Panel
from bot.channels.slack.people import People
from bot.channels.slack.places import ConversationKey
from bot.channels.slack.settings import SlackSettings
from bot.channels.slack.sharing import Sharing
from bot.channels.slack.working import SignTexts, WorkingSign
from bot.turn import TurnPipeline

_log = structlog.get_logger(__name__)
EVENTS_PATH = "/slack/events"
MOST_BYTES = 1_000_000
_PING_SECONDS = 10.0


class SlackRuntime:
    """The running channel. Made, started and stopped within one event loop; the gateway delivers to it from then on."""

    def __init__(
        self,
        gateway: Gateway,
        settings: SlackSettings,
        pipeline: TurnPipeline,
        *,
        secret_key: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ping_seconds: float = _PING_SECONDS,
    ) -> None:
        self._settings = settings
        self._ping_seconds = ping_seconds
        self._logger = logging.getLogger("rapport.slack")
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients = Clients(settings.api_url, logger=self._logger)
        self._workspaces, self._install_routes = self._find_workspaces(gateway, settings, secret_key)
        words = pipeline.words
        self._people = People(gateway.store, words, gateway.clock, is_own=settings.is_own)
        pauses = Pauses(time.monotonic)
        signs = SignTexts(line=words.say("utter_slack_working"), status=words.say("utter_slack_status"))
        self._working = WorkingSign(gateway, sleep, texts=signs, pauses=pauses)
        audiences = Audiences(gateway.store, clock=gateway.clock, seconds=time.monotonic)
        desk = Desk(pipeline)
        panel = Panel(gateway, desk)
        home = HomeTab(desk, base_url=settings.base_url)
        self._intake = Intake(
            gateway,
            people=self._people,
            changes=MessageChanges(gateway.store, words, gateway.clock),
            working=self._working,
            panel=panel,
            spawn=self._spawn,
            task_emoji=settings.task_emoji,
        )
        interactions = Interactions(
            gateway,
            self._workspaces,
            intake=self._intake,
            sharing=Sharing(gateway.store, gateway.clock),
            people=self._people,
            audiences=audiences,
            desk=desk,
            panel=panel,
            home=home,
            base_url=settings.base_url,
        )
        self.app: AsyncApp = create_app(
            settings, self._workspaces, intake=self._intake, interactions=interactions, logger=self._logger
        )
        gateway.register(
            SlackChannel(
                gateway,
                self._workspaces,
                audiences=audiences,
                working=self._working,
                home=home,
                pauses=pauses,
                share_label=words.label("slack_show_here"),
                base_url=settings.base_url or None,
            )
        )
        self._socket: AsyncSocketModeHandler | None = None

    def _find_workspaces(
        self, gateway: Gateway, settings: SlackSettings, secret_key: str
    ) -> tuple[Workspaces, list[Route]]:
        if not settings.by_oauth:
            return OneWorkspace(self._clients, settings.bot_token or ""), []
        installations = Installations(gateway.store, secret_key, gateway.clock)
        installed = InstalledWorkspaces(installations, self._clients)
        return installed, install_routes(settings, installations, installed, clients=self._clients, secret=secret_key)

    def routes(self) -> list[Route]:
        """Where Slack sends events over HTTP, and where the app is installed; none with Socket Mode."""
        if self._settings.signing_secret is None:
            return []
        handler = AsyncSlackRequestHandler(self.app)

        async def events(request: Request) -> Response:
            if unsigned_timestamp(request.headers):
                return PlainTextResponse("invalid request\n", status_code=401)
            if int(request.headers.get("content-length") or 0) > MOST_BYTES:
                return PlainTextResponse("too large\n", status_code=413)
            return await handler.handle(request)

        return [Route(EVENTS_PATH, events, methods=["POST"]), *self._install_routes]

    async def start(self) -> None:
        """Connect, with Socket Mode, and take up what was left behind. It returns at once, also when Slack is away."""
        if self._settings.app_token is not None:
            self._socket = AsyncSocketModeHandler(
                self.app,
                self._settings.app_token,
                logger=self._logger,
                web_client=self._clients.asking(None),
                ping_interval=self._ping_seconds,
            )
            self._spawn(self._connect(self._socket))
        self._spawn(self.start_introductions())

    async def stop(self) -> None:
        """Hear and say no more."""
        if self._socket is not None:
            await self._socket.close_async()  # type: ignore[no-untyped-call]
        self._working.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._clients.close()

    @staticmethod
    async def _connect(handler: AsyncSocketModeHandler) -> None:
        await handler.connect_async()  # type: ignore[no-untyped-call]

    async def start_introductions(self) -> None:
        """Find out who those are whose messages are held from an earlier run."""
        for person in await asyncio.to_thread(self._people.held):
            try:
                workspace = await self._workspaces.of(ConversationKey.parse(person).team)
            except (SlackApiError, NotInstalled, *NETWORK_ERRORS) as error:
                _log.warning("slack_not_reached", error=str(error))
                return
            await self._intake.introduce(workspace, person)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
