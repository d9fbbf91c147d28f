"""Running everything in one process: the service, the web chat and the scheduler's ticks."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from bot.bootstrap import Assistant, bootstrap
from bot.channels.slack.settings import slack_settings
from bot.channels.telegram.settings import settings_from
from bot.channels.web.app import create_app
from bot.channels.web.server import create_server
from bot.channels.web.settings import WebSettings
from bot.errors import ConfigError
from bot.memory import loading
from bot.rasa.process import RasaProcess
from bot.scheduler.ticks import start_scheduler
from bot.service import Service
from bot.settings import Settings
from crm_store.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from bot.channels.slack.runtime import SlackRuntime
    from bot.channels.telegram.channel import Telegram

_log = structlog.get_logger(__name__)
SETTLE_SECONDS = 10
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def serve(settings: Settings, *, host: str | None, port: int | None, announce: Callable[[str], None]) -> None:
    """Run until interrupted; ``announce`` is told the address once it can be used.

    Raises what ``bootstrap`` raises, and ConfigError when the address is taken.
    """
    web = settings.config.web
    chosen_host = host or web.host
    chosen_port = web.port if port is None else port
    if web.demo and chosen_host not in _LOOPBACK:
        raise ConfigError(
            f"in demo mode anybody may be anybody, so it does not listen on {chosen_host}; "
            "set rapport.web.demo to false in config.yml"
        )
    _require_free(chosen_host, chosen_port)
    rasa = RasaProcess(settings) if settings.config.engine == "rasa" and settings.config.rasa.start else None
    with loading():
        assistant = bootstrap(settings)
    try:
        if rasa is not None:
            rasa.start()
        asyncio.run(_serve(assistant, chosen_host, chosen_port, announce))
    finally:
        if rasa is not None:
            rasa.stop()
        assistant.close()


async def _serve(assistant: Assistant, host: str, port: int, announce: Callable[[str], None]) -> None:
    settings = assistant.settings
    service = Service(assistant.pipeline, home=settings.home)
    web = settings.config.web
    base_url = web.base_url or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
    app = create_app(
        service,
        WebSettings(
            base_url=base_url,
            secret_key=secret_key(settings.home),
            demo=web.demo,
            allowed_origins=tuple(web.allowed_origins),
        ),
    )
    telegram = _telegram(assistant, service)
    slack = start_slack(service, assistant, base_url=base_url)
    # Before the chat, whose guard knows browsers only; what comes here has a secret or a signature of its own.
    routes = [*(telegram.routes() if telegram is not None else []), *(slack.routes() if slack is not None else [])]
    site: ASGIApp = Starlette(routes=[*routes, Mount("/", app)]) if routes else app
    server = create_server(site, host=host, port=port)
    await service.recover()
    if slack is not None:
        await slack.start()
    scheduler = start_scheduler(service)
    listening = asyncio.create_task(telegram.run()) if telegram is not None else None
    announce(f"Rapport is ready: {base_url}")
    # The help centre is indexed beside the first conversations, so that nobody's question waits for it.
    indexing = asyncio.create_task(asyncio.to_thread(_index_articles, assistant))
    try:
        await server.serve()
    finally:
        scheduler.shutdown(wait=False)
        if listening is not None:
            listening.cancel()
            await asyncio.wait([listening])
        await _settle(service)
        if telegram is not None:
            await telegram.close()
        if slack is not None:
            await slack.stop()
        await indexing


async def _settle(service: Service) -> None:
    # What waits for a platform that is away waits in the database too; the next start takes it up.
    try:
        await asyncio.wait_for(service.settle(), SETTLE_SECONDS)
    except TimeoutError:
        _log.info("left_for_the_next_start")


def _telegram(assistant: Assistant, service: Service) -> Telegram | None:
    settings = settings_from(os.environ, secret_key=secret_key(assistant.settings.home))
    if settings is None:
        return None
    from bot.channels.telegram.channel import Telegram  # noqa: PLC0415 - imported only where somebody uses it

    return Telegram(service, assistant.pipeline.words, settings)


def start_slack(service: Service, assistant: Assistant, *, base_url: str) -> SlackRuntime | None:
    """The Slack channel, when its tokens are in the environment; raises ConfigError when they make no sense."""
    config = assistant.settings.config.slack
    settings = slack_settings(
        os.environ,
        base_url=base_url,
        task_emoji=tuple(config.task_emoji),
        workspaces=tuple(config.workspaces),
    )
    if settings is None:
        return None
    from bot.channels.slack.runtime import SlackRuntime  # noqa: PLC0415 - imported only where somebody uses it

    secret = secret_key(assistant.settings.home)
    return SlackRuntime(service, settings, assistant.pipeline, secret_key=secret)


def _index_articles(assistant: Assistant) -> None:
    pipeline = assistant.pipeline
    try:
        with pipeline.store.unit_of_work(now=pipeline.clock(), read_only=True) as uow:
            bring_up_to_date = pipeline.help_centre.prepare(uow.session)
        bring_up_to_date()
    except DatabaseUnavailable as error:
        _log.warning("articles_not_indexed", error=str(error))


def secret_key(home: Path) -> str:
    """RAPPORT_SECRET_KEY, or a random key made once and kept in the data directory for its owner only."""
    given = os.environ.get("RAPPORT_SECRET_KEY")
    if given:
        return given
    path = home / "secret.key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()


def _require_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as err:
        raise ConfigError(
            f"cannot listen on {host}:{port} ({err.strerror}); choose another with --port or web.port in config.yml"
        ) from err
