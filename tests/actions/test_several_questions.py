"""Several questions about figures in one message: each has its own time, and what is said once holds for both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.asking.errors import CannotRead
from actions.asking.grammar import read_question
from actions.asking.several import read_apart
from crm_store.store import Store
from tests.actions.test_asking import NOW, Desk
from tests.assistants import Rig


@pytest.fixture(scope="module")
def desk(seeded_database: Path) -> Iterator[Desk]:
    store = Store(f"sqlite:///{seeded_database}")
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        yield Desk(uow.session)
    store.close()


Q3, Q4 = "2026-07-01..2026-09-30", "2026-10-01..2026-12-31"
OCTOBER, NOVEMBER = "2026-10-01..2026-10-31", "2026-11-01..2026-11-30"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("won deals this quarter and lost deals last quarter", [f"count won | {Q4}", f"count lost | {Q3}"]),
        (
            "how many deals did we win in october and how many did we lose in november",
            [f"count won | {OCTOBER}", f"count lost | {NOVEMBER}"],
        ),
        ("revenue in q3 plus win rate in q4 by rep", [f"amount won | {Q3} | by rep", f"win_rate | {Q4} | by rep"]),
        (
            "dana's wins this quarter and riley's losses last quarter",
            [f"count won | owner=dana | {Q4}", f"count lost | owner=riley | {Q3}"],
        ),
        ("emea wins in q3 & losses in q4", [f"count won | region=EMEA | {Q3}", f"count lost | region=EMEA | {Q4}"]),
        ("tickets and orders this month", [f"tickets | {NOVEMBER}", f"orders | {NOVEMBER}"]),
        (
            "revenue in october, calls in november as csv",
            [f"amount won | {OCTOBER} | csv", f"activities | kind=call | {NOVEMBER} | csv"],
        ),
    ],
)
def test_questions_of_several_times_or_records_are_read_apart(desk: Desk, said: str, meant: list[str]) -> None:
    question = desk.question(said)

    assert [desk.written(each.to_text()) for each in read_apart(question)] == meant
    with pytest.raises(CannotRead):
        read_question(question)


@pytest.mark.parametrize(
    "said",
    [
        "revenue in october and november",
        "wins and losses this quarter",
        "revenue and win rate by rep for q3",
        "revenue q2 vs q3",
        "deals created in september and won in october",
        "orders and order value by region",
    ],
)
def test_one_question_stays_one(desk: Desk, said: str) -> None:
    assert read_apart(desk.question(said)) == ()


def test_both_answers_are_shown_each_with_its_time(rig: Rig) -> None:
    words = "won deals this quarter and lost deals last quarter"

    text = rig.speaker("morgan").say(f"/show_results{json.dumps({'words': words})}").text

    assert "Won deals, Won revenue · Morgan Ellis's team · Q4 2026" in text
    assert "Lost deals, Value of lost deals · Morgan Ellis's team · Q3 2026" in text


def test_a_colleague_who_is_compared_has_a_line_without_records_too(rig: Rig) -> None:
    words = "compare emails of dana with sam this quarter"

    text = rig.speaker("alex").say(f"/ask_report{json.dumps({'words': words})}").text

    assert "Dana Whitfield" in text
    assert [line.split()[-1] for line in text.splitlines() if line.startswith("Sam Okafor")] == ["0"]
