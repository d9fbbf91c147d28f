"""A Rasa project of somebody else on the embedded engine: what rules and forms can do works as it stands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.cli.rasa_projects import try_project
from bot.dialogue.domain import Domain, load_domain
from bot.dialogue.rules import DomainError
from bot.dialogue.state import DialogueState
from bot.dialogue.stories import Story, hold, read_stories

PROJECT = Path(__file__).parent.parent / "data" / "rasa_project"
LEARNED = {"only a learned story knows", "switching while the form is open"}


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain(PROJECT / "domain.yml", PROJECT / "data")


@pytest.mark.parametrize("story", list(read_stories(PROJECT / "tests")), ids=lambda story: story.name)
def test_a_story_passes_unless_only_learned_stories_lead_there(domain: Domain, story: Story) -> None:
    outcome = hold(story, domain)
    assert outcome.verdict == ("needs stories" if story.name in LEARNED else "passed"), outcome


def test_an_alternative_in_a_rule_is_a_rule_of_its_own(domain: Domain) -> None:
    opening = [domain.rule_for(intent, form=None, slots={}) for intent in ("book_table", "repeat")]
    assert [rule and rule.starts for rule in opening] == ["booking_form"] * 2


def test_a_rule_for_when_no_form_is_open_does_not_apply_in_one(domain: Domain) -> None:
    assert domain.rule_for("repeat", form="booking_form", slots={}) is None


def test_a_rule_that_looks_back_applies_after_its_action_only(domain: Domain) -> None:
    assert domain.looks_back
    assert domain.rule_for("deny", form=None, slots={}) is None
    looking_back = domain.rule_for("deny", form=None, slots={}, last_action="action_offer_human")
    assert looking_back is not None
    assert looking_back.actions == ("utter_stay",)


def test_what_was_done_last_is_remembered_between_messages() -> None:
    state = DialogueState(last_action="action_offer_human")
    assert DialogueState.from_json(state.to_json()) == state


@pytest.mark.parametrize(
    ("story", "verdict", "at", "found"),
    [
        ([{"intent": "greet"}, {"action": "utter_hours"}], "failed", 2, "utter_greet"),
        ([{"intent": "greet"}, {"intent": "hours"}, {"action": "utter_hours"}], "failed", 2, "utter_greet"),
        ([{"intent": "hours"}], "failed", None, "utter_hours"),
        ([{"intent": "greet"}, {"action": "utter_greet"}, {"action": "action_more"}], "needs stories", 3, None),
        ([{"intent": "greet"}, {"checkpoint": "x"}], "needs stories", 2, None),
    ],
)
def test_a_story_that_goes_another_way_is_told_with_its_step(
    domain: Domain, story: list[dict[str, str]], verdict: str, at: int | None, found: str | None
) -> None:
    outcome = hold(Story(name="s", path="p", steps=tuple(story)), domain)
    assert (outcome.verdict, outcome.at, outcome.found) == (verdict, at, found)


def test_a_project_is_trained_on_and_its_stories_are_read_and_held() -> None:
    figures = try_project(PROJECT)
    assert figures["stories"] == {"passed": 5, "needs stories": 2, "failed": 0}
    assert {each["story"] for each in figures["not_passed"]} == LEARNED
    assert (figures["intents"], figures["messages"]) == (7, 8)
    # They are examples or close to it: at least nearly all of them are read right, with so few to learn from.
    assert len(figures["misread"]) <= 2, figures["misread"]


@pytest.mark.parametrize("broken", ["stories: [", "stories:\n- hello\n", "stories:\n- story: x\n  steps: [hello]\n"])
def test_stories_nobody_can_read_are_named_with_their_file(tmp_path: Path, broken: str) -> None:
    shutil.copytree(PROJECT / "tests", tmp_path / "tests")
    (tmp_path / "tests" / "test_stories.yml").write_text(broken, encoding="utf-8")
    with pytest.raises(DomainError, match=r"test_stories\.yml"):
        list(read_stories(tmp_path))
