"""`rapport rules`: written from YAML, listed, shown, turned on and off, and previewed."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
import yaml

from bot.cli.app import app
from bot.cli.failing import run


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class CommandHere:
    """`rapport` on a data directory of its own, within this process: starting one for each command takes seconds."""

    home: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, lines: str = "") -> Done:
        self.monkeypatch.setattr("sys.argv", ["rapport", "--home", str(self.home), *arguments])
        self.monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        code = run(app)
        said = self.capsys.readouterr()
        return Done(code, said.out, said.err)


RULE = """
name: Call who said no
when: {event: time_passed, record: deal, field: closed_at, days: 90}
if: [{field: stage.type, value: lost}]
then: [{do: create_task, who: owner, subject: "Call {account} again", in_days: 0}]
"""


@pytest.fixture
def rules(
    tmp_path: Path, seeded_database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CommandHere]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    yield CommandHere(tmp_path, monkeypatch, capsys)
    structlog.reset_defaults()  # the command logs to what is standard error during the test


def test_a_rule_is_added_shown_previewed_and_switched(rules: CommandHere) -> None:
    added = rules("rules", "add", "-", "--as", "morgan", lines=RULE)
    assert added.returncode == 0, added.stderr
    number, _, rest = added.stdout.partition(":")
    assert rest.strip() == "Call who said no (off)"
    shown = yaml.safe_load(rules("rules", "show", number).stdout)
    written = yaml.safe_load(RULE)
    assert shown["when"] == written["when"]
    assert shown["then"][0]["subject"] == "Call {account} again"
    assert rules("rules", "on", number).returncode == 0
    listed = next(line for line in rules("rules", "list").stdout.splitlines() if "Call who said no" in line)
    assert listed.split()[:2] == [number, "on"]
    assert "morgan" in listed
    assert rules("rules", "off", number).returncode == 0
    listed = next(line for line in rules("rules", "list").stdout.splitlines() if "Call who said no" in line)
    assert listed.split()[1] == "off"
    previewed = rules("rules", "preview", number, "--since", "2026-10-01", "--until", "2026-10-31")
    *rows, last = previewed.stdout.splitlines()
    count = sum(line.startswith("2026-10-") for line in rows)
    assert count > 0
    assert last == f"would have acted {count} times from 2026-10-01 to 2026-10-31"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("name: [", "while parsing"),
        ("name: Nothing\nwhen: {event: full_moon}\nthen: []", "full_moon"),
        (RULE.replace("create_task", "dance"), "dance"),
        (RULE.strip() + "\nunless: x", "unless"),
    ],
)
def test_a_file_that_holds_no_rule_is_refused_in_one_line_and_nothing_is_kept(
    rules: CommandHere, lines: str, said: str
) -> None:
    refused = rules("rules", "add", "-", lines=lines)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "Traceback" not in refused.stderr


def test_one_bad_rule_of_a_file_keeps_the_others_out(rules: CommandHere) -> None:
    both = yaml.safe_dump([yaml.safe_load(RULE), {"name": "Bad"}])
    assert rules("rules", "add", "-", lines=both).returncode != 0
    assert "Call who said no" not in rules("rules", "list").stdout


def test_a_number_nobody_has_and_a_person_who_may_not_are_said(rules: CommandHere) -> None:
    assert "999" in rules("rules", "on", "999").stderr
    refused = rules("rules", "add", "-", "--as", "dana", lines=RULE)
    assert refused.returncode != 0
    assert "dana" in refused.stderr
