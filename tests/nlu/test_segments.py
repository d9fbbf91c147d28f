"""Several requests in one message."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.parse import FALLBACK_INTENT, Entity, IntentScore, ParseResult
from nlu.segments import MOST_PARTS, split_requests

WORDS: Mapping[str, str] = {
    "log": "log_deal",
    "remind": "create_task",
    "pipeline": "show_pipeline",
    "call": "log_activity",
    "move": "move_deal",
    "hi": "greet",
    "thanks": "thank",
}


class FakeReader:
    """Understands a message by its first known word; marks what stands in ``entities`` when it is in the text."""

    def __init__(self, entities: Mapping[str, str] | None = None) -> None:
        self.entities = entities or {}

    def __call__(self, text: str) -> ParseResult:
        intents = [WORDS[word] for word in re.findall(r"\w+", text.lower()) if word in WORDS]
        intent = IntentScore(name=intents[0] if intents else FALLBACK_INTENT, confidence=0.9)
        found = tuple(
            Entity(entity=kind, start=text.index(words), end=text.index(words) + len(words), text=words, value=words)
            for words, kind in self.entities.items()
            if words in text
        )
        return ParseResult(text=text, intent=intent, ranking=(intent,), entities=found)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("log a deal", ("log a deal",)),
        ("log a deal and remind me Friday", ("log a deal", "remind me Friday")),
        ("log a deal, then remind me Friday", ("log a deal", "remind me Friday")),
        (
            "log a call with Jane and remind me Friday to send the quote. also what's my pipeline?",
            ("log a call with Jane", "remind me Friday to send the quote.", "what's my pipeline?"),
        ),
        ("log a deal\nmove it to proposal\npipeline", ("log a deal", "move it to proposal", "pipeline")),
        ("hi, log a deal. thanks!", ("hi, log a deal. thanks!",)),
        ("log a deal and something unclear", ("log a deal and something unclear",)),
        ("log a deal and log it well", ("log a deal and log it well",)),
    ],
)
def test_requests_are_cut_where_both_sides_stand_alone(text: str, parts: tuple[str, ...]) -> None:
    assert split_requests(text, FakeReader()) == parts


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("call with Jane, she said: log it and move it", "note", "she said: log it and move it"),
        ("log a deal with Move and Pipeline Ltd", "account", "Move and Pipeline Ltd"),
        ("remind me to call Jane and move the deal", "subject", "call Jane and move the deal"),
        ("log a deal of 1, pipeline", "amount", "1, pipeline"),
    ],
)
def test_what_belongs_together_is_never_cut(text: str, kind: str, words: str) -> None:
    whole = FakeReader({words: kind})
    assert split_requests(text, whole) == (text,)


def test_quoted_words_are_never_cut() -> None:
    text = 'log a deal called "remind me and move it"'
    assert split_requests(text, FakeReader()) == (text,)


def test_the_end_of_a_sentence_may_repeat_an_intent_about_something_else() -> None:
    reader = FakeReader({"Initech": "account", "Globex": "account"})
    text = "move Initech to proposal. move Globex to won"
    assert split_requests(text, reader) == ("move Initech to proposal.", "move Globex to won")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@given(st.lists(st.sampled_from([*WORDS, "and", "also", "then", "x", ".", ",", "\n", '"']), max_size=40))
def test_the_parts_hold_the_text_in_order_and_are_at_most_five(words: list[str]) -> None:
    text = " ".join(words)
    parts = split_requests(text, FakeReader())
    assert 1 <= len(parts) <= MOST_PARTS
    position = 0
    left_out = ""
    for part in parts:
        at = text.index(part, position)
        left_out += text[position:at]
        position = at + len(part)
    left_out += text[position:]
    assert set(_words(left_out)) <= {"and", "also", "then"}


@given(st.text(max_size=200))
def test_any_text_can_be_split(text: str) -> None:
    assert split_requests(text, FakeReader())
