"""The automatic forecast: finds trend and season, is honest about its error, and survives odd histories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.insights.forecasting.accuracy import mase, seasonal_naive_error, smape
from crm_store.insights.forecasting.batch import Batch, Floats
from crm_store.insights.forecasting.procedure import COMBINATION, TooShort, forecast_all
from crm_store.insights.forecasting.seasonality import is_seasonal, seasonal_factors
from crm_store.insights.forecasting.smoothing import Form, fit_smoothing


def _months(count: int, *, slope: float, season: float, noise: float, seed: int = 1) -> Floats:
    random = np.random.default_rng(seed)
    when = np.arange(count)
    wave = 1 + season * np.sin(2 * np.pi * when / 12)
    return np.asarray((100 + slope * when) * wave + random.normal(0, noise, count))


def test_a_clean_trend_with_a_season_is_continued() -> None:
    series = _months(84, slope=1.0, season=0.3, noise=0.0)
    [forecast] = forecast_all([series[:-12]], season=12, horizon=12)
    assert np.abs(forecast.mean / series[-12:] - 1).max() < 0.06


def test_the_procedure_beats_the_seasonal_naive_forecast_where_there_is_a_trend() -> None:
    histories = [_months(96, slope=1.5, season=0.2, noise=4, seed=seed) for seed in range(12)]
    forecasts = forecast_all([each[:-12] for each in histories], season=12, horizon=12)
    own = [np.abs(each[-12:] - one.mean).mean() for each, one in zip(histories, forecasts, strict=True)]
    naive = [
        np.abs(each[-12:] - one.by_candidate["seasonal_naive"]).mean()
        for each, one in zip(histories, forecasts, strict=True)
    ]
    assert np.mean(own) < 0.7 * np.mean(naive)


def test_the_intervals_hold_about_as_often_as_they_say() -> None:
    histories = [_months(96, slope=0.5, season=0.2, noise=6, seed=seed) for seed in range(40)]
    forecasts = forecast_all([each[:-12] for each in histories], season=12, horizon=12)
    for level, least in ((80, 0.7), (95, 0.88)):
        inside = [
            np.mean((each[-12:] >= one.intervals[level][0]) & (each[-12:] <= one.intervals[level][1]))
            for each, one in zip(histories, forecasts, strict=True)
        ]
        assert np.mean(inside) > least


def test_series_of_different_lengths_in_one_batch_get_what_they_get_alone() -> None:
    long, short = _months(72, slope=1, season=0.2, noise=3), _months(40, slope=2, season=0.1, noise=3, seed=4)
    form = Form(trend="damped", season="mult")
    both, order = Batch.of([short, long], season=12)
    together = fit_smoothing(both, form, horizon=6).forecasts
    alone, _ = Batch.of([long], season=12)
    assert order.tolist() == [1, 0]
    assert together[0] == pytest.approx(fit_smoothing(alone, form, horizon=6).forecasts[0])


def test_the_season_is_found_only_where_there_is_one() -> None:
    assert is_seasonal(_months(72, slope=0, season=0.4, noise=2), 12)
    assert not is_seasonal(np.random.default_rng(3).normal(100, 5, 72), 12)
    assert not is_seasonal(np.full(72, 5.0), 12)


def test_the_factors_of_a_pure_season_are_found_again() -> None:
    factors = np.array([0.5, 1.0, 1.5, 1.0])
    assert seasonal_factors(np.tile(factors * 200, 6), 4, multiplicative=True) == pytest.approx(factors)


def test_a_history_without_sales_below_zero_gets_no_forecast_below_zero() -> None:
    falling = np.maximum(0, np.linspace(100, -40, 48))
    [forecast] = forecast_all([falling], season=12, horizon=12)
    assert forecast.mean.min() >= 0
    assert forecast.intervals[95][0].min() >= 0


def test_too_short_a_series_is_refused() -> None:
    with pytest.raises(TooShort):
        forecast_all([np.array([1.0, 2.0, 3.0])], season=12, horizon=3)


def test_no_backtest_is_claimed_where_nothing_could_be_held_back() -> None:
    [forecast] = forecast_all([np.array([3.0, 4.0, 5.0, 4.0, 6.0])], season=12, horizon=3)
    assert forecast.backtest_error is None
    assert (forecast.errors, forecast.origins, forecast.model) == ({}, 0, COMBINATION)


def test_errors_scaled_by_hand() -> None:
    history = np.array([1.0, 2.0, 3.0, 4.0])
    assert seasonal_naive_error(history, 2) == 2.0
    assert mase(np.array([5.0, 7.0]), np.array([4.0, 4.0]), history, 2) == 1.0
    assert mase(np.array([5.0]), np.array([4.0]), np.ones(8), 2) is None
    assert smape(np.array([100.0]), np.array([50.0])) == pytest.approx(200 * 50 / 150)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(min_value=-1e9, max_value=1e9), min_size=4, max_size=40), st.sampled_from([1, 4, 12]))
def test_any_history_gets_finite_forecasts_inside_their_intervals(values: list[float], season: int) -> None:
    [forecast] = forecast_all([np.array(values)], season=season, horizon=5)
    low, high = forecast.intervals[95]
    assert np.isfinite(forecast.mean).all()
    assert np.isfinite(high - low).all()
    assert (low <= forecast.mean + 1e-6 * np.abs(forecast.mean)).all()
    assert (forecast.mean <= high + 1e-6 * np.abs(forecast.mean)).all()
    assert sum(forecast.weights.values()) == pytest.approx(1)
