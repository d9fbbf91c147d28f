"""Putting the Rasa engine together from the settings, and its action server when Rasa talks to people itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from bot.bootstrap import Assistant, bootstrap
from bot.dialogue.domain import Domain
from bot.errors import ConfigError
from bot.persons import find_person
from bot.rasa.action_server import ActionServer
from bot.rasa.adapter import ActionAdapter
from bot.rasa.client import RasaClient
from bot.rasa.dialogue import RasaDialogue, run_in
from bot.rasa.open_turns import ActionOutcome, ActionRequest, OpenTurns
from bot.rasa.own_turns import OwnTurns
from bot.rasa.reading import RasaEngine
from bot.rasa.standing import RasaStanding
from bot.rasa.vouching import LEAST_KEY
from bot.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RasaParts:
    """The two halves of the engine, whether it can be used now, and how to let go of it."""

    engine: RasaEngine
    dialogue: RasaDialogue
    require_ready: Callable[[], None]
    close: Callable[[], None]


def connect(settings: Settings, domain: Domain) -> RasaParts:
    """Serve actions and be ready to ask the server, which need not be up yet; raises ConfigError."""
    rasa = settings.config.rasa
    client = RasaClient(rasa.url, timeout=rasa.timeout_seconds)
    turns = OpenTurns()
    names = ActionAdapter(domain).names()
    actions = ActionServer(partial(run_in, turns), names, host="127.0.0.1", port=rasa.actions_port)
    actions.start()

    def close() -> None:
        actions.stop()
        turns.close()
        client.close()

    return RasaParts(
        engine=RasaEngine(client, settings.data_dir),
        dialogue=RasaDialogue(domain=domain, client=client, turns=turns),
        require_ready=RasaStanding(client, domain).require,
        close=close,
    )


KEY = "RAPPORT_ACTIONS_KEY"
"""The environment variable with the key that connectors sign people's handles with."""


def open_own_turns(settings: Settings, *, everybody: str | None = None) -> tuple[Assistant, OwnTurns]:
    """What runs actions for a Rasa that talks to people itself; raises ConfigError, UnknownPerson, DatabaseNotReady."""
    key = os.environ.get(KEY)
    if key is not None and len(key) < LEAST_KEY:
        raise ConfigError(f"{KEY} needs at least {LEAST_KEY} characters")
    rasa = settings.config.rasa
    engine = RasaEngine(RasaClient(rasa.url, timeout=rasa.timeout_seconds), settings.data_dir)
    assistant = bootstrap(settings, engine=engine)
    if everybody is not None:
        with assistant.store.unit_of_work(now=assistant.pipeline.clock(), read_only=True) as uow:
            find_person(uow.session, everybody)
    return assistant, OwnTurns(assistant, engine, everybody=everybody, key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandaloneActions:
    """The action server of a Rasa that talks to people itself, serving until it is closed."""

    assistant: Assistant
    server: ActionServer
    workers: ThreadPoolExecutor

    def close(self) -> None:
        """Serve no more, finish what is being done, let go of the database."""
        self.server.stop()
        self.workers.shutdown()
        self.assistant.close()


def serve_actions(settings: Settings, *, host: str, port: int, everybody: str | None = None) -> StandaloneActions:
    """Serve actions to a Rasa that somebody else runs; raises what ``open_own_turns`` does."""
    assistant, turns = open_own_turns(settings, everybody=everybody)
    workers = ThreadPoolExecutor(thread_name_prefix="rasa-action")

    def begin(request: ActionRequest) -> Future[ActionOutcome]:
        return workers.submit(turns.run, request)

    server = ActionServer(begin, turns.adapter.names(), host=host, port=port)
    server.start()
    return StandaloneActions(assistant=assistant, server=server, workers=workers)
