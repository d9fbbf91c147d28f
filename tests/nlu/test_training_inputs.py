"""Whether a model is up to date is seen from digests, without loading what trains."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nlu.trainer import TrainingReport, train
from nlu.training_inputs import inputs_digest, unchanged
from tests.nlu.test_embedded import NLU

NOW = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text(NLU, encoding="utf-8")
    return tmp_path


def trained(folder: Path) -> TrainingReport:
    return train(folder / "data", folder / "models", now=NOW, encoder=None, learned=folder / "learned.yml")


def inputs(folder: Path) -> str:
    return inputs_digest(folder / "data", folder / "learned.yml", encoder=False)


def test_a_trained_model_is_known_by_what_it_was_trained_on(folder: Path) -> None:
    assert unchanged(folder / "models", inputs(folder)) is None
    report = trained(folder)
    assert unchanged(folder / "models", inputs(folder)) == report.manifest


@pytest.mark.parametrize("name", ["data/nlu.yml", "data/more.yml", "learned.yml"])
def test_a_file_that_changed_or_came_is_noticed(folder: Path, name: str) -> None:
    trained(folder)
    before = inputs(folder)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("# a comment\n")
    assert inputs(folder) != before
    assert unchanged(folder / "models", inputs(folder)) is None


def test_training_that_only_a_comment_led_to_is_not_looked_at_twice(folder: Path) -> None:
    first = trained(folder)
    with (folder / "data" / "nlu.yml").open("a", encoding="utf-8") as file:
        file.write("# a comment\n")
    second = trained(folder)
    assert second.skipped
    assert second.directory == first.directory
    assert unchanged(folder / "models", inputs(folder)) == second.manifest


def test_a_model_without_the_encoder_is_not_the_one_with_it(folder: Path) -> None:
    trained(folder)
    assert unchanged(folder / "models", inputs_digest(folder / "data", folder / "learned.yml", encoder=True)) is None


def test_looking_loads_neither_spacy_nor_scikit_learn() -> None:
    code = "import sys; import nlu.training_inputs; print({'spacy', 'sklearn', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
