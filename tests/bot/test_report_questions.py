"""Two hundred questions typed to the whole assistant: how many are read as meant, and whether answers say how."""

from __future__ import annotations

from collections.abc import Callable

from bench.report_questions import ask_all, load_questions, summary
from bot.settings import load_settings
from nlu.parse import Engine
from tests.assistants import Rig

_MOST_WRONG = {"open": 8, "held_back": 30}
"""A little more than was measured (docs/reports.md): another training shifts a question or two."""


def test_questions_are_read_about_as_well_as_is_written_and_hardly_one_is_answered_silently(
    make_rig: Callable[..., Rig], trained_engine: Engine
) -> None:
    questions = load_questions()
    rig = make_rig(trained_engine, config=load_settings().config)

    counted = summary(ask_all(rig.assistant, questions))

    assert len(questions) == 200
    for half, most in _MOST_WRONG.items():
        counts = counted[half]
        assert sum(counts.values()) == 100
        assert 100 - counts["right"] <= most, counted
        assert counts["silent"] <= 1, counted
