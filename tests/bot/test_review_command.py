"""`rapport review` and going back with `rapport train --restore`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from actions.review_queue import Cluster
from bot.cli import main
from bot.cli.reviewing import go_through
from bot.settings import Settings
from crm_store.models import ReviewItem, ReviewReason, ReviewStatus
from crm_store.reviewing import count_by_status, labelled_items
from crm_store.store import Store
from nlu.entities.crf import CrfSettings
from nlu.model_store import ModelStore
from nlu.trainer import TrainerSettings, train
from tests.assistants import NOW, settings_at
from tests.nlu.test_embedded import NLU


@pytest.fixture
def home(tmp_path: Path, seeded_database: Path) -> Path:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    return tmp_path


def rapport(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["rapport", "--home", str(home), *arguments])
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def keep(home: Path, *texts: str) -> list[int]:
    store = Store(settings_at(home).database_url)
    with store.unit_of_work(now=NOW) as uow:
        items = [_item(text) for text in texts]
        uow.session.add_all(items)
        uow.commit()
        numbers = [item.id for item in items]
    store.close()
    return numbers


def _item(text: str) -> ReviewItem:
    return ReviewItem(
        text=text,
        asked_by="rep",
        reason=ReviewReason.FALLBACK,
        confidence=0.5,
        candidates=[["forecast", 0.4], ["greet", 0.3]],
        at=NOW,
    )


def test_the_queue_is_shown_labelled_and_dismissed(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, three = keep(home, "how will we do", "how will we be doing", "xylophone")
    assert rapport(home, monkeypatch, "review", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert sorted(item["id"] for cluster in shown["clusters"] for item in cluster["items"]) == [one, two, three]
    assert shown["clusters"][0]["suggestions"] == ["forecast", "greet"]
    arguments = ("--label", f"{one},{two}=forecast", "--dismiss", str(three))
    assert rapport(home, monkeypatch, "review", *arguments) == 0
    assert "Labelled 2 of 2 as forecast." in capsys.readouterr().out
    assert rapport(home, monkeypatch, "review", "--list") == 0
    assert "0 messages wait for review, 2 labelled" in capsys.readouterr().out
    store = Store(settings_at(home).database_url)
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        assert [(item.id, item.label) for item in labelled_items(uow.session)] == [(one, "forecast"), (two, "forecast")]
        assert count_by_status(uow.session)[ReviewStatus.DISMISSED] == 1
    store.close()


@pytest.mark.parametrize("arguments", [("--label", "1=make_coffee"), ("--label", "one=greet"), ("--dismiss", "x")])
def test_a_label_that_is_no_intent_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str]
) -> None:
    assert rapport(home, monkeypatch, "review", *arguments) == 2


def test_training_without_labels_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rapport(home, monkeypatch, "review", "--train") == 0
    assert "No messages are labelled." in capsys.readouterr().out


def test_going_through_the_queue_asks_again_until_it_understands() -> None:
    clusters = [Cluster(items=(_item(text),), suggestions=("forecast", "greet")) for text in "abcdef"]
    answers = iter(["1", "make_coffee", "help", "d", "", "o", "q"])
    decided: list[tuple[str, str | None]] = []
    told: list[str] = []
    labelled = go_through(
        clusters,
        frozenset({"forecast", "greet", "help"}),
        ask=lambda _question: next(answers),
        tell=told.append,
        decide=lambda cluster, label: decided.append((cluster.items[0].text, label)),
    )
    assert decided == [("a", "forecast"), ("b", "help"), ("c", None), ("e", "out_of_scope")]
    assert labelled == 3
    assert any("make_coffee" in line for line in told)


def _train(settings: Settings, data: Path, text: str, day: int) -> str:
    (data / "nlu.yml").write_text(text, encoding="utf-8")
    trainer = TrainerSettings(tagger=CrfSettings(iterations=5))
    return train(data, settings.model_dir, trainer, now=NOW.replace(day=day), encoder=None).manifest.version


def test_models_are_listed_and_the_previous_one_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_at(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    versions = [_train(settings, data, NLU + f"    - word {day}\n", day) for day in (1, 2, 3)]
    assert rapport(tmp_path, monkeypatch, "train", "--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [versions[0], versions[1], "*"]
    assert rapport(tmp_path, monkeypatch, "train", "--restore") == 0
    assert ModelStore(settings.model_dir).current().name == versions[1]
    assert rapport(tmp_path, monkeypatch, "train", "--restore", versions[2]) == 0
    assert ModelStore(settings.model_dir).current().name == versions[2]
    assert rapport(tmp_path, monkeypatch, "train", "--restore", "19990101-000000-nothing") == 1
    assert rapport(tmp_path, monkeypatch, "train", versions[0]) == 2
    assert ModelStore(settings.model_dir).current().name == versions[2]


def test_a_model_that_cannot_be_used_is_not_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_at(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    old, new = (_train(settings, data, NLU + f"    - word {day}\n", day) for day in (1, 2))
    (settings.model_dir / old / "vocabulary.json").write_text("{}", encoding="utf-8")
    assert rapport(tmp_path, monkeypatch, "train", "--restore") == 1
    assert ModelStore(settings.model_dir).current().name == new
