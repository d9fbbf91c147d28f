"""Labelled messages become training examples, in a file that only grows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.learned import LabelledMessage, add_to_file, as_annotated, as_examples, learned_examples
from nlu.training_data import TrainingDataError

NOW = datetime(2026, 11, 18, 15, tzinfo=UTC)


def test_placeholders_become_annotated_invented_names_and_values_are_annotated() -> None:
    message = LabelledMessage(text="move <account> of <contact> to 40k by Friday, mail <email>", intent="update_deal")
    [example] = as_examples([message], now=NOW)
    assert [span.entity for span in example.entities] == ["account", "contact", "amount", "date", "email"]
    assert "<" not in example.text
    assert example.text[slice(example.entities[2].start, example.entities[2].end)] == "40k"


def test_the_same_message_always_becomes_the_same_example() -> None:
    message = LabelledMessage(text="call <contact> at <phone>", intent="create_task")
    assert as_annotated(message, now=NOW) == as_annotated(message, now=NOW)


def test_messages_are_appended_once_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "learned" / "examples.yml"
    first = [
        LabelledMessage(text="hows business", intent="forecast"),
        LabelledMessage(text="Hows  Business", intent="forecast"),
        LabelledMessage(text="what about <account>", intent="show_record"),
    ]
    assert add_to_file(path, first, now=NOW) == 2
    by_hand = path.read_text(encoding="utf-8") + "      - what of [Zork](account)   # kept\n"
    path.write_text(by_hand, encoding="utf-8")
    assert add_to_file(path, [*first, LabelledMessage(text="tell me a joke", intent="out_of_scope")], now=NOW) == 1
    after = path.read_text(encoding="utf-8")
    assert after.startswith(by_hand)
    assert [example.intent for example in learned_examples(path)] == [
        "forecast",
        "show_record",
        "show_record",
        "out_of_scope",
    ]
    assert [file.name for file in path.parent.iterdir()] == ["examples.yml"]


def test_a_file_that_is_no_training_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "examples.yml"
    path.write_text("nlu:\n  - intent: x\n", encoding="utf-8")
    with pytest.raises(TrainingDataError):
        add_to_file(path, [LabelledMessage(text="hello", intent="greet")], now=NOW)
    assert path.read_text(encoding="utf-8") == "nlu:\n  - intent: x\n"


@given(text=st.text(max_size=80))
def test_any_text_is_read_back_as_it_was_written(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("learned") / "examples.yml"
    message = LabelledMessage(text=text, intent="greet")
    added = add_to_file(path, [message, LabelledMessage(text="hello there", intent="greet")], now=NOW)
    assert learned_examples(path)[:added] == as_examples(
        [message, LabelledMessage(text="hello there", intent="greet")][-added:], now=NOW
    )
    assert add_to_file(path, [message], now=NOW) == 0
