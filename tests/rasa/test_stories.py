"""The dialogue scripts as Rasa's own test stories: its policies predict what the rules say, in every one of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from actions.help_centre import HelpCentre
from bot.bootstrap import bootstrap
from bot.dialogue.domain import load_domain
from bot.dialogue.stories import hold, read_stories
from bot.embedded import Dialogue
from bot.opening import open_store
from bot.settings import PROJECT
from nlu.encoder import Encoder
from nlu.parse import Engine
from tests.assistants import DrivenClock, Rig, settings_at
from tests.bot.dialogue_scripts import load_scripts, run_script
from tests.rasa.conformance import run_rasa
from tests.rasa.stories import Step, StoryRecorder

WRITTEN = PROJECT / "artifacts" / "rasa" / "stories"


@pytest.fixture(scope="module")
def stories(
    tmp_path_factory: pytest.TempPathFactory,
    seeded_database: Path,
    trained_engine: Engine,
    encoder: Encoder | None,
    help_centre: HelpCentre,
) -> Path:
    """The directory with the stories of all scripts; kept for whoever wants to run ``rasa test`` by hand."""
    project = settings_at(PROJECT)
    recorder = StoryRecorder(Dialogue(load_domain(project.domain_path, project.data_dir)))
    written: list[Step] = []
    for script in load_scripts():
        home = tmp_path_factory.mktemp("script")
        shutil.copy(seeded_database, home / "rapport.db")
        clock = DrivenClock()
        assistant = bootstrap(
            settings_at(home),
            clock=clock,
            store=open_store(settings_at(home)),
            engine=trained_engine,
            dialogue=recorder,
            encoder=encoder,
            help_centre=help_centre,
        )
        try:
            run_script(script, Rig(assistant, clock))
        finally:
            assistant.close()
            shutil.rmtree(home)
        written += recorder.stories(script.name)
    WRITTEN.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"version": "3.1", "stories": written}, sort_keys=False, allow_unicode=True)
    (WRITTEN / "test_stories.yml").write_text(text, encoding="utf-8")
    return WRITTEN


def test_every_script_is_a_story_of_every_message_in_it(stories: Path) -> None:
    told = list(read_stories(stories))
    # A message without a word in it never gets as far as the rules.
    holding = {script.name for script in load_scripts() if any((line.say or "").strip() for line in script.lines)}
    assert {story.name.partition(" (")[0] for story in told} >= holding
    requests = sum(1 for story in told for step in story.steps if "intent" in step)
    assert (
        requests >= sum(1 for script in load_scripts() for line in script.lines if line.say and line.say.strip()) * 0.9
    )


def test_the_embedded_engine_holds_them_too(stories: Path) -> None:
    domain = load_domain(settings_at(PROJECT).domain_path, settings_at(PROJECT).data_dir)
    outcomes = {story.name: hold(story, domain) for story in read_stories(stories)}
    assert {name: each for name, each in outcomes.items() if each.verdict == "failed"} == {}


def test_rasas_policies_predict_every_action_of_every_story(
    stories: Path, conformance_model: Path, tmp_path: Path
) -> None:
    arguments = ["test", "core", "--model", str(conformance_model), "--stories", str(stories)]
    run_rasa([*arguments, "--out", str(tmp_path), "--fail-on-prediction-errors"], tmp_path)
    report = json.loads((tmp_path / "story_report.json").read_text())
    # Rasa leaves out stories that are the same to it, such as two deals logged with other names.
    told = {
        tuple(step.get("intent") or step.get("action") for step in story.steps if {"intent", "action"} & set(step))
        for story in read_stories(stories)
    }
    assert report["conversation_accuracy"]["correct"] == report["conversation_accuracy"]["total"]
    assert report["conversation_accuracy"]["total"] >= len(told) > 150
