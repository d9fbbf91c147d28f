"""Which examples are one lesson."""

from __future__ import annotations

import pytest

from nlu.data_files.annotated_text import read_annotated_text
from nlu.frames import frame_of
from nlu.training_data import TrainingExample


def frame(marked: str) -> str:
    read = read_annotated_text(marked)
    return frame_of(TrainingExample(text=read.text, intent=None, entities=read.spans))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("we won [Acme](account)!", "we won [Zorblatt Industries](account)"),
        ("show me my order please", "Please show my order"),
        ("forecast for [Q1](date)", "forecast [next month](date)?"),
    ],
)
def test_names_values_fillers_order_and_case_make_no_other_lesson(one: str, other: str) -> None:
    assert frame(one) == frame(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("we won [Acme](account)", "we lost [Acme](account)"),
        ("[the app crashes](subject)", "[the printer is jammed](subject)"),
        ("could you", "can you do it"),
        ("👍", "👎"),
    ],
)
def test_other_words_do(one: str, other: str) -> None:
    assert frame(one) != frame(other)
