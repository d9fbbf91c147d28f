"""What past revenue says is worked out before anybody asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.scheduler.scoring import foresee_revenue
from crm_store.insights import revenue
from tests.assistants import NOW, Rig


@pytest.mark.parametrize("person", ["dana", "morgan", "alex"])
def test_the_first_to_ask_for_a_forecast_waits_for_no_backtest(rig: Rig, person: str) -> None:
    revenue._foresee.cache_clear()
    assert foresee_revenue(rig.assistant.store, rig.assistant.settings, now=NOW) > 1
    worked_out = revenue._foresee.cache_info().misses
    for period in ("this quarter", "this year"):
        assert "From past revenue alone" in rig.speaker(person).say(f'/forecast{{"date": "{period}"}}').text
    assert revenue._foresee.cache_info().misses == worked_out


def test_nothing_is_worked_out_twice(rig: Rig) -> None:
    foresee_revenue(rig.assistant.store, rig.assistant.settings, now=NOW)
    worked_out = revenue._foresee.cache_info().misses
    foresee_revenue(rig.assistant.store, rig.assistant.settings, now=NOW + timedelta(hours=1))
    assert revenue._foresee.cache_info().misses == worked_out
