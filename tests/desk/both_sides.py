"""Customers on Telegram and agents in Slack, one assistant between them: the real service with both real channels."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.bootstrap import bootstrap
from bot.channels.slack.people import identity_of, link
from bot.channels.slack.places import person_key
from bot.channels.slack.runtime import SlackRuntime
from bot.channels.slack.settings import SlackSettings
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import TelegramSettings
from bot.opening import open_store
from bot.service import Service
from bot.settings import RapportConfig, Settings, Support
from bot.turn import OnStep
from crm_store.models import ChannelIdentity, Contact, User
from crm_store.store import Store
from nlu.parse import Engine
from tests.assistants import NOW
from tests.fakes import FakeEngine
from tests.slack.standin.server import Standin
from tests.slack.standin.workspace import APP_TOKEN, BOT_ID, BOT_TOKEN, SIGNING_SECRET, TEAM
from tests.telegram.phone import Phone
from tests.telegram.platform import TOKEN, Sent
from tests.telegram.running import QUICK
from tests.telegram.serving import TelegramStandIn

SUPPORT = "C0SUPPORT"
_STARTED = time.monotonic()


def office_clock() -> datetime:
    """A clock that runs from a Wednesday morning on, when the desk is open."""
    return NOW + timedelta(seconds=time.monotonic() - _STARTED)


@dataclass(slots=True)
class Desk:
    """The assistant with a support channel in Slack and phones on Telegram."""

    slack: Standin
    telegram: TelegramStandIn
    service: Service

    @property
    def store(self) -> Store:
        return self.service.store

    def agent(self, user: str, handle: str) -> None:
        """Put a colleague into the workspace and the support channel."""
        with self.store.unit_of_work(now=office_clock()) as uow:
            found = uow.session.scalars(select(User).where(User.handle == handle)).one()
            link(uow, identity_of(uow, person_key(TEAM, user)), found)
            uow.commit()
        self.slack.workspace.add_member(user, found.name, found.email)
        rooms = self.slack.workspace.rooms
        if SUPPORT not in rooms:
            self.slack.workspace.add_channel(SUPPORT, set())
        rooms[SUPPORT].members.add(user)

    def customer(self, email: str | None = "kim@example.com") -> Phone:
        """A phone; with an address, of a customer who is known there already."""
        phone = Phone(self.telegram.platform)
        if email is not None:
            with self.store.unit_of_work(now=office_clock()) as uow:
                contact = uow.session.scalars(select(Contact).where(Contact.email == email)).one()
                uow.session.add(
                    ChannelIdentity(
                        channel="telegram",
                        external_id=str(phone.number),
                        display_name=contact.name,
                        contact_id=contact.id,
                        proven_at=uow.now,
                        vouched_at=uow.now,
                        created_at=uow.now,
                    )
                )
                uow.commit()
        return phone

    def channel(self) -> list[dict[str, Any]]:
        """What the assistant has said in the support channel."""
        room = self.slack.workspace.rooms[SUPPORT]
        return [message for message in room.messages if message.get("bot_id") == BOT_ID]

    def thread(self, root: dict[str, Any]) -> list[str]:
        """The assistant's words in one customer's thread, without its first message."""
        return [message["text"] for message in self.channel() if message.get("thread_ts") == root["ts"]]

    async def sees(self, root: dict[str, Any], words: str) -> dict[str, Any]:
        """Wait until a message with these words is in a thread."""

        def found() -> list[dict[str, Any]]:
            return [m for m in self.channel() if m.get("thread_ts") == root["ts"] and words in m["text"]]

        await self.slack.until(lambda: bool(found()))
        return found()[-1]

    async def roots(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many threads and their first answers; their first messages."""

        def found() -> list[dict[str, Any]]:
            return [message for message in self.channel() if "thread_ts" not in message]

        await self.slack.until(lambda: len(found()) >= count and all(self.thread(root) for root in found()))
        return found()

    async def writes(self, user: str, text: str, root: dict[str, Any]) -> None:
        """An agent writes into a customer's thread."""
        await self.slack.say(user, text, channel=SUPPORT, thread=root["ts"])

    async def reads(self, phone: Phone, count: int = 1) -> list[Sent]:
        """Wait for the customer's next messages."""
        return await asyncio.to_thread(phone.read, count)

    async def asks_for_a_person(self, phone: Phone) -> dict[str, Any]:
        """The customer asks for a human; the thread that opens."""
        before = len([message for message in self.channel() if "thread_ts" not in message])
        phone.say("/talk_to_human")
        await self.reads(phone)
        return (await self.roots(before + 1))[-1]

    async def rest(self) -> None:
        """Wait until everything is answered and delivered."""
        await self.service.settle()


@asynccontextmanager
async def both_sides(
    home: Path,
    database: Path,
    *,
    slack: Standin | None = None,
    telegram: TelegramStandIn | None = None,
    engine: Engine | None = None,
    on_step: OnStep = lambda _step: None,
    clock: Callable[[], datetime] = office_clock,
    slack_channel: str | None = f"{TEAM}/{SUPPORT}",
) -> AsyncIterator[Desk]:
    """The assistant on a copy of the demo company, started again where ``home`` has been used before."""
    async with contextlib.AsyncExitStack() as stack:
        if telegram is None:
            telegram = stack.enter_context(TelegramStandIn())
        if slack is None:
            slack = await stack.enter_async_context(Standin())
        if not (home / "rapport.db").exists():
            shutil.copy(database, home / "rapport.db")
        config = RapportConfig(support=Support(slack_channel=slack_channel))
        settings = Settings(home=home, database_url=f"sqlite:///{home / 'rapport.db'}", config=config)
        made = bootstrap(
            settings, clock=clock, store=open_store(settings), engine=engine or FakeEngine(), on_step=on_step
        )
        service = Service(made.pipeline, home=home)
        runtime = SlackRuntime(
            service,
            SlackSettings(
                bot_token=BOT_TOKEN,
                app_token=APP_TOKEN,
                signing_secret=SIGNING_SECRET,
                api_url=slack.api_url,
                base_url="http://crm.example.com",
            ),
            made.pipeline,
            ping_seconds=0.3,
        )
        chat = Telegram(
            service,
            made.pipeline.words,
            TelegramSettings(token=TOKEN, api_url=telegram.url, limits=QUICK, poll_seconds=5),
        )
        listening: asyncio.Task[None] | None = None
        try:
            await service.recover()
            await runtime.start()
            await slack.sockets.connected()
            listening = asyncio.create_task(chat.run())
            yield Desk(slack, telegram, service)
        finally:
            if listening is not None:
                listening.cancel()
                await asyncio.wait([listening])
            await runtime.stop()
            await service.settle()
            await chat.close()
            made.store.close()
        assert slack.api.violations == []
        assert telegram.platform.refusals == []
