"""The command line as scripts meet it: exit codes, one line per error, and JSON of a fixed shape."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.settings import PROJECT
from nlu.parse import Engine

TURN_KEYS = {"text", "buttons", "files", "intent", "confidence", "entities", "action", "error"}
NOW = "2026-11-18T15:00:00+00:00"


class CommandLine:
    """`rapport` on a data directory of its own."""

    def __init__(self, home: Path, project: Path = PROJECT) -> None:
        self.home, self._project = home, project

    def __call__(self, *arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "RAPPORT_HOME": str(self.home), "DATABASE_URL": "", "OMP_NUM_THREADS": "1"}
        return subprocess.run(
            [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())", *arguments],
            input=lines,
            cwd=self._project,
            env={**environment, "PYTHONPATH": str(self._project)},
            capture_output=True,
            text=True,
            check=False,
        )

    def say(self, *arguments: str, lines: str = "") -> list[dict[str, Any]]:
        """Say something and read what comes back."""
        done = self("say", "--json", "--now", NOW, *arguments, lines=lines)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def rapport(tmp_path: Path, seeded_database: Path, trained_engine: Engine) -> CommandLine:
    assert trained_engine is not None  # it is trained into the directory linked here
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    (tmp_path / "models").symlink_to(PROJECT / "artifacts" / "tests" / "models")
    return CommandLine(tmp_path)


@pytest.fixture
def empty(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def _one_line(text: str) -> str:
    assert text.startswith("rapport: ")
    assert len(text.strip().splitlines()) == 1, text
    assert "Traceback" not in text
    return text


def test_a_turn_as_json_has_the_promised_shape(rapport: CommandLine) -> None:
    (turn,) = rapport.say("--as", "dana", "log a deal with Initech, 40k, closing end of March")
    assert set(turn) - {"trace"} == TURN_KEYS
    assert turn["intent"] == "log_deal"
    assert turn["action"] == "action_log_deal"
    assert turn["error"] is None
    assert 0 < turn["confidence"] <= 1
    assert "Initech" in turn["text"]
    assert turn["files"] == []
    for button in turn["buttons"]:
        assert set(button) == {"label", "payload"}
    for entity in turn["entities"]:
        assert set(entity) == {"entity", "start", "end", "text", "value"}
        assert "log a deal with Initech, 40k, closing end of March"[entity["start"] : entity["end"]] == entity["text"]


def test_lines_of_standard_input_are_turns_and_a_label_presses_its_button(rapport: CommandLine) -> None:
    logged, undone = rapport.say(
        "--as", "dana", "-", lines="log a deal with Initech, 40k, closing end of March\nUndo\n"
    )
    assert "Undo" in [button["label"] for button in logged["buttons"]]
    assert undone["action"] == "action_undo"


def test_a_payload_given_in_another_call_presses_its_button_once(rapport: CommandLine) -> None:
    (logged,) = rapport.say("--as", "dana", "log a deal with Initech, 40k, closing end of March")
    payload = next(button["payload"] for button in logged["buttons"] if button["label"] == "Undo")
    first, second = rapport.say("--as", "dana", payload, payload)
    assert first["error"] is None
    assert second["error"] == "button_used"


def test_conversations_are_kept_apart(rapport: CommandLine) -> None:
    (logged,) = rapport.say(
        "--as", "dana", "--conversation", "one", "log a deal with Initech, 40k, closing end of March"
    )
    payload = next(button["payload"] for button in logged["buttons"] if button["label"] == "Undo")
    (elsewhere,) = rapport.say("--as", "dana", "--conversation", "two", payload)
    assert elsewhere["error"] == "button_not_yours"


def test_a_person_nobody_knows_is_one_line_and_one(rapport: CommandLine) -> None:
    done = rapport("say", "--as", "nobody", "hi")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "nobody" in _one_line(done.stderr)


def test_a_database_without_tables_names_the_command_to_run(empty: CommandLine) -> None:
    done = empty("say", "--as", "dana", "hi")
    assert done.returncode == 1
    assert "rapport db upgrade" in _one_line(done.stderr)


def test_a_missing_model_names_the_command_to_run(empty: CommandLine, seeded_database: Path) -> None:
    shutil.copy(seeded_database, empty.home / "rapport.db")
    done = empty("say", "--as", "dana", "hi")
    assert done.returncode == 1
    assert "rapport train" in _one_line(done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["say"], ["say", "--as", "dana", "--now", "tomorrow-ish", "hi"], ["dance"], ["show"], ["say", "--loud"]],
)
def test_a_command_used_wrongly_is_two(empty: CommandLine, arguments: list[str]) -> None:
    done = empty(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_a_start_loads_nothing_that_only_training_or_reviewing_or_other_platforms_need() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, bot.cli.app, bot.server; print(*sys.modules)"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    heavy = {"sklearn", "alembic", "matplotlib", "slack_bolt", "telegram", "rasa_sdk", "scipy.cluster", "nlu.trainer"}
    assert not heavy & set(loaded.stdout.split())


def test_help_is_zero(empty: CommandLine) -> None:
    done = empty("--help")
    assert done.returncode == 0
    assert "say" in done.stdout


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("rapport: {company: {proposal_hours: soon}}", "rapport.company.proposal_hours"),
        ("rapport: {colour: red}", "rapport.colour"),
        ("rapport: [", "config.yml"),
    ],
)
def test_a_broken_configuration_names_the_key(tmp_path: Path, config: str, told: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("bot", "actions", "nlu", "crm_store"):
        (project / name).symlink_to(PROJECT / name)
    (project / "config.yml").write_text(config)
    done = _with_config(project, tmp_path)
    assert done.returncode == 1
    assert told in _one_line(done.stderr)


def _with_config(project: Path, home: Path) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys; from pathlib import Path; import bot.settings, bot.cli.options as options\n"
        "load = bot.settings.load_settings\n"
        f"options.load_settings = lambda *, home: load(home=home, project=Path({str(project)!r}))\n"
        "from bot.cli import main; sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-c", program, "--home", str(home), "say", "--as", "dana", "hi"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_records_are_shown_as_a_json_array(rapport: CommandLine) -> None:
    done = rapport("show", "deals", "--limit", "2", "--json")
    assert done.returncode == 0
    rows = json.loads(done.stdout)
    assert len(rows) == 2
    assert {"name", "account", "amount", "stage"} <= set(rows[0])
    unknown = rapport("show", "dreams")
    assert unknown.returncode == 1
    assert "deals" in _one_line(unknown.stderr)


def test_a_file_that_cannot_be_imported_is_named_with_its_line(rapport: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text("name,account,owner,amount\nA,Initech,dana,much\n")
    done = rapport("import", str(file))
    assert done.returncode == 1
    assert "line 2" in _one_line(done.stderr)
    missing = rapport("import", str(tmp_path / "nowhere.csv"))
    assert missing.returncode == 2
