"""Putting the Rasa engine together from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.dialogue.domain import Domain
from bot.rasa.action_server import ActionServer
from bot.rasa.adapter import ActionAdapter
from bot.rasa.client import RasaClient
from bot.rasa.dialogue import RasaDialogue
from bot.rasa.open_turns import OpenTurns
from bot.rasa.reading import RasaEngine
from bot.rasa.standing import RasaStanding
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
    actions = ActionServer(turns, ActionAdapter(domain).names(), host="127.0.0.1", port=rasa.actions_port)
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
