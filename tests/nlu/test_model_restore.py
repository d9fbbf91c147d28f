"""Going back to an earlier model, and staying there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nlu.embedded import EmbeddedEngine
from nlu.engine_settings import EngineSettings
from nlu.entities.crf import CrfSettings
from nlu.learned import LabelledMessage, add_to_file
from nlu.model_store import ModelStore
from nlu.trainer import TrainerSettings, TrainingReport, train
from tests.nlu.test_embedded import NLU, READING

SETTINGS = TrainerSettings(tagger=CrfSettings(iterations=20))


def train_at(folder: Path, day: int) -> TrainingReport:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    (data / "nlu.yml").write_text(NLU, encoding="utf-8")
    now = datetime(2027, 3, day, tzinfo=UTC)
    return train(data, folder / "models", SETTINGS, now=now, encoder=None, learned=folder / "learned.yml")


def learn(folder: Path, text: str, intent: str, day: int) -> None:
    now = datetime(2027, 3, day, tzinfo=UTC)
    add_to_file(folder / "learned.yml", [LabelledMessage(text=text, intent=intent)], now=now)


def test_what_was_learned_from_use_is_trained_beside_the_data(tmp_path: Path) -> None:
    before = train_at(tmp_path, 1)
    learn(tmp_path, "abracadabra sesame", "close_ticket", 2)
    after = train_at(tmp_path, 2)
    assert after.manifest.figures["examples"] == before.manifest.figures["examples"] + 1
    engine = EmbeddedEngine(tmp_path / "models", EngineSettings(least_in_scope=0.0, least_confidence=0.0), encoder=None)
    assert engine.parse("abracadabra sesame", reading=READING).intent.name == "close_ticket"


def test_a_restored_model_stays_until_there_is_something_new_to_learn(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    first = train_at(tmp_path, 1)
    learn(tmp_path, "abracadabra sesame", "close_ticket", 2)
    second = train_at(tmp_path, 2)
    assert store.current() == second.directory
    store.restore(first.manifest.version)
    again = train_at(tmp_path, 3)
    assert (again.skipped, again.restored) == (True, True)
    assert store.current() == first.directory
    learn(tmp_path, "hocus pocus", "greet", 4)
    third = train_at(tmp_path, 4)
    assert not third.skipped
    assert store.current() == third.directory


def test_a_model_that_was_turned_away_can_be_restored_itself(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    first = train_at(tmp_path, 1)
    learn(tmp_path, "abracadabra sesame", "close_ticket", 2)
    second = train_at(tmp_path, 2)
    store.restore(first.manifest.version)
    store.restore(second.manifest.version)
    again = train_at(tmp_path, 3)
    assert (again.skipped, again.restored) == (True, False)
    assert store.turned_away() == {first.manifest.fingerprint}
