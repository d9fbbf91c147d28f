"""Short answers to an open question become what they stand for; requests of their own stay requests."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.call import Command
from actions.pending import Pending
from actions.running import UNKNOWN
from bot.answers import as_answer
from bot.dialogue.domain import load_domain
from bot.dialogue.state import DialogueState
from bot.settings import PROJECT
from nlu.parse import FALLBACK_INTENT, Entity, IntentScore, ParseResult
from nlu.values import Reading
from tests.assistants import NOW

DOMAIN = load_domain(PROJECT / "domain.yml", PROJECT / "nlu" / "data")
READING = Reading(now=NOW, zone=ZoneInfo("America/New_York"), locale="en_US")
WHICH = Pending(
    resume=Command("move_deal", {"account": "Acme", "stage": "Won"}),
    fill="account",
    choices=(("Acme Corp · Boston", "account:3"), ("Acme Logistics", "account:4"), ("Zenith", "account:9")),
)
REASON = Pending(resume=Command("lose_deal", {"ref": "deal:1"}), fill="reason", free_text=True)


def _parse(text: str, intent: str = FALLBACK_INTENT, confidence: float = 0.4, **entities: str) -> ParseResult:
    found = tuple(
        Entity(entity=name, start=0, end=len(value), text=value, value=value, role=None, extractor="test")
        for name, value in entities.items()
    )
    return ParseResult(text=text, intent=IntentScore(name=intent, confidence=confidence), entities=found)


def _answer(
    text: str, parse: ParseResult, *, pending: Pending | None = None, slot: str | None = None
) -> Command | None:
    state = DialogueState().in_form("log_deal_form", slot) if slot else DialogueState()
    return as_answer(
        text, parse, pending=pending, domain=DOMAIN, state=state, reading=READING, interruption_threshold=0.6
    )


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Acme Logistics", "account:4"),
        ("acme logistics", "account:4"),
        ("Logistics", "account:4"),
        ("boston", "account:3"),
        ("the second one", "account:4"),
        ("2", "account:4"),
        ("the last one", "account:9"),
        ("first", "account:3"),
    ],
)
def test_a_choice_is_picked_by_its_name_a_part_of_it_or_its_place(text: str, chosen: str) -> None:
    assert _answer(text, _parse(text), pending=WHICH) == Command("move_deal", {"account": chosen, "stage": "Won"})


def test_what_fits_no_choice_is_no_answer() -> None:
    assert _answer("the seventh", _parse("the seventh"), pending=WHICH) is None
    assert _answer("Acme", _parse("Acme"), pending=WHICH) is None, "two of them are called that"


def test_another_name_is_tried_in_its_place() -> None:
    answer = _answer("no, Initech", _parse("no, Initech", "inform", 0.7, account="Initech"), pending=WHICH)
    assert answer == Command("move_deal", {"account": "Initech", "stage": "Won"})


def test_a_request_the_engine_is_sure_of_is_no_answer() -> None:
    assert (
        _answer("what's in my pipeline?", _parse("what's in my pipeline?", "show_pipeline", 0.97), pending=REASON)
        is None
    )


@pytest.mark.parametrize("intent", ["cancel", "help", "undo", "talk_to_human"])
def test_some_words_always_mean_themselves(intent: str) -> None:
    assert _answer(intent, _parse(intent, intent, 0.2), pending=REASON) is None


def test_free_text_is_taken_as_it_is() -> None:
    text = "they went with a cheaper one"
    assert _answer(text, _parse(text), pending=REASON) == Command("lose_deal", {"ref": "deal:1", "reason": text})


@pytest.mark.parametrize(
    ("slot", "text", "entity"),
    [
        ("deal_amount", "40k", "amount"),
        ("deal_amount", "-5", "amount"),
        ("deal_close_date", "end of March", "date"),
        ("deal_close_date", "Feb 30", "date"),
        ("deal_account", "Website redesign people", "account"),
    ],
)
def test_an_answer_to_a_forms_question_fills_its_slot(slot: str, text: str, entity: str) -> None:
    answer = _answer(text, _parse(text), slot=slot)
    assert answer is not None
    assert answer.intent == "inform"
    assert entity in answer.entities


@pytest.mark.parametrize("text", ["skip", "I don't know yet", "no idea", "TBD.", "n/a", "later"])
def test_not_knowing_is_an_answer_too(text: str) -> None:
    answer = _answer(text, _parse(text), slot="deal_amount")
    assert answer == Command("inform", {"amount": UNKNOWN})


def test_without_a_question_nothing_is_an_answer() -> None:
    assert _answer("40k", _parse("40k", "inform", 0.9, amount="40k")) is None


INTENTS = st.sampled_from([*sorted(DOMAIN.intents), FALLBACK_INTENT])
SLOTS = st.sampled_from([None, *(slot for form in DOMAIN.forms.values() for slot in form.required_slots)])


@given(st.text(max_size=60), INTENTS, st.floats(0, 1), st.sampled_from([None, WHICH, REASON]), SLOTS)
def test_any_text_is_an_answer_or_not_and_never_an_error(
    text: str, intent: str, confidence: float, pending: Pending | None, slot: str | None
) -> None:
    answer = _answer(text, _parse(text, intent, confidence), pending=pending, slot=slot)
    if answer is not None:
        assert Command.from_text(str(answer)) == answer
    if pending is None and slot is None:
        assert answer is None
