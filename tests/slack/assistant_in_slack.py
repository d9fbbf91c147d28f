"""The real assistant connected to the stand-in: real pipeline, real Bolt, real sockets in between."""

from __future__ import annotations

import asyncio
import functools
import shutil
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, ParamSpec

import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette

from bot.bootstrap import bootstrap
from bot.channels.slack.people import identity_of, link
from bot.channels.slack.places import person_key
from bot.channels.slack.runtime import SlackRuntime
from bot.channels.slack.settings import SlackSettings
from bot.opening import open_store
from bot.service import Service
from bot.turn import OnStep
from crm_store.models import User
from crm_store.store import Store
from nlu.parse import Engine
from tests.assistants import NOW, settings_at
from tests.fakes import FakeEngine
from tests.slack.standin.events import HttpTransport
from tests.slack.standin.server import Standin
from tests.slack.standin.workspace import APP_TOKEN, BOT_ID, BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, TEAM

P = ParamSpec("P")
Mode = Literal["socket", "http", "oauth"]
BASE_URL = "http://crm.example.com"


def running_clock() -> datetime:
    """A clock that runs, as Slack's own must."""
    return datetime.fromtimestamp(time.time(), tz=NOW.tzinfo)


@dataclass(slots=True)
class InSlack:
    """The assistant, the workspace it is in, and what people see there."""

    standin: Standin
    service: Service
    runtime: SlackRuntime

    @property
    def store(self) -> Store:
        return self.service.store

    def colleague(self, user: str, handle: str, *, known: bool = True) -> None:
        """Put a colleague of the demo company into the workspace, already linked unless said otherwise."""
        with self.store.unit_of_work(now=running_clock()) as uow:
            found = uow.session.scalars(select(User).where(User.handle == handle)).one()
            if known:
                link(uow, identity_of(uow, person_key(TEAM, user)), found)
                uow.commit()
        self.standin.workspace.add_member(user, found.name, found.email)

    def direct(self, user: str) -> list[dict[str, Any]]:
        """What the assistant has said to somebody directly."""
        return [m for m in self.standin.workspace.direct(user).messages if m.get("bot_id")]

    def posted(self, channel: str) -> list[dict[str, Any]]:
        """What the assistant has said in a channel for all to read."""
        return [m for m in self.standin.workspace.rooms[channel].messages if m.get("bot_id") == BOT_ID]

    async def answer(self, user: str, text: str) -> dict[str, Any]:
        """Say something directly; the first message of the answer."""
        before = len(self.direct(user))
        await self.standin.say(user, text)
        await self.standin.until(lambda: len(self.direct(user)) > before)
        return self.direct(user)[before]


async def never(_seconds: float) -> None:
    """Nobody gets impatient: how long an answer takes on a busy machine is not what most tests are about."""
    await asyncio.Event().wait()


@asynccontextmanager
async def in_slack(
    home: Path,
    database: Path,
    *,
    engine: Engine | None = None,
    mode: Mode = "socket",
    on_step: OnStep = lambda _step: None,
    sleep: Callable[[float], Awaitable[None]] = never,
    older_view: bool = False,
    workspaces: tuple[str, ...] = (),
) -> AsyncIterator[InSlack]:
    """The assistant on a copy of the demo company, in a workspace of its own. Ends with no call Slack would refuse.

    ``sleep`` is how the "working" sign waits for its second.
    """
    async with Standin(older_view=older_view) as standin:
        async with assistant(
            home,
            database,
            standin,
            engine=engine,
            mode=mode,
            on_step=on_step,
            sleep=sleep,
            workspaces=workspaces,
        ) as together:
            yield together
        assert standin.api.violations == []


@asynccontextmanager
async def assistant(
    home: Path,
    database: Path,
    standin: Standin,
    *,
    engine: Engine | None = None,
    mode: Mode = "socket",
    on_step: OnStep = lambda _step: None,
    sleep: Callable[[float], Awaitable[None]] = never,
    workspaces: tuple[str, ...] = (),
) -> AsyncIterator[InSlack]:
    """The assistant, started and stopped; started again on the same ``home`` it goes on where it was."""
    settings = settings_at(home)
    if not (home / "rapport.db").exists():
        shutil.copy(database, home / "rapport.db")
    made = bootstrap(
        settings, clock=running_clock, store=open_store(settings), engine=engine or FakeEngine(), on_step=on_step
    )
    service = Service(made.pipeline, home=home)
    runtime = SlackRuntime(
        service,
        SlackSettings(
            bot_token=BOT_TOKEN if mode != "oauth" else None,
            app_token=APP_TOKEN if mode == "socket" else None,
            signing_secret=SIGNING_SECRET if mode != "socket" else None,
            client_id=CLIENT_ID if mode == "oauth" else None,
            client_secret=CLIENT_SECRET if mode == "oauth" else None,
            api_url=standin.api_url,
            base_url=BASE_URL,
            workspaces=workspaces,
        ),
        made.pipeline,
        secret_key="the secret key of this installation",
        sleep=sleep,
        ping_seconds=0.3,
    )
    try:
        await service.recover()
        await runtime.start()
        if mode == "socket":
            await standin.sockets.connected()
            yield InSlack(standin, service, runtime)
        else:
            async with served(runtime) as url:
                standin.transport = HttpTransport(f"{url}/slack/events")
                yield InSlack(standin, service, runtime)
    finally:
        await runtime.stop()
        await service.settle()
        made.store.close()


@asynccontextmanager
async def served(runtime: SlackRuntime) -> AsyncIterator[str]:
    """The channel's addresses behind a real server."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=list(runtime.routes())), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def scenario(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test written as a coroutine in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run
