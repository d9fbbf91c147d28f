"""An assistant for tests: the real pipeline over a real store, with the clock stopped on a Wednesday.

``rig`` has an engine that reads commands, ``trained_rig`` the one trained on nlu/data; both have the demo company.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.help_centre import HelpCentre
from bot.articles import IndexedHelpCentre
from bot.bootstrap import Assistant, bootstrap, open_encoder_for, open_engine
from bot.opening import open_store
from bot.persons import find_person
from bot.settings import PROJECT, RapportConfig, Settings
from bot.talking import Exchange, Talk
from crm_store.demo.seeding import seed
from crm_store.engine import open_engine as open_database
from crm_store.insights.scoring.nightly import score_store
from crm_store.schema import upgrade
from crm_store.store import Store
from nlu.encoder import Encoder
from nlu.parse import Engine
from nlu.trainer import train
from tests.fakes import FakeEngine

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
"""Wednesday, 18 November 2026, 10:00 in New York."""

_CACHE = PROJECT / "artifacts" / "tests"


@dataclass(slots=True)
class DrivenClock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **step: float) -> None:
        """Move on by a timedelta's keywords."""
        self.now += timedelta(**step)


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, with what tests ask about it."""

    exchange: Exchange
    json: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Everything readable."""
        return str(self.json["text"])

    @property
    def labels(self) -> list[str]:
        """The buttons' labels."""
        return [button["label"] for button in self.json["buttons"]]

    @property
    def action(self) -> str | None:
        """The last action run."""
        action: str | None = self.json["action"]
        return action

    @property
    def error(self) -> str | None:
        """The type of the expected failure."""
        error: str | None = self.json["error"]
        return error

    def token(self, label: str) -> str:
        """The payload of a button."""
        return next(str(button["payload"]) for button in self.json["buttons"] if button["label"] == label)


class Speaker:
    """Somebody talking to the assistant in a conversation of their own."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def say(self, text: str) -> Heard:
        """Say a line; one that equals a button's label presses it."""
        exchange = self._talk.say(text)
        return Heard(exchange, exchange.to_json())

    def press(self, token: str) -> Heard:
        """Press a button by its token."""
        exchange = self._talk.say("", token=token)
        return Heard(exchange, exchange.to_json())


@dataclass(slots=True)
class Rig:
    """An assistant with its clock, and people to speak as."""

    assistant: Assistant
    clock: DrivenClock
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def speaker(self, who: str, *, conversation: str | None = None) -> Speaker:
        """Somebody by handle or customer:<e-mail>, in a new conversation unless one is named."""
        with self.assistant.store.unit_of_work(now=self.clock(), read_only=True) as uow:
            person = find_person(uow.session, who)
        return Speaker(Talk(self.assistant, person, conversation=conversation or f"{who}-{next(self._numbers)}"))


@pytest.fixture(scope="session")
def seeded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company as of NOW in a SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    engine = open_database(f"sqlite:///{path}")
    upgrade(engine)
    seed(engine, now=NOW, progress=None)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def scored_database(tmp_path_factory: pytest.TempPathFactory, seeded_database: Path) -> Path:
    """The same with the scores of the night before, to be copied."""
    path = tmp_path_factory.mktemp("scored") / "demo.db"
    shutil.copy(seeded_database, path)
    store = Store(f"sqlite:///{path}")
    score_store(store, now=NOW, currency="USD", today=NOW.date())
    store.close()
    return path


@pytest.fixture(scope="session")
def encoder() -> Encoder | None:
    """The sentence encoder as installed."""
    return open_encoder_for(settings_at(_CACHE))


@pytest.fixture(scope="session")
def help_centre(encoder: Encoder | None) -> HelpCentre:
    """One index for all copies of the demo company: its articles are the same, and indexing them takes seconds."""
    return IndexedHelpCentre(encoder)


@pytest.fixture(scope="session")
def trained_engine(encoder: Encoder | None) -> Engine:
    """The embedded engine trained on nlu/data; trained again only when the data or the code's format changed."""
    settings = settings_at(_CACHE)
    train(settings.data_dir, settings.model_dir, now=NOW, encoder=encoder, learned=settings.learned_path)
    return open_engine(settings, encoder)


def settings_at(home: Path, url: str | None = None, config: RapportConfig | None = None) -> Settings:
    """Settings for a data directory, with the project's defaults."""
    return Settings(home=home, database_url=url or f"sqlite:///{home / 'rapport.db'}", config=config or RapportConfig())


@pytest.fixture
def make_rig(
    tmp_path: Path, seeded_database: Path, encoder: Encoder | None, help_centre: HelpCentre
) -> Iterator[Callable[..., Rig]]:
    """Builds an assistant on a copy of the demo company (or of another database, or on the one at a URL itself)."""
    opened: list[Rig] = []

    def make(
        engine: Engine,
        database: Path = seeded_database,
        *,
        url: str | None = None,
        config: RapportConfig | None = None,
    ) -> Rig:
        home = tmp_path / f"home{len(opened)}"
        home.mkdir()
        if url is None:
            shutil.copy(database, home / "rapport.db")
        settings = settings_at(home, url, config)
        clock = DrivenClock()
        assistant = bootstrap(
            settings,
            clock=clock,
            store=open_store(settings),
            engine=engine,
            encoder=encoder,
            help_centre=help_centre,
        )
        rig = Rig(assistant, clock)
        opened.append(rig)
        return rig

    yield make
    for rig in opened:
        rig.assistant.store.close()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """An assistant on the demo company that reads commands."""
    return make_rig(FakeEngine())


@pytest.fixture
def scored_rig(make_rig: Callable[..., Rig], scored_database: Path) -> Rig:
    """An assistant on the demo company with its scores that reads commands."""
    return make_rig(FakeEngine(), scored_database)


@pytest.fixture
def trained_rig(make_rig: Callable[..., Rig], trained_engine: Engine) -> Rig:
    """An assistant on the demo company that understands people."""
    return make_rig(trained_engine)
