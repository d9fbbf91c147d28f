"""A skill is complete: declared, ruled, exemplified, handled, scripted, worded. Names the edit that was forgotten."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from actions.registry import all_skills, skill_for, slot_readers
from actions.words import Words
from bot.dialogue.domain import Domain, load_domain
from bot.dialogue.holding import ask_response
from bot.settings import PROJECT
from nlu.data_files.loading import load_training_data
from nlu.training_data import TrainingData
from tests.bot.dialogue_scripts import load_scripts

LEAST_EXAMPLES = 40
_RESPONSE = re.compile(r"[\"'](utter_[a-z0-9_]+)[\"']")
_LABEL = re.compile(r"\.label\(\"([a-z0-9_]+)\"\)")


@cache
def domain() -> Domain:
    return load_domain(PROJECT / "domain.yml", PROJECT / "nlu" / "data")


@cache
def training_data() -> TrainingData:
    return load_training_data(PROJECT / "nlu" / "data")


@cache
def scripted_actions() -> frozenset[str]:
    return frozenset(line.action for script in load_scripts() for line in script.lines if line.action is not None)


def sources() -> list[Path]:
    return [path for package in ("actions", "bot") for path in sorted((PROJECT / package).rglob("*.py"))]


@pytest.mark.parametrize("intent", sorted(domain().intents))
def test_intent_starts_a_rule(intent: str) -> None:
    assert any(rule.intent == intent for rule in domain().rules), f"add a rule for {intent} to nlu/data"


@pytest.mark.parametrize("intent", sorted(domain().intents))
def test_intent_has_examples(intent: str) -> None:
    count = sum(1 for example in training_data().examples if example.intent == intent)
    assert count >= LEAST_EXAMPLES, f"add examples for {intent} to nlu/data: it has {count} of {LEAST_EXAMPLES}"


def test_examples_use_declared_intents_and_entities_only() -> None:
    examples = training_data().examples
    assert {e.intent for e in examples if e.intent} <= domain().intents
    assert {span.entity for e in examples for span in e.entities} <= domain().entities


def form_actions() -> frozenset[str]:
    """The actions Rasa calls while a form is open; one adapter serves them all."""
    forms = domain().forms.items()
    asking = {f"action_ask_{name}_{slot}" for name, form in forms for slot in form.required_slots}
    return frozenset(asking) | frozenset(f"validate_{name}" for name, _ in forms)


def test_every_form_validates_and_asks_in_rasa_too() -> None:
    assert form_actions() <= domain().actions, "add the form's validate_ and action_ask_ actions to domain.yml"


@pytest.mark.parametrize("action", sorted(domain().actions - form_actions()))
def test_action_has_a_handler(action: str) -> None:
    assert action in all_skills(), f"add a handler for {action} to actions/skills"


@pytest.mark.parametrize("action", sorted(all_skills()))
def test_handler_is_declared(action: str) -> None:
    assert action in domain().actions, f"add {action} to the actions of domain.yml"


@pytest.mark.parametrize("action", sorted(all_skills()))
def test_action_is_in_a_dialogue_script(action: str) -> None:
    assert action in scripted_actions(), f"add a dialogue with `action: {action}` to tests/dialogues"


@pytest.mark.parametrize("form", sorted(domain().forms))
def test_form_can_ask_and_submit(form: str) -> None:
    words = Words(domain().responses)
    for slot in domain().forms[form].required_slots:
        assert words.has(ask_response(form, slot)), f"add the response {ask_response(form, slot)}"
        assert slot in slot_readers(), f"add a @reads_slot({slot!r}) to actions/skills"
    assert domain().submission_of(form) is not None, f"add the rule that submits {form}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_sentences_and_labels_used_are_in_the_domain(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    words = Words(domain().responses)
    used = set(_RESPONSE.findall(text)) | {f"utter_label_{name}" for name in _LABEL.findall(text)}
    # Names completed at run time end in an underscore or are prefixes of several responses.
    missing = {n for n in used if not words.has(n) and not any(r.startswith(n) for r in domain().responses)}
    assert not missing, f"add to the responses of domain.yml: {sorted(missing)}"


def test_what_an_action_means_for_others_is_for_them() -> None:
    for declared in all_skills().values():
        for audience in declared.instead:
            assert audience not in declared.audience, f"{declared.action} is for {audience} as it is"
            assert skill_for(declared.action, audience) is not None, f"{declared.action}: {audience} would be refused"
