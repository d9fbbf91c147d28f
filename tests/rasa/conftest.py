"""A really trained Rasa, served by a real Rasa server, for the tests of this directory."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from actions.help_centre import HelpCentre
from bot.bootstrap import bootstrap
from bot.dialogue.domain import load_domain
from bot.errors import EngineUnavailable
from bot.names import NameDirectory
from bot.opening import open_store
from bot.rasa.assembly import RasaParts, connect
from bot.rasa.process import RasaProcess, model_path
from bot.settings import PROJECT, RapportConfig, RasaServer, Settings
from crm_store.store import Store
from nlu.encoder import Encoder
from nlu.parse import Engine
from tests.assistants import NOW, DrivenClock, Rig, settings_at
from tests.rasa.conformance import ReadAlong, train_conformance_model

START_SECONDS = 3600
_CACHE = PROJECT / "artifacts" / "rasa"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def rasa_settings(home: Path, *, port: int | None = None, timeout: float = 20) -> Settings:
    """Settings with a Rasa of their own."""
    server = RasaServer(
        url=f"http://127.0.0.1:{port or free_port()}",
        environment=PROJECT / ".venv-rasa",
        actions_port=free_port(),
        timeout_seconds=timeout,
    )
    return replace(settings_at(home), config=RapportConfig(engine="rasa", rasa=server))


def wait_until_ready(require_ready: Callable[[], None], process: RasaProcess | None = None) -> None:
    """Return when the server can be used; raises what is the matter after some minutes."""
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            return require_ready()
        except EngineUnavailable:
            if time.monotonic() > give_up or (process is not None and process.pid is None):
                raise
            time.sleep(0.25)


@pytest.fixture(scope="session")
def conformance_model(trained_engine: Engine, seeded_names: None) -> Path:
    """The model of ``tests.rasa.conformance``."""
    return train_conformance_model(_CACHE, trained_engine)


@pytest.fixture(scope="session")
def seeded_names(trained_engine: Engine, seeded_database: Path) -> None:
    """The embedded engine knows the names of the demo company when it labels the scripts."""
    store = Store(f"sqlite:///{seeded_database}")
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        NameDirectory().load(uow.session, trained_engine)
    store.close()


@dataclass(slots=True)
class ServerLog:
    """What the server writes down, from the last look at it on."""

    path: Path
    read: int = 0

    def strange(self) -> list[str]:
        """What it did not know what to do with: messages without a rule, entities that the domain does not have."""
        with self.path.open(encoding="utf-8", errors="replace") as log:
            log.seek(self.read)
            lines = log.read().splitlines()
            self.read = log.tell()
        return [line for line in lines if "Circuit breaker" in line or "Failed to parse" in line]


@pytest.fixture(scope="session")
def rasa_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's data directory."""
    return tmp_path_factory.mktemp("rasa")


@pytest.fixture(scope="session")
def server_log(served: RasaParts, rasa_home: Path) -> ServerLog:
    """Its log."""
    return ServerLog(rasa_home / "rasa" / "server.log")


@pytest.fixture(scope="session")
def served(conformance_model: Path, rasa_home: Path) -> Iterator[RasaParts]:
    """The Rasa engine with its server running."""
    # Nothing is judged by the clock: a busy machine may take its time.
    settings = rasa_settings(rasa_home, timeout=300)
    model_path(settings).parent.mkdir()
    shutil.copy(conformance_model, model_path(settings))
    process = RasaProcess(settings)
    process.start()
    parts = connect(settings, load_domain(settings.domain_path, settings.data_dir))
    try:
        wait_until_ready(parts.require_ready, process)
        yield parts
    finally:
        parts.close()
        process.stop()


@pytest.fixture(scope="session")
def read_along(served: RasaParts, trained_engine: Engine) -> ReadAlong:
    """What the conformance suite understands with."""
    return ReadAlong(served.engine, trained_engine)


@pytest.fixture
def rasa_rig(
    *,
    served: RasaParts,
    read_along: ReadAlong,
    tmp_path: Path,
    seeded_database: Path,
    encoder: Encoder | None,
    help_centre: HelpCentre,
) -> Iterator[Rig]:
    """An assistant on the demo company that understands and talks by Rasa."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(seeded_database, home / "rapport.db")
    settings = settings_at(home)
    clock = DrivenClock()
    assistant = bootstrap(
        settings,
        clock=clock,
        store=open_store(settings),
        engine=read_along,
        dialogue=served.dialogue,
        encoder=encoder,
        help_centre=help_centre,
    )
    yield Rig(assistant, clock)
    assistant.store.close()
