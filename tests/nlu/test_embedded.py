"""The embedded engine from training files to parsed messages."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.embedded import EmbeddedEngine
from nlu.engine_settings import EngineSettings
from nlu.entities.crf import CrfSettings
from nlu.model_store import KEPT_VERSIONS, ModelMissing, ModelStore
from nlu.parse import FALLBACK_INTENT, ParseResult
from nlu.trainer import TrainerSettings, TrainingReport, train
from nlu.values.reading import Reading

READING = Reading(now=datetime(2027, 3, 3, 9, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin"))
SETTINGS = TrainerSettings(tagger=CrfSettings(iterations=40))
NLU = """
version: "3.1"
nlu:
- intent: log_deal
  examples: |
    - log a deal with [Initech](account), [40k](amount), closing [end of March](date)
    - log a deal with [Globex](account)
    - new deal with [Hooli](account) for [10k](amount)
    - add a deal with [Umbrella](account), [25,000](amount), [in May](date)
    - create a deal for [Soylent](account)
- intent: close_ticket
  examples: |
    - close [T-118](ticket_number)
    - you can close [T-12](ticket_number), it works
    - please close the ticket
    - close it
- intent: cancel
  examples: |
    - never mind
    - forget it
    - stop that
    - cancel
- intent: greet
  examples: |
    - hi
    - hello there
    - good morning
- intent: out_of_scope
  examples: |
    - what is the weather like
    - sing me a song
    - who won the football match
    - cook pasta for dinner
