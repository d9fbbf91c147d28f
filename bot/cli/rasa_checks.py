"""doctor's part for the engine rasa: both servers, the model, and whether they fit together."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Literal

import httpx

from bot.dialogue.domain import load_domain
from bot.errors import ConfigError, EngineUnavailable
from bot.rasa.client import RasaClient
from bot.rasa.process import model_path, rasa_command
from bot.rasa.standing import RasaStanding
from bot.settings import Settings

State = Literal["ok", "note", "bad"]
_SECONDS = 2.0


def check_rasa(settings: Settings) -> Iterator[tuple[State, str]]:
    """What an operator should know of the Rasa engine, best first to last; asks the servers, changes nothing."""
    rasa = settings.config.rasa
    if find_spec("rasa_sdk") is None:
        yield "bad", "rasa-sdk is not installed here: no action can be run for Rasa; start with make run ENGINE=rasa"
    if rasa.start:
        yield _installed(settings)
        yield _model(settings)
    client = RasaClient(rasa.url, timeout=rasa.timeout_seconds)
    try:
        RasaStanding(client, load_domain(settings.domain_path, settings.data_dir)).require()
    except EngineUnavailable as err:
        yield ("note", f"{err} (`rapport run` starts it)") if rasa.start else ("bad", str(err))
    else:
        yield "ok", f"Rasa server at {rasa.url} answers with a model of this domain"
    finally:
        client.close()
    yield _actions(rasa.actions_port)


def _installed(settings: Settings) -> tuple[State, str]:
    try:
        return "ok", f"Rasa is installed: {rasa_command(settings)}"
    except ConfigError as err:
        return "bad", str(err)


def _model(settings: Settings) -> tuple[State, str]:
    model = model_path(settings)
    if not model.exists():
        return "bad", f"no Rasa model in {model}; run: rapport train --engine rasa"
    sources = (settings.domain_path, settings.project / "config.yml", *settings.data_dir.rglob("*.yml"))
    trained = model.stat().st_mtime
    if any(path.stat().st_mtime > trained for path in sources):
        return "note", f"Rasa model {model} is older than its examples or rules; run: rapport train --engine rasa"
    return "ok", f"Rasa model {model}"


def _actions(port: int) -> tuple[State, str]:
    url = f"http://127.0.0.1:{port}"
    try:
        healthy = httpx.get(f"{url}/health", timeout=_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        healthy = False
    if healthy:
        return "ok", f"actions are served on {url}"
    return (
        "note",
        f"nobody serves actions on {url}: Rasa can do nothing (`rapport run` serves them)",
    )
