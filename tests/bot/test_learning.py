"""Labelled messages are learned from when that makes understanding no worse, and the running engine takes it up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.learning import Learned, learn_from_queue
from bot.model_watch import ModelWatch
from bot.settings import Settings
from crm_store.models import ReviewItem, ReviewReason, ReviewStatus
from crm_store.reviewing import count_by_status
from nlu.embedded import EmbeddedEngine
from nlu.engine_settings import EngineSettings
from nlu.entities.crf import CrfSettings
from nlu.model_store import ModelStore
from nlu.trainer import TrainerSettings, train
from nlu.values.reading import Reading
from tests.assistants import NOW, Rig

TRAINER = TrainerSettings(tagger=CrfSettings(iterations=10))
READING = Reading(now=NOW, zone=ZoneInfo("UTC"))
_OPENINGS = ("please", "could you", "I want to", "can we", "hey", "now", "quickly", "once more", "kindly", "let me")
_TOPICS = {
    "greet": ("say hello to everybody", "wish me good morning"),
    "forecast": ("predict the sales of spring", "guess how much revenue comes"),
    "show_tasks": ("list my chores", "read out today's work"),
}


def _nlu() -> str:
    lines = ["nlu:"]
    for intent, topics in _TOPICS.items():
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {opening} {topic}" for topic in topics for opening in _OPENINGS]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class School:
    """A small assistant that can be taught."""

    rig: Rig
    settings: Settings

    def label(self, label: str, *texts: str) -> None:
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            uow.session.add_all(
                ReviewItem(
                    text=text,
                    asked_by="rep",
                    reason=ReviewReason.FALLBACK,
                    confidence=0.5,
                    candidates=[],
                    at=NOW,
                    status=ReviewStatus.LABELLED,
                    label=label,
                    labelled_at=NOW,
                )
                for text in texts
            )
            uow.commit()

    def learn(self) -> Learned:
        return learn_from_queue(
            self.settings,
            self.rig.assistant.store,
            now=NOW,
            encoder=None,
            progress=lambda _what, _share: None,
            trainer=TRAINER,
        )

    def count(self, status: ReviewStatus) -> int:
        with self.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            return count_by_status(uow.session)[status]

    def engine(self) -> EmbeddedEngine:
        settings = EngineSettings(least_in_scope=0.0, least_confidence=0.0)
        return EmbeddedEngine(self.settings.model_dir, settings, encoder=None)


@pytest.fixture
def school(rig: Rig, tmp_path: Path) -> School:
    project = tmp_path / "project"
    data = project / "nlu" / "data"
    data.mkdir(parents=True)
    (data / "nlu.yml").write_text(_nlu(), encoding="utf-8")
    settings = replace(rig.assistant.settings, project=project)
    yesterday = NOW - timedelta(days=1)
    train(settings.data_dir, settings.model_dir, TRAINER, now=yesterday, encoder=None, learned=settings.learned_path)
    return School(rig, settings)


WEATHER = tuple(f"{opening} zorble the frumious weather" for opening in _OPENINGS)


def test_labelled_messages_are_learned_and_taken_up_while_running(school: School) -> None:
    engine = school.engine()
    watch = ModelWatch(engine, school.settings.model_dir)
    assert engine.parse("zorble the weather", reading=READING).intent.name != "show_weather"
    assert not watch.check()
    school.label("show_weather", *WEATHER)
    learned = school.learn()
    assert learned.comparison is not None
    assert learned.comparison.new_after > learned.comparison.new_before
    assert learned.manifest is not None
    assert (school.count(ReviewStatus.LABELLED), school.count(ReviewStatus.LEARNED)) == (0, len(WEATHER))
    assert watch.check()
    assert engine.parse("zorble the weather", reading=READING).intent.name == "show_weather"
    assert not watch.check()
    ModelStore(school.settings.model_dir).restore(ModelStore(school.settings.model_dir).previous())
    assert watch.check()
    assert engine.parse("zorble the weather", reading=READING).intent.name != "show_weather"


def test_what_makes_understanding_worse_is_not_learned(school: School) -> None:
    before = ModelStore(school.settings.model_dir).current()
    wrong = [f"{opening}, {topic}" for topic in _TOPICS["forecast"] for opening in _OPENINGS]
    school.label("greet", *wrong)
    learned = school.learn()
    assert learned.comparison is not None
    assert not learned.comparison.is_no_worse
    assert learned.manifest is None
    assert ModelStore(school.settings.model_dir).current() == before
    assert not school.settings.learned_path.exists()
    assert school.count(ReviewStatus.LABELLED) == len(wrong)


def test_what_is_known_already_is_not_learned_twice(school: School) -> None:
    school.label("greet", "hey say hello to everybody", "Hey  say hello to EVERYBODY")
    learned = school.learn()
    assert (learned.messages, learned.examples, learned.comparison) == (2, 0, None)
    assert school.count(ReviewStatus.LEARNED) == 2


def test_examples_of_a_training_that_failed_are_taken_back(school: School) -> None:
    school.label("show_weather", *WEATHER)
    blocked = replace(school.settings, home=school.settings.home / "elsewhere")
    blocked.home.mkdir()
    blocked.model_dir.write_text("in the way of the folder of models", encoding="utf-8")
    with pytest.raises(OSError, match="models"):
        replace(school, settings=blocked).learn()
    assert not blocked.learned_path.exists()
    assert school.count(ReviewStatus.LABELLED) == len(WEATHER)


def test_a_model_that_cannot_be_loaded_leaves_the_one_in_use(school: School) -> None:
    engine = school.engine()
    watch = ModelWatch(engine, school.settings.model_dir)
    school.label("show_weather", *WEATHER)
    manifest = school.learn().manifest
    assert manifest is not None
    (school.settings.model_dir / manifest.version / "vocabulary.json").write_text("{}", encoding="utf-8")
    assert not watch.check()
    assert engine.parse("list my chores", reading=READING).intent.name == "show_tasks"
