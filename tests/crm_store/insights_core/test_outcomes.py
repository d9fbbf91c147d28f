"""Probabilities of a yes: they rank, they mean what they say, nothing leaks, and their reasons are the right ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_store.insights.outcomes.choosing import TooFewCases, choose_model, giveaways
from crm_store.insights.outcomes.features import Bools, Features
from crm_store.insights.outcomes.judging import area_under_curve, calibration, judge
from crm_store.insights.outcomes.proportions import Proportion, beyond_chance
from crm_store.insights.outcomes.reasons import reasons_for


def _cases(count: int, *, seed: int = 1) -> tuple[Features, Bools]:
    """Monthly contracts leave more often, and so do those who complained; the colour says nothing."""
    random = np.random.default_rng(seed)
    monthly, complaints = random.random(count) < 0.5, random.poisson(1.0, count).astype(float)
    chance = 1 / (1 + np.exp(2.0 - 1.5 * monthly - 0.8 * complaints))
    columns = {
        "contract": np.where(monthly, "monthly", "yearly"),
        "complaints": complaints,
        "colour": random.choice(["red", "blue"], count),
    }
    return Features(columns=columns), random.random(count) < chance


def test_held_out_probabilities_rank_and_mean_what_they_say() -> None:
    features, outcome = _cases(1500)
    chosen = choose_model(features, outcome)
    assert sorted(chosen.judged.tolist()) == list(range(1500))
    assert 0.7 < chosen.quality.auc < 0.9
    assert chosen.quality.calibration_error < 0.06


def test_in_time_order_a_case_is_judged_only_by_the_past() -> None:
    features, outcome = _cases(600)
    order = np.random.default_rng(3).permutation(600)
    chosen = choose_model(features, outcome, order=order)
    assert chosen.in_time_order
    assert set(chosen.judged.tolist()) == set(order[300:].tolist())


def test_a_column_written_after_the_outcome_gives_itself_away() -> None:
    features, outcome = _cases(400)
    leaking = Features(
        columns={
            **features.columns,
            "exit interview": np.where(outcome, "held", ""),
            "days since leaving": np.where(outcome, 5.0, np.nan),
        }
    )
    assert giveaways(leaking, outcome) == ["exit interview", "days since leaving"]
    assert giveaways(features, outcome) == []


def test_the_reasons_name_what_sets_the_case_apart() -> None:
    features, outcome = _cases(1500)
    chosen = choose_model(features, outcome)
    case = Features(
        columns={"contract": np.array(["monthly"]), "complaints": np.array([5.0]), "colour": np.array(["red"])}
    )
    reasons = reasons_for(chosen.model, case, features)
    assert [each.column for each in reasons[:2]] == ["complaints", "contract"]
    assert reasons[0].effect > 0
    assert reasons[0].value == 5.0
    assert abs(reasons[2].effect) < 0.3 * reasons[1].effect


def test_unknown_categories_and_missing_numbers_are_scored() -> None:
    features, outcome = _cases(400)
    model = choose_model(features, outcome).model
    strange = Features(
        columns={"contract": np.array(["weekly"]), "complaints": np.array([np.nan]), "colour": np.array([""])}
    )
    assert 0 < model.probability(strange)[0] < 1


def test_too_few_of_one_outcome_are_refused() -> None:
    features, _ = _cases(100)
    with pytest.raises(TooFewCases):
        choose_model(features, np.arange(100) < 5)


def test_quality_by_hand() -> None:
    outcome = np.array([False, False, True, True])
    assert area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), outcome) == 0.75
    assert area_under_curve(np.full(4, 0.5), outcome) == 0.5
    assert judge(np.array([0.0, 0.0, 1.0, 1.0]), outcome).calibration_error == 0
    assert judge(np.full(4, 0.5), outcome).brier == 0.25
    assert sum(count for _, _, count in calibration(np.linspace(0, 1, 37), np.arange(37) % 2 == 0)) == 37


def test_wilson_interval_of_textbook_figures() -> None:
    low, high = Proportion(hits=81, of=263).interval
    assert low == pytest.approx(0.2553, abs=1e-4)
    assert high == pytest.approx(0.3662, abs=1e-4)


def test_a_difference_is_told_from_chance() -> None:
    assert Proportion(hits=60, of=100).chance_of_difference(Proportion(hits=30, of=100)) < 0.001
    assert Proportion(hits=6, of=10).chance_of_difference(Proportion(hits=3, of=10)) > 0.1
    assert Proportion(hits=0, of=0).chance_of_difference(Proportion(hits=3, of=10)) == 1.0


def test_of_many_comparisons_the_lucky_ones_are_not_believed() -> None:
    assert beyond_chance([0.03, *[0.5] * 19]) == [False] * 20
    assert beyond_chance([0.001, 0.004, 0.6, 0.9]) == [True, True, False, False]
    assert beyond_chance([]) == []


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_share(hits: int, more: int) -> None:
    each = Proportion(hits=hits, of=hits + more)
    low, high = each.interval
    assert each.share is not None
    assert 0 <= low <= each.share + 1e-12
    assert each.share <= high + 1e-12 <= 1 + 1e-9
