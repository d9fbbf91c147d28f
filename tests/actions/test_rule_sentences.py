"""Rules as people say them, none of which is among the training examples."""

from __future__ import annotations

from typing import Any

import pytest

from actions.rule_changes_said import change_said
from actions.rule_sentences import read_rule_sentence
from crm_store.automation.definition import RuleInvalid, read_rule
from crm_store.automation.rules import ready_rules

STAGES = frozenset({"lead", "qualified", "proposal", "negotiation", "won", "lost", "verbal yes"})
PEOPLE = {"riley": "riley", "me": "morgan", "my manager": "alex", "dana": "dana"}
OWNER = {"do": "notify", "who": "owner"}
ME = {"do": "notify", "who": "me"}


def stage(name: str) -> dict[str, Any]:
    return {"event": "stage_entered", "stage": name}


def passed(record: str, field: str, days: int) -> dict[str, Any]:
    return {"event": "time_passed", "record": record, "field": field, "days": days}


def cond(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "is": op} | ({} if value is None else {"value": value})


SENTENCES: list[tuple[str, dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("When any deal reaches Verbal yes, tell me", stage("Verbal yes"), [], [ME]),
    ("ping me if a deal goes back to qualified", stage("Qualified"), [], [ME]),
    ("whenever we win a deal worth at least €250k alert the team", stage("won"), [cond("amount", "at least", 250_000)],
     [{"do": "notify", "who": "team"}]),
    ("if a deal under 5000 is lost, notify the owner", stage("lost"), [cond("amount", "below", 5000)], [OWNER]),
    ("when a deal is lost, create a task for Riley to win it back in 6 months", stage("lost"), [],
     [{"do": "create_task", "who": "riley", "subject": "Win {record} back", "in_days": 180}]),
    ("when a deal is won create a task to send the invoice tomorrow and tell the team", stage("won"), [],
     [{"do": "create_task", "who": "owner", "subject": "Send the invoice: {record}", "in_days": 1},
      {"do": "notify", "who": "team"}]),
    ("when a new account is added, give it to dana", {"event": "created", "record": "account"}, [],
     [{"do": "assign", "who": "dana"}]),
    ("when an order is placed tell the owner", {"event": "created", "record": "order"}, [], [OWNER]),
    ("if the close date of a deal changes let me know", {"event": "changed", "record": "deal", "field": "close_date"},
     [], [ME]),
    ("notify me when the owner of an account is changed", {"event": "changed", "record": "account", "field": "owner"},
     [], [ME]),
    ("if nothing has happened on a deal for 45 days tell the owner's manager", passed("deal", "last_activity_at", 45),
     [], [{"do": "notify", "who": "manager"}]),
    ("if a deal is stuck in negotiation for three weeks tell me", passed("deal", "stage_since", 21),
     [cond("stage", "equal to", "Negotiation")], [ME]),
    ("14 days before the close date, remind the owner to check the budget", passed("deal", "close_date", -14), [],
     [{"do": "create_task", "who": "owner", "subject": "Check the budget: {record}", "in_days": 1}]),
    ("two months after a deal was won create a task to ask for a reference", passed("deal", "closed_at", 60),
     [cond("stage.type", "equal to", "won")],
     [{"do": "create_task", "who": "owner", "subject": "Ask for a reference: {record}", "in_days": 1}]),
    ("when an invoice is a week overdue notify the account owner", passed("invoice", "due_on", 7), [], [OWNER]),
    ("if the churn risk of a customer exceeds 60% tell the owner", {"event": "score_crossed", "score": "churn",
     "above": 0.6}, [], [OWNER]),
    ("when a high priority ticket is opened message support", {"event": "ticket", "what": "opened"},
     [cond("priority", "equal to", "high")], [{"do": "notify", "who": "support"}]),
    ("when a ticket is reopened mark it as urgent", {"event": "ticket", "what": "reopened"}, [],
     [{"do": "set_field", "field": "priority", "value": "urgent"}]),
    ("once a ticket is closed email the customer: How did we do?", {"event": "ticket", "what": "closed"}, [],
     [{"do": "send_email", "to": "contact", "subject": "How did we do?", "text": "How did we do?"}]),
    ("when a deal is won call https://hooks.example.com/a?b=1", stage("won"), [],
     [{"do": "call_webhook", "url": "https://hooks.example.com/a?b=1"}]),
    ("if a deal over 300k enters proposal ask my manager for approval to move it to negotiation", stage("Proposal"),
     [cond("amount", "above", 300_000)],
     [{"do": "start_approval", "who": "alex", "field": "stage", "value": "negotiation"}]),
    ("when a deal enters negotiation set its next step to agree the discount", stage("Negotiation"), [],
     [{"do": "set_field", "field": "next_step", "value": "agree the discount"}]),
    ("when a deal without a close date enters proposal tell its owner", stage("Proposal"),
     [cond("close_date", "empty")], [OWNER]),
    ("when one of Riley's deals is lost tell me", stage("lost"), [cond("owner", "equal to", "riley")], [ME]),
    ("tell me when a deal owned by dana is won", stage("won"), [cond("owner", "equal to", "dana")], [ME]),
    ("notify me about every lost deal above 30k", stage("lost"), [cond("amount", "above", 30_000)], [ME]),
    ("ping me when riley wins something", stage("won"), [cond("owner", "equal to", "riley")], [ME]),
    ("let me know whenever a deal slips its close date", {"event": "changed", "record": "deal", "field": "close_date"},
     [], [ME]),
    ("if a deal sits in proposal for 10 days w/o activity tell me", passed("deal", "last_activity_at", 10),
     [cond("stage", "equal to", "Proposal")], [ME]),
    ('when stage becomes negotiation create task "legal review" for owner in 2 days', stage("Negotiation"), [],
     [{"do": "create_task", "who": "owner", "subject": "Legal review: {record}", "in_days": 2}]),
    ("when a deal > 250k enters negotiation tell me", stage("Negotiation"), [cond("amount", "above", 250_000)], [ME]),
    ("tell me that we did it when a deal is won", stage("won"), [], [ME | {"text": "we did it"}]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "when", "conditions", "actions"), SENTENCES, ids=[each[0] for each in SENTENCES])
def test_a_rule_is_read_as_it_was_meant(
    said: str, when: dict[str, Any], conditions: list[dict[str, Any]], actions: list[dict[str, Any]]
) -> None:
    read = read_rule_sentence(said, person=lambda name: PEOPLE.get(name.casefold()), stages=STAGES)
    assert (read.when, list(read.conditions), list(read.actions)) == (when, conditions, actions)
    read_rule({"name": "x", "when": read.when, "if": list(read.conditions), "then": list(read.actions)})


@pytest.mark.parametrize(
    "said",
    [
        "when a deal loses half its value tell me",
        "when a deal enters the moon tell me",
        "when the weather is nice call Jane",
        "rule",
        "",
    ],
)
def test_what_cannot_be_read_is_not_guessed(said: str) -> None:
    read = read_rule_sentence(said, person=PEOPLE.get, stages=STAGES)
    assert read.when is None


@pytest.mark.parametrize(
    ("said", "unread"),
    [
        ("when a new ticket from an enterprise customer comes in notify me", ("enterprise",)),
        ("when the amount of a deal changes by more than 20% tell me", ("by more than 20%",)),
        ("tell me when a healthcare deal is lost", ("healthcare",)),
        ("when a deal is lost tell me", ()),
    ],
)
def test_what_is_in_no_part_of_the_rule_is_named(said: str, unread: tuple[str, ...]) -> None:
    assert read_rule_sentence(said, person=PEOPLE.get, stages=STAGES).unread == unread


@pytest.mark.parametrize(
    ("said", "when", "conditions"),
    [
        ("change rule 2 to 75k", stage("won"), [cond("amount", "above", 75_000)]),
        ("make rule 2 apply to deals under 20k", stage("won"), [cond("amount", "below", 20_000)]),
        ("set rule 2 to 10 days", passed("deal", "close_date", -10), []),
        ("lower rule 2 to 60%", {"event": "score_crossed", "score": "churn", "above": 0.6}, []),
    ],
)
def test_a_rule_is_changed_in_words(said: str, when: dict[str, Any], conditions: list[dict[str, Any]]) -> None:
    before = dict(when) | ({"days": -3} if "days" in when else {}) | ({"above": 0.9} if "above" in when else {})
    rule = read_rule(
        {"name": "x", "when": before, "if": [cond("amount", "above", 1)] if conditions else [], "then": [ME]}
    )
    changed = change_said(rule, said)
    assert changed is not None
    data = changed.to_json()
    assert (data["when"], data.get("if", [])) == (when, conditions)


def test_a_rule_is_renamed_and_what_cannot_be_changed_is_not() -> None:
    rule = read_rule({"name": "x", "when": stage("won"), "if": [], "then": [ME]})
    renamed = change_said(rule, "rename rule 2 to Big wins")
    assert renamed is not None
    assert renamed.name == "Big wins"
    assert change_said(rule, "change rule 2 so that it sings") is None


def test_an_action_nobody_knows_is_not_left_out() -> None:
    said = "when a deal is won tell me and bake a cake for everyone"
    assert read_rule_sentence(said, person=PEOPLE.get, stages=STAGES).actions == ()


def test_the_ready_rules_are_ten_and_can_be_read() -> None:
    assert len(ready_rules()) == 10


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"when": {"event": "stage_entered"}}, "stage"),
        ({"when": {"event": "created", "record": "moon"}}, "no rules about"),
        ({"when": {"event": "time_passed", "record": "deal", "field": "name", "days": 1}}, "no date"),
        ({"if": [{"field": "colour", "value": "red"}]}, "no 'colour'"),
        ({"then": []}, "then"),
        ({"then": [{"do": "set_field", "field": "closed_at", "value": "x"}]}, "cannot be set"),
        ({"then": [{"do": "call_webhook", "url": "file:///etc/passwd"}]}, "url"),
        ({"then": [{"do": "call_webhook", "url": "https://user:pass@example.com/"}]}, "url"),
        ({"whatever": 1}, "whatever"),
    ],
)
def test_what_makes_no_rule_says_why(part: dict[str, Any], why: str) -> None:
    whole = {"name": "x", "when": {"event": "stage_entered", "stage": "won"}, "then": [{"do": "notify"}]} | part
    with pytest.raises(RuleInvalid, match=why):
        read_rule(whole)
