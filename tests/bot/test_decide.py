"""The rules of conversation hold for any sequence of messages, not only for those somebody thought of."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.decide import Ask, Call, Fallback, FillForm, Submit, decide, next_in_form, slots_said
from bot.dialogue.domain import Domain, load_domain
from bot.dialogue.state import DialogueState
from bot.settings import PROJECT
from nlu.parse import FALLBACK_INTENT, Entity, IntentScore, ParseResult

DOMAIN = load_domain(PROJECT / "domain.yml", PROJECT / "nlu" / "data")
FORM_SLOTS = [slot for form in DOMAIN.forms.values() for slot in form.required_slots]


def _said(intent: str, text: str = "words", **entities: str) -> ParseResult:
    return ParseResult(
        text=text,
        intent=IntentScore(name=intent, confidence=0.9),
        entities=tuple(
            Entity(entity=name, start=0, end=1, text=value, value=value, role=None, extractor="test")
            for name, value in entities.items()
        ),
    )


def _decide(state: DialogueState, parse: ParseResult, domain: Domain = DOMAIN) -> FillForm | Call | Fallback:
    return decide(domain, state, parse)


def _apply(state: DialogueState, parse: ParseResult) -> tuple[DialogueState, Ask | Submit | None]:
    """What the embedded engine does with a decision when every reader takes what was said."""
    decision = decide(DOMAIN, state, parse)
    match decision:
        case FillForm():
            if state.form != decision.form:
                prefix = DOMAIN.forms[decision.form].required_slots[0].split("_")[0] + "_"
                state = state.with_slots({slot: None for slot in DOMAIN.slots if slot.startswith(prefix)})
            state = state.in_form(decision.form).with_slots(decision.said)
            following = next_in_form(DOMAIN, decision.form, state.slots)
            if isinstance(following, Ask):
                return state.in_form(decision.form, following.slot), following
            return state.in_form(None), following
        case Call():
            state = state.in_form(None) if decision.closes_form else state
            return state.with_slots(decision.said), None
        case Fallback():
            return state, None


def test_a_request_opens_its_form_with_what_was_said() -> None:
    decision = _decide(DialogueState(), _said("log_deal", account="Initech", amount="40k"))
    assert decision == FillForm(form="log_deal_form", said={"deal_account": "Initech", "deal_amount": "40k"})


def test_a_value_goes_into_the_open_form() -> None:
    state = DialogueState().in_form("log_deal_form", "deal_amount")
    assert _decide(state, _said("inform", amount="60k")) == FillForm(form="log_deal_form", said={"deal_amount": "60k"})


def test_another_request_is_followed_in_the_middle_of_a_form_and_leaves_it_open() -> None:
    state = DialogueState().in_form("log_deal_form", "deal_amount")
    decision = _decide(state, _said("show_pipeline"))
    assert isinstance(decision, Call)
    assert decision.actions == ("action_show_pipeline",)
    assert not decision.closes_form


def test_what_no_rule_covers_is_a_fallback() -> None:
    decision = _decide(DialogueState(), _said("an_intent_nobody_wrote_a_rule_for"))
    assert decision == Fallback() or (isinstance(decision, Call) and decision.actions == ("action_fallback",))


def test_a_form_asks_in_its_order_and_then_submits() -> None:
    slots: dict[str, str | None] = {}
    asked = []
    while isinstance(following := next_in_form(DOMAIN, "log_deal_form", slots), Ask):
        asked.append(following.slot)
        slots[following.slot] = "x"
    assert asked == DOMAIN.forms["log_deal_form"].required_slots
    assert following.actions == ("action_log_deal",)


def test_every_form_has_something_to_do_when_it_is_complete() -> None:
    for form in DOMAIN.forms:
        assert DOMAIN.submission_of(form) is not None, form


def test_every_intent_has_a_rule_that_runs_something_known() -> None:
    for intent in sorted(DOMAIN.intents - {"out_of_scope"}):
        rule = DOMAIN.rule_for(intent, form=None, slots={})
        assert rule is not None, intent
        assert rule.starts in DOMAIN.forms or rule.actions, intent
        for action in rule.actions:
            assert action in DOMAIN.actions or action in DOMAIN.responses, (intent, action)


WORDS = st.text(max_size=12)
PARSES = st.builds(
    lambda intent, text, entities: _said(intent, text, **entities),
    st.sampled_from([*sorted(DOMAIN.intents), FALLBACK_INTENT, "never_heard_of"]),
    WORDS,
    st.dictionaries(st.sampled_from(sorted(DOMAIN.entities)), WORDS, max_size=4),
)


@settings(max_examples=300)
@given(st.lists(PARSES, max_size=15))
def test_any_sequence_of_messages_is_answered_and_no_form_asks_for_what_it_has(parses: list[ParseResult]) -> None:
    state = DialogueState()
    for parse in parses:
        state, following = _apply(state, parse)
        if isinstance(following, Ask):
            assert state.slots.get(following.slot) is None
            assert state.form == following.form
            assert state.requested_slot == following.slot
        if isinstance(following, Submit):
            assert state.form is None
        assert state.form is None or state.requested_slot in DOMAIN.forms[state.form].required_slots


@settings(max_examples=200)
@given(st.lists(PARSES, max_size=8))
def test_cancel_always_leaves_the_form(parses: list[ParseResult]) -> None:
    state = DialogueState()
    for parse in parses:
        state, _ = _apply(state, parse)
    state, following = _apply(state, _said("cancel", "cancel"))
    assert state.form is None
    assert following is None


@settings(max_examples=200)
@given(st.lists(PARSES, max_size=8), st.lists(WORDS, max_size=3))
def test_a_state_survives_its_json_form(parses: list[ParseResult], later: list[str]) -> None:
    state = DialogueState(later=tuple(later))
    for parse in parses:
        state, _ = _apply(state, parse)
    assert DialogueState.from_json(json.loads(json.dumps(state.to_json()))) == state


@given(PARSES)
def test_slots_are_filled_by_their_own_mappings_only(parse: ParseResult) -> None:
    said = slots_said(DOMAIN, DialogueState(), parse)
    values = {entity.value for entity in parse.entities} | {parse.text.strip()}
    assert set(said.values()) <= values


def test_an_empty_json_is_a_fresh_conversation() -> None:
    assert DialogueState.from_json({}) == DialogueState()


@pytest.mark.parametrize(("form", "slot"), [("gone_form", "x"), ("log_deal_form", "gone_slot")])
def test_a_form_another_version_had_is_closed(form: str, slot: str) -> None:
    assert DialogueState().in_form(form, slot).known_to(DOMAIN).form is None
    kept = DialogueState().in_form("log_deal_form", "deal_amount")
    assert kept.known_to(DOMAIN) == kept
