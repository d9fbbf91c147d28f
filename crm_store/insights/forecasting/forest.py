"""A random forest on lags, grown on all the series of a batch together.

One forest sees the windows of every series, each relative to its own last value and in its own units, so a short
series profits from the others, and thousands of series cost one forest.
"""

from __future__ import annotations

import numpy as np

from crm_store.insights.forecasting.batch import Batch, Floats
from crm_store.insights.forecasting.seasonality import Season

_TREES = 60
_FEW_TREES, _FEW_WINDOWS = 20, 200
"""A single series has too few windows for more trees to differ, and somebody waits for it."""
_MOST_WINDOWS = 12_000


def forecast_by_forest(batch: Batch, season: Season, *, horizon: int) -> Floats:
    """Forecasts (series, horizon): the season is taken out before and put back after."""
    from sklearn.ensemble import RandomForestRegressor  # noqa: PLC0415 - a second to import, and only for forecasts

    lags = max(1, min(batch.season + 1, int(batch.lengths[-1]) // 3))
    plain = batch.with_values(season.remove(batch.values))
    windows, targets, latest, units = [], [], [], []
    for row in plain.rows():
        unit = float(np.abs(np.diff(row)).mean()) or 1.0
        reach = min(horizon, max(1, len(row) - lags - 1))
        pieces = np.lib.stride_tricks.sliding_window_view(row, lags + reach)
        last = pieces[:, lags - 1, None]
        windows.append((pieces[:, :lags] - last) / unit)
        ahead = (pieces[:, lags:] - last) / unit
        # Beyond what a short history can show, its last known step stands.
        targets.append(np.pad(ahead, ((0, 0), (0, horizon - reach)), mode="edge"))
        latest.append((row[-lags:] - row[-1]) / unit)
        units.append(unit)
    inputs, outputs = np.concatenate(windows), np.concatenate(targets)
    if len(inputs) > _MOST_WINDOWS:
        chosen = np.random.default_rng(8).choice(len(inputs), _MOST_WINDOWS, replace=False)
        inputs, outputs = inputs[chosen], outputs[chosen]
    trees = _TREES if len(inputs) > _FEW_WINDOWS else _FEW_TREES
    forest = RandomForestRegressor(n_estimators=trees, min_samples_leaf=5, max_features=0.5, random_state=8)
    forest.fit(np.clip(inputs, -20, 20), np.clip(outputs, -20, 20) if horizon > 1 else np.clip(outputs[:, 0], -20, 20))
    ahead = forest.predict(np.clip(np.array(latest), -20, 20)).reshape(len(latest), horizon)
    last = plain.values[np.arange(len(batch.lengths)), batch.lengths - 1]
    return season.put_back(last[:, None] + ahead * np.array(units)[:, None], batch.lengths)