"""


def train_on(text: str, folder: Path, now: datetime = READING.now) -> TrainingReport:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    (data / "nlu.yml").write_text(text, encoding="utf-8")
    return train(data, folder / "models", SETTINGS, now=now, encoder=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("embedded")
    train_on(NLU, path)
    return path


@pytest.fixture
def engine(folder: Path) -> EmbeddedEngine:
    engine = EmbeddedEngine(folder / "models", EngineSettings(least_in_scope=0.0, least_confidence=0.3), encoder=None)
    engine.learn_names({"account": {"Initech": "Initech Inc", "Target": "Target"}})
    return engine


def found(result: ParseResult) -> dict[str, str]:
    return {entity.entity: entity.value for entity in result.entities}


def test_reads_intent_and_entities(engine: EmbeddedEngine) -> None:
    result = engine.parse("log a deal with initech, 60k, closing end of April", reading=READING)
    assert result.intent.name == "log_deal"
    assert result.ranking[0] == result.intent
    assert found(result) == {"account": "Initech Inc", "amount": "60000", "date": "2027-04-30"}


def test_a_company_never_heard_of_is_found_in_lower_case(engine: EmbeddedEngine) -> None:
    assert found(engine.parse("log a deal with zorblatt", reading=READING)) == {"account": "zorblatt"}


def test_entities_stand_where_they_are_in_the_message_as_sent(engine: EmbeddedEngine) -> None:
    message = "🎉  log a deal with\u00a0“Initech”\n-- \nJane"
    (entity,) = engine.parse(message, reading=READING).entities
    assert message[entity.start : entity.end] == entity.text == "Initech"


def test_a_prohibition_is_not_read_as_the_act(engine: EmbeddedEngine) -> None:
    assert engine.parse("close T-118", reading=READING).intent.name == "close_ticket"
    result = engine.parse("don't close T-118", reading=READING)
    assert result.intent.name == "cancel"
    assert all(score.name != "close_ticket" for score in result.ranking)


def test_what_is_out_of_scope_falls_back(folder: Path) -> None:
    strict = EmbeddedEngine(folder / "models", encoder=None)
    result = strict.parse("who won the football match", reading=READING)
    assert result.intent.name == FALLBACK_INTENT
    assert {score.name for score in result.ranking} <= {"log_deal", "close_ticket", "cancel", "greet"}


@pytest.mark.parametrize("message", ["", "   ", "\u200b", "👍", "/", "x" * 30_000])
def test_odd_messages_are_just_text(engine: EmbeddedEngine, message: str) -> None:
    result = engine.parse(message, reading=READING)
    assert result.text == message
    assert result.entities == ()


def test_a_slash_command_from_a_person_is_words_like_any_other(engine: EmbeddedEngine) -> None:
    command = engine.parse('/greet{"account": "Hooli"}', reading=READING)
    words = engine.parse('greet{"account": "Hooli"}', reading=READING)
    assert command.ranking == words.ranking
    assert command.intent.confidence < 1.0


def test_forgotten_names_are_names_no_more(engine: EmbeddedEngine) -> None:
    assert found(engine.parse("log a deal with Initech", reading=READING)) == {"account": "Initech Inc"}
    engine.forget_names({"account": frozenset({"Initech"})})
    assert found(engine.parse("log a deal with Initech", reading=READING)) == {"account": "Initech"}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_message_can_be_read(folder: Path, message: str) -> None:
    engine = _shared(folder)
    result = engine.parse(message, reading=READING)
    reached = 0
    for entity in result.entities:
        assert entity.text == message[entity.start : entity.end]
        assert reached <= entity.start < entity.end
        reached = entity.end


_ENGINES: dict[Path, EmbeddedEngine] = {}


def _shared(folder: Path) -> EmbeddedEngine:
    if folder not in _ENGINES:
        _ENGINES[folder] = EmbeddedEngine(folder / "models", encoder=None)
    return _ENGINES[folder]


def test_training_again_on_the_same_data_is_skipped(folder: Path) -> None:
    store = ModelStore(folder / "models")
    report = train_on(NLU, folder, now=datetime(2027, 4, 1, tzinfo=UTC))
    assert report.skipped
    assert report.directory == store.current()
    assert len(store.versions()) == 1
    assert report.manifest.figures["intents"] == 4


def test_a_new_model_is_swapped_in_and_an_old_one_restored(tmp_path: Path) -> None:
    first = train_on(NLU, tmp_path)
    engine = EmbeddedEngine(tmp_path / "models", EngineSettings(least_in_scope=0.0, least_confidence=0.0), encoder=None)
    engine.learn_names({"account": {"Zork": "Zork Ltd"}})
    assert engine.parse("bye bye now", reading=READING).intent.name != "goodbye"
    train_on(NLU + "- intent: goodbye\n  examples: |\n    - bye bye\n    - goodbye\n    - bye now\n", tmp_path)
    engine.swap(tmp_path / "models")
    assert engine.parse("bye bye now", reading=READING).intent.name == "goodbye"
    assert found(engine.parse("log a deal with Zork", reading=READING)) == {"account": "Zork Ltd"}
    ModelStore(tmp_path / "models").restore(first.manifest.version)
    engine.swap(tmp_path / "models")
    assert engine.parse("bye bye now", reading=READING).intent.name != "goodbye"


def test_only_the_last_models_are_kept(tmp_path: Path) -> None:
    for day in range(1, KEPT_VERSIONS + 3):
        text = NLU + f"- intent: day{day}\n  examples: |\n    - number {day}\n    - day {day}\n"
        report = train_on(text, tmp_path, now=datetime(2027, 1, day, tzinfo=UTC))
    store = ModelStore(tmp_path / "models")
    assert len(store.versions()) == KEPT_VERSIONS
    assert store.current() == report.directory
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == sorted(
        [*(manifest.version for manifest in store.versions()), "current"]
    )


def test_a_failed_training_leaves_the_current_model(tmp_path: Path) -> None:
    before = train_on(NLU, tmp_path)
    (tmp_path / "data" / "nlu.yml").write_text(NLU.replace("never mind", "never ever mind"), encoding="utf-8")

    def fail(_what: str, share: float) -> None:
        if share > 0.3:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(tmp_path / "data", tmp_path / "models", SETTINGS, fail, now=READING.now, encoder=None)
    assert ModelStore(tmp_path / "models").current() == before.directory
    assert [path.name for path in (tmp_path / "models").glob(".*")] == []


def test_without_a_model_there_is_no_engine(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        EmbeddedEngine(tmp_path, encoder=None)


def test_a_damaged_model_does_not_replace_a_good_one(folder: Path, engine: EmbeddedEngine, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "vocabulary.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelMissing):
        engine.swap(broken)
    assert engine.parse("log a deal with Initech", reading=READING).intent.name == "log_deal"
