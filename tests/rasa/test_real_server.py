"""What only a real Rasa server shows: it is killed while it has an action run, and comes back with somebody's model."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import yaml
from sqlalchemy import select

from actions.help_centre import HelpCentre
from bot.bootstrap import Assistant, bootstrap
from bot.dialogue.domain import load_domain
from bot.errors import EngineUnavailable
from bot.inbox import receive
from bot.opening import open_store
from bot.rasa.action_server import ActionServer
from bot.rasa.adapter import ActionAdapter
from bot.rasa.client import RasaClient
from bot.rasa.dialogue import RasaDialogue, run_in
from bot.rasa.open_turns import ActionOutcome, ActionRequest, OpenTurns
from bot.rasa.process import RasaProcess, model_path
from bot.rasa.standing import RasaStanding
from bot.settings import PROJECT
from crm_store.models import Account, InboxStatus
from tests.assistants import NOW, DrivenClock, settings_at
from tests.bot.speaking import inbox_of, message, outbox_of, ref_of
from tests.fakes import FakeEngine
from tests.rasa.conformance import run_rasa
from tests.rasa.conftest import rasa_settings, wait_until_ready

T = TypeVar("T")
ADD = '/add_account{"account": "Vandelay Latex"}'
FOREIGN = Path(__file__).parent.parent / "data" / "rasa_project"


class DeadlyTurns(OpenTurns):
    """Kills the server when an action has done its work and its answer is not yet out."""

    def __init__(self, process: RasaProcess) -> None:
        super().__init__()
        self.armed = True
        self._process = process

    def serve(self, send: Callable[[str], T], run: Callable[[ActionRequest], ActionOutcome]) -> T:
        def run_and_kill(request: ActionRequest) -> ActionOutcome:
            outcome = run(request)
            if self.armed:
                self.armed = False
                kill(self._process)
            return outcome

        return super().serve(send, run_and_kill)


def kill(process: RasaProcess) -> None:
    """End the server as the kernel does when memory runs out."""
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)


def model_of(project: Path, data: Path, home: Path) -> Path:
    """A model of a project's rules. It understands nothing: what is said to it are readings, and it starts sooner."""
    home.mkdir()
    config = {"recipe": "default.v1", "language": "en", "assistant_id": home.name, "pipeline": []}
    (home / "config.yml").write_text(yaml.safe_dump(config | {"policies": [{"name": "RulePolicy"}]}), encoding="utf-8")
    arguments = ["train", "core", "--stories", str(data), "--domain", str(project / "domain.yml")]
    run_rasa([*arguments, "--config", "config.yml", "--out", str(home), "--fixed-model-name", "model"], home)
    return home / "model.tar.gz"


def accounts(assistant: Assistant) -> int:
    """How many of the account asked for there are."""
    with assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return len(uow.session.scalars(select(Account).where(Account.name == "Vandelay Latex")).all())


def test_killed_in_the_middle_of_a_turn_it_is_started_again_and_the_message_is_answered_once(
    tmp_path: Path, seeded_database: Path, help_centre: HelpCentre
) -> None:
    settings = rasa_settings(tmp_path, timeout=300)
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    model_path(settings).parent.mkdir()
    shutil.copy(model_of(PROJECT, settings.data_dir, tmp_path / "ours"), model_path(settings))
    domain = load_domain(settings.domain_path, settings.data_dir)
    process = RasaProcess(settings)
    turns = DeadlyTurns(process)
    rasa = settings.config.rasa
    client = RasaClient(rasa.url, timeout=rasa.timeout_seconds)
    names = ActionAdapter(domain).names()
    actions = ActionServer(partial(run_in, turns), names, host="127.0.0.1", port=rasa.actions_port)
    ready = RasaStanding(client, domain).require
    assistant = bootstrap(
        settings_at(tmp_path),
        clock=DrivenClock(),
        store=open_store(settings_at(tmp_path)),
        engine=FakeEngine(),
        dialogue=RasaDialogue(domain=domain, client=client, turns=turns),
        help_centre=help_centre,
    )
    person = ref_of(assistant.store, "dana")
    here = receive(assistant.store, message(ADD, sender="dana", person=person), now=NOW).conversation_id
    actions.start()
    process.start()
    try:
        wait_until_ready(ready)
        with pytest.raises(EngineUnavailable):
            assistant.pipeline.process_next(here)
        assert accounts(assistant) == 0
        assert [row.status for row in inbox_of(assistant.store)] == [InboxStatus.RECEIVED]
        wait_until_ready(ready)
        assert assistant.pipeline.process_next(here) is not None
        assert accounts(assistant) == 1
        assert len(outbox_of(assistant.store)) == 2  # that it has to wait, and the answer
        # Somebody puts another model in its place, and it is started with that.
        shutil.copy(model_of(FOREIGN, FOREIGN / "data", tmp_path / "foreign"), model_path(settings))
        kill(process)
        wait_until_ready(partial(_expect_another_domain, ready))
    finally:
        process.stop()
        actions.stop()
        turns.close()
        client.close()
        assistant.close()


def _expect_another_domain(ready: Callable[[], None]) -> None:
    try:
        ready()
    except EngineUnavailable as error:
        if "another domain" not in str(error):
            raise
    else:
        raise EngineUnavailable("still with our model")
