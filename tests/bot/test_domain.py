"""What the embedded engine does not know in a Rasa file is named with its place, never skipped silently."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.dialogue.domain import Domain, load_domain
from bot.dialogue.rules import DomainError
from bot.settings import PROJECT

DOMAIN = """\
version: "3.1"
intents: [greet, {log: {use_entities: true}}]
entities: [account, {stage: {roles: [from, to]}}]
slots:
  deal_account:
    type: text
    mappings: [{type: from_entity, entity: account, intent: log}]
forms:
  deal_form: {required_slots: [deal_account], ignored_intents: greet}
responses:
  utter_hi: [{text: "Hi"}, {text: "Hello"}]
actions: [action_log]
"""
RULES = """\
version: "3.1"
rules:
- rule: greeting
  steps: [{intent: greet}, {action: utter_hi}]
- rule: open
  steps: [{intent: log}, {action: deal_form}, {active_loop: deal_form}]
- rule: submit
  condition: [{active_loop: deal_form}]
  steps: [{action: deal_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: action_log}]
- rule: stop
  condition: [{active_loop: deal_form}]
  steps: [{intent: greet}, {action: action_deactivate_loop}, {active_loop: null}]
"""


def _load(directory: Path, domain: str = DOMAIN, rules: str = RULES) -> Domain:
    (directory / "data").mkdir(exist_ok=True)
    (directory / "domain.yml").write_text(domain, encoding="utf-8")
    (directory / "data" / "rules.yml").write_text(rules, encoding="utf-8")
    return load_domain(directory / "domain.yml", directory / "data")


def test_what_a_domain_says_is_understood(tmp_path: Path) -> None:
    domain = _load(tmp_path)
    assert domain.intents == {"greet", "log"}
    assert domain.entities == {"account", "stage"}
    assert domain.responses["utter_hi"] == ("Hi", "Hello")
    assert domain.forms["deal_form"].ignored_intents == ["greet"]
    assert domain.slots["deal_account"].mappings[0].intent == ["log"]
    opening, submitting = domain.rule_for("log", form=None, slots={}), domain.submission_of("deal_form")
    assert opening is not None
    assert submitting is not None
    assert (opening.starts, submitting.actions) == ("deal_form", ("action_log",))


def test_a_rule_made_for_the_open_form_wins(tmp_path: Path) -> None:
    domain = _load(tmp_path)
    general, special = (domain.rule_for("greet", form=form, slots={}) for form in (None, "deal_form"))
    assert general is not None
    assert special is not None
    assert (general.name, special.name) == ("greeting", "stop")
    assert special.closes_form


@pytest.mark.parametrize(
    ("domain", "rules", "told"),
    [
        ("- a list", RULES, ["domain.yml", "not a mapping"]),
        ("a: [", RULES, ["domain.yml", "line 2"]),
        (DOMAIN.replace("from_entity", "from_dreams"), RULES, ["domain.yml", "deal_account", "type"]),
        (DOMAIN.replace("entity: account,", "entity: account, colour: red,"), RULES, ["domain.yml", "colour"]),
        (DOMAIN.replace("required_slots", "wanted_slots"), RULES, ["domain.yml", "deal_form", "required_slots"]),
        (DOMAIN, RULES.replace("{intent: greet}", "{checkpoint: x}", 1), ["rules.yml", "greeting", "checkpoint"]),
        (DOMAIN, "rules:\n- rule: [", ["rules.yml", "line"]),
        (
            DOMAIN,
            RULES.replace("steps: [{intent: greet}, {action: utter_hi}]", "steps: talk"),
            ["rules.yml", "greeting"],
        ),
        (DOMAIN, "rules: talk\n", ["rules.yml"]),
        (DOMAIN.replace('[{text: "Hi"}, {text: "Hello"}]', "Hi"), RULES, ["domain.yml", "utter_hi"]),
        (DOMAIN.replace("[deal_account], ignored", "[deal_colour], ignored"), RULES, ["domain.yml", "deal_colour"]),
    ],
)
def test_an_error_names_the_file_and_the_place(tmp_path: Path, domain: str, rules: str, told: list[str]) -> None:
    with pytest.raises(DomainError) as refusal:
        _load(tmp_path, domain, rules)
    for text in told:
        assert text in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match=r"nowhere\.yml"):
        load_domain(tmp_path / "nowhere.yml", tmp_path)


def test_the_projects_own_files_are_understood() -> None:
    domain = load_domain(PROJECT / "domain.yml", PROJECT / "nlu" / "data")
    assert len(domain.intents) > 40
    assert {rule.starts for rule in domain.rules} >= set(domain.forms)


def _keys_given_twice(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key.value, str)]
        yield from (key for key in set(keys) if keys.count(key) > 1)
        for _, value in node.value:
            yield from _keys_given_twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _keys_given_twice(value)


@pytest.mark.parametrize(
    "path",
    [PROJECT / "domain.yml", PROJECT / "config.yml", *sorted((PROJECT / "nlu" / "data").glob("rules*.yml"))],
    ids=str,
)
def test_no_key_is_given_twice_which_rasa_refuses_to_read(path: Path) -> None:
    assert list(_keys_given_twice(yaml.compose(path.read_text(encoding="utf-8")))) == []
