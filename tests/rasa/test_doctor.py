"""An operator sees what is the matter with Rasa: each half that is away, an old model, a model of somebody else."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from bot.cli.rasa_checks import check_rasa
from bot.dialogue.domain import load_domain
from bot.rasa.action_server import ActionServer
from bot.rasa.open_turns import TurnClosed
from bot.rasa.process import model_path
from bot.settings import Settings
from tests.rasa.conftest import free_port, rasa_settings
from tests.rasa.standin import RasaStandIn, serving


def _found(settings: Settings) -> list[str]:
    return [f"{state}: {text}" for state, text in check_rasa(settings)]


def _of_somebody_else(settings: Settings) -> Settings:
    """The same with a Rasa that is run by others."""
    config = settings.config
    return replace(settings, config=config.model_copy(update={"rasa": config.rasa.model_copy(update={"start": False})}))


def test_with_both_halves_away_each_is_named_with_what_starts_it(tmp_path: Path) -> None:
    found = "\n".join(_found(rasa_settings(tmp_path)))
    assert "bad: no Rasa model" in found
    assert "cannot be reached" in found
    assert "(`rapport run` starts it)" in found
    assert "note: nobody serves actions" in found


def test_a_rasa_others_run_that_is_away_is_broken(tmp_path: Path) -> None:
    found = _found(_of_somebody_else(rasa_settings(tmp_path)))
    assert [text.partition(":")[0] for text in found] == ["bad", "note"]


def test_a_model_older_than_its_examples_is_named(tmp_path: Path) -> None:
    settings = rasa_settings(tmp_path)
    model = model_path(settings)
    model.parent.mkdir()
    model.write_bytes(b"")
    os.utime(model, (1, 1))
    assert any("is older than its examples" in text for text in _found(settings))


def test_both_halves_in_good_health_are_so_called_and_a_strange_model_is_not(tmp_path: Path) -> None:
    port = free_port()
    settings = _of_somebody_else(rasa_settings(tmp_path, port=port))
    domain = load_domain(settings.domain_path, settings.data_dir)
    rasa = RasaStandIn(domain, {}, settings.config.rasa.actions_port)

    def begin(_request: object) -> None:
        raise TurnClosed("none is open")

    actions = ActionServer(begin, [], host="127.0.0.1", port=settings.config.rasa.actions_port)  # type: ignore[arg-type]
    actions.start()
    try:
        with serving(rasa, port):
            healthy = _found(settings)
            rasa.model_id, rasa.served = "m2", {"intents": ["order_pizza"]}
            strange = _found(settings)
    finally:
        actions.stop()
    assert [text.partition(":")[0] for text in healthy] == ["ok", "ok"]
    assert "another domain" in strange[0]
