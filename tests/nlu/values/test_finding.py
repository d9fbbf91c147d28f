from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nlu.values import Reading, find_values

HERE = Reading(now=datetime(2027, 3, 10, 10, 30, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin"))


def found(text: str) -> list[tuple[str, str, str]]:
    return [(value.kind, value.text, value.canonical) for value in find_values(text, HERE)]


@pytest.mark.parametrize(
    ("message", "values"),
    [
        (
            "log a deal with Initech, 40k, closing end of March",
            [("money", "40k", "40000"), ("date", "end of March", "2027-03-31")],
        ),
        (
            "set Initech to €60k, 40% sure, next step Friday",
            [("money", "€60k", "60000 EUR"), ("percent", "40%", "40%"), ("date", "Friday", "2027-03-12")],
        ),
        (
            "call +44 20 7946 0958 or write to Kim@Example.com tomorrow at 3pm",
            [
                ("phone", "+44 20 7946 0958", "+442079460958"),
                ("email", "Kim@Example.com", "kim@example.com"),
                ("date", "tomorrow at 3pm", "2027-03-11T15:00+01:00"),
            ],
        ),
        ("the second one", [("ordinal", "second", "2")]),
        ("snooze it for 2 hours", [("date", "2 hours", "PT2H")]),
        (
            "pipeline report every Monday at 9",
            [("date", "every Monday at 9", "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0")],
        ),
        ("forecast for Q1", [("date", "Q1", "2027-01-01/2027-04-01")]),
        ("what changed since Monday?", [("date", "since Monday", "2027-03-08/2027-03-11")]),
        ("she wants a quote by Friday", [("date", "Friday", "2027-03-12")]),
        ("2 x 5k", [("money", "2 x 5k", "10000")]),
        ("we have 12 open deals", [("number", "12", "12")]),
        ("closing Feb 30", [("number", "30", "30")]),
        ("T-118 and INV-2041 are done", []),
        ("which one do you mean", []),
        ("hello 😀", []),
        ("", []),
    ],
)
def test_finds_the_values_of_a_message(message: str, values: list[tuple[str, str, str]]) -> None:
    assert found(message) == values


def test_offsets_are_those_of_the_original_text() -> None:
    message = "📅 «\u200fbis ４０k» — tomorrow"
    for value in find_values(message, HERE):
        assert message[value.start : value.end] == value.text
    assert [(kind, text) for kind, text, _ in found(message)] == [("money", "４０k"), ("date", "tomorrow")]


def test_only_the_kinds_asked_for_are_looked_for() -> None:
    values = find_values("40k on Friday", HERE, kinds=frozenset({"date"}))
    assert [value.kind for value in values] == ["date"]


def test_the_past_can_be_preferred() -> None:
    (value,) = find_values("what did we win in April", HERE, prefer="past")
    assert value.canonical == "2026-04-01/2026-05-01"
