"""Regression on lags: the value expected from the last values, by ridge regression."""

from __future__ import annotations

import numpy as np

from crm_store.insights.forecasting.batch import Floats

_RIDGE = 0.1


def forecast_by_ridge(values: Floats, *, season: int, horizon: int) -> Floats:
    """Forecasts by ridge regression of each change on the changes before it, up to a season ago.

    Works on logarithms where every value is positive, so that changes are relative. The recursion is one step at a
    time. Too short a series (under three times the number of lags) is regressed on fewer lags.
    """
    logs = bool(np.all(values > 0))
    path = np.log(values) if logs else values.astype(float)
    changes = np.diff(path)
    scale = float(changes.std()) or 1.0
    changes = changes / scale
    lags = max(1, min(season + 1, len(changes) // 3))
    windows = np.lib.stride_tricks.sliding_window_view(changes, lags)[:-1]
    targets = changes[lags:]
    if len(targets) < 3:
        return np.repeat(values[-1], horizon).astype(float)
    penalty = _RIDGE * np.sqrt(len(targets))
    coefficients = np.linalg.solve(windows.T @ windows + penalty * np.eye(lags), windows.T @ targets)
    recent = list(changes[-lags:])
    for _ in range(horizon):
        recent.append(float(np.dot(recent[-lags:], coefficients)))
    ahead = path[-1] + np.cumsum(np.array(recent[lags:])) * scale
    return np.asarray(np.exp(ahead) if logs else ahead)
