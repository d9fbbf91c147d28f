"""The models that compete for a series, each as one function from a batch to its forecasts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crm_store.insights.forecasting.batch import Batch, Floats
from crm_store.insights.forecasting.forest import forecast_by_forest
from crm_store.insights.forecasting.regression import forecast_by_ridge
from crm_store.insights.forecasting.seasonality import Season, season_of
from crm_store.insights.forecasting.smoothing import Fit, Form, fit_smoothing
from crm_store.insights.forecasting.theta import fit_theta

_OPTIMISED_THETAS = (1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0)

Candidate = Callable[[Batch, Season, int], Floats]


def seasonal_naive(batch: Batch, season: Season, horizon: int) -> Floats:
    """The same as a season ago, where there is a season; else the last value."""
    rows = zip(batch.rows(), season.present, strict=True)
    return np.array([np.resize(row[-batch.season if present else -1 :], horizon) for row, present in rows])


def theta(batch: Batch, season: Season, horizon: int) -> Floats:
    """The Theta method with theta 2 on seasonally adjusted values."""
    plain = batch.with_values(season.remove(batch.values))
    return season.put_back(fit_theta(plain, horizon=horizon), batch.lengths)


def optimised_theta(batch: Batch, season: Season, horizon: int) -> Floats:
    """The same with the theta that fits each series best."""
    plain = batch.with_values(season.remove(batch.values))
    return season.put_back(fit_theta(plain, horizon=horizon, thetas=_OPTIMISED_THETAS), batch.lengths)


def exponential_smoothing(batch: Batch, _season: Season, horizon: int) -> Floats:
    """The member of the ETS family with the least AICc: level or damped trend, without or with a season, of the values
    or of their logarithms.
    """
    positive = np.array([bool(np.all(row > 0)) for row in batch.rows()])
    logs = batch.with_values(np.log(np.where(positive[:, None] & (batch.values > 0), batch.values, 1.0)))
    # The likelihood of the values themselves, so that fits of logarithms can be compared with fits of values.
    jacobian = np.array([2 * float(row.sum()) for row in logs.rows()])
    seasonal = batch.season > 1
    choices: list[tuple[Floats, Floats]] = []
    for kind in ("none", "add") if seasonal else ("none",):
        for trend in ("none", "damped"):
            fit = fit_smoothing(logs, Form(trend=trend, season=kind), horizon=horizon)
            aicc = np.where(positive, _usable(fit, batch, kind) + jacobian, np.inf)
            choices.append((aicc, np.exp(np.clip(fit.forecasts, -50, 50))))
    for kind in ("none", "add", "mult") if seasonal else ("none",):
        for trend in ("none", "damped"):
            fit = fit_smoothing(batch, Form(trend=trend, season=kind), horizon=horizon)
            aicc = _usable(fit, batch, kind)
            if kind == "mult":
                aicc = np.where(positive, aicc, np.inf)
            choices.append((aicc, fit.forecasts))
    best = np.argmin([aicc for aicc, _ in choices], axis=0)
    return np.array([choices[choice][1][row] for row, choice in enumerate(best)])


def _usable(fit: Fit, batch: Batch, kind: str) -> Floats:
    needed = 2 * batch.season + 3 if kind != "none" else 0
    return np.where((batch.lengths >= needed) & np.isfinite(fit.forecasts).all(axis=1), fit.aicc, np.inf)


def regression_on_lags(batch: Batch, _season: Season, horizon: int) -> Floats:
    """Ridge regression on the changes of the last season."""
    return np.array([forecast_by_ridge(row, season=batch.season, horizon=horizon) for row in batch.rows()])


def forest_on_lags(batch: Batch, season: Season, horizon: int) -> Floats:
    """A random forest on the seasonally adjusted values of the last season."""
    return forecast_by_forest(batch, season, horizon=horizon)


CANDIDATES: dict[str, Candidate] = {
    "seasonal_naive": seasonal_naive,
    "theta": theta,
    "optimised_theta": optimised_theta,
    "ets": exponential_smoothing,
    "regression": regression_on_lags,
    "forest": forest_on_lags,
}


def run_candidates(batch: Batch, *, horizon: int) -> Floats:
    """Everybody's forecasts: (candidate, series, horizon), in the order of ``CANDIDATES``."""
    season = season_of(batch)
    return np.stack([candidate(batch, season, horizon) for candidate in CANDIDATES.values()])
