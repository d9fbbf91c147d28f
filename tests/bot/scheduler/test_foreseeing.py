"""What past revenue says is worked out before anybody asks, in a process of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.scheduler.apart import apart
from bot.scheduler.scoring import foresee_revenue
from crm_store.insights import revenue
from tests.assistants import NOW, Rig


@pytest.mark.parametrize("person", ["dana", "morgan", "alex"])
def test_the_first_to_ask_for_a_forecast_waits_for_no_backtest(rig: Rig, person: str) -> None:
    revenue._FORESEEN.clear()
    assert foresee_revenue(rig.assistant.store, rig.assistant.settings, now=NOW) > 1
    foreseen = set(revenue._FORESEEN)
    for period in ("this quarter", "this year"):
        assert "From past revenue alone" in rig.speaker(person).say(f'/forecast{{"date": "{period}"}}').text
    assert set(revenue._FORESEEN) == foreseen


def test_nothing_is_worked_out_twice(rig: Rig) -> None:
    foresee_revenue(rig.assistant.store, rig.assistant.settings, now=NOW)
    assert foresee_revenue(rig.assistant.store, rig.assistant.settings, now=NOW + timedelta(hours=1)) == 0


def test_another_process_foresees_the_same(rig: Rig) -> None:
    def answer() -> str:
        return rig.speaker("morgan").say('/forecast{"date": "this quarter"}').text

    revenue._FORESEEN.clear()
    here = answer()
    revenue._FORESEEN.clear()
    assert foresee_revenue(rig.assistant.store, rig.assistant.settings, now=NOW, doing=apart) > 1
    assert answer() == here


def _fail() -> None:
    raise ValueError("no such month")


def test_what_goes_wrong_in_the_other_process_is_heard_of_here() -> None:
    with pytest.raises(ValueError, match="no such month"):
        apart(_fail)
