"""Questions typed in a hurry, and the spelling they are read in."""

from __future__ import annotations

import pytest

from actions.asking.chat_spelling import respelled


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("hw many deals last wek", "how many deals last week"),
        ("revenue lats mnth", "revenue last month"),
        ("new opps ive added", "new opps i've added"),
        ("sales w/o referrals", "sales without referrals"),
        ("revenue in ocotber", "revenue in october"),
        ("revenue between march and may by rep", "revenue from march to may by rep"),
        ("rolling 12 months revenue", "last 12 months revenue"),
        ("pipeline closing by end of year by stage", "pipeline closing until end of year by stage"),
    ],
)
def test_what_has_one_meaning_is_brought_to_the_words_that_are_known(typed: str, read: str) -> None:
    assert respelled(typed) == read


@pytest.mark.parametrize("said", ["revenue by product {} this quarter", "{} win rate by rep"])
@pytest.mark.parametrize("purpose", ["for the board deck", "for my 1:1", "before tomorrow's sales call", "for qbr"])
def test_what_figures_are_wanted_for_is_left_out(said: str, purpose: str) -> None:
    assert respelled(said.format(purpose)).split() == said.format("").split()


@pytest.mark.parametrize(
    "said",
    [
        "meetings for the enterprise team",
        "calls in march",
        "deals marcus won",
        "average call length",
        "between 10k and 50k",
        "report on won deals",
    ],
)
def test_other_words_stay_as_they_are(said: str) -> None:
    assert respelled(said) == said


def test_a_word_that_means_something_is_no_slip_of_the_calendar() -> None:
    assert respelled("deals with Fridaye", known={"fridaye"}) == "deals with Fridaye"


@pytest.mark.parametrize(
    "said", ["revenue from Marsh this year", "orders of Las Vegas Sands", "deals of Mo this month"]
)
def test_a_name_with_a_capital_is_no_misspelled_month(said: str) -> None:
    assert respelled(said) == said
