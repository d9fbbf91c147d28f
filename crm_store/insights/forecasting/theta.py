"""The Theta method, standard (Assimakopoulos & Nikolopoulos 2000) and optimised (Fiorucci et al. 2016)."""

from __future__ import annotations

import numpy as np

from crm_store.insights.forecasting.batch import Batch, Floats

_ALPHAS = np.r_[0.02, np.linspace(0.05, 0.95, 19), 0.99]


def fit_theta(batch: Batch, *, horizon: int, thetas: tuple[float, ...] = (2.0,)) -> Floats:
    """Forecasts (series, horizon) of series without season; the best of ``thetas`` by squared one-step errors.

    With theta 2 alone this is the standard method: half the weight on the trend line, half on a smoothed curve.
    """
    intercept, slope = _lines(batch)
    choices = [(theta, _smooth(batch, intercept, slope, theta)) for theta in thetas]
    forecasts = np.stack(
        [_extend(batch, (intercept, slope), theta, fit[:2], horizon=horizon) for theta, fit in choices]
    )
    mse = np.stack([fit[2] for _, fit in choices])
    best: Floats = np.take_along_axis(forecasts, np.argmin(mse, axis=0)[None, :, None], axis=0)[0]
    return best


def _lines(batch: Batch) -> tuple[Floats, Floats]:
    """Least squares lines: value at time 0 and slope, the first observation being time 1."""
    lines = [np.polyfit(np.arange(1.0, len(row) + 1), row, 1) for row in batch.rows()]
    slopes, intercepts = np.array(lines).T
    return intercepts, slopes


def _smooth(batch: Batch, intercept: Floats, slope: Floats, theta: float) -> tuple[Floats, Floats, Floats]:
    """The last level, its alpha and the mean squared error of the best of a fine grid of (alpha, first level)."""
    shares = np.array([0.0, 0.5, 1.0])
    alpha = np.repeat(_ALPHAS, len(shares))[None, :]
    share = np.tile(shares, len(_ALPHAS))[None, :]
    first = batch.values[:, :1]
    level = share * first + (1 - share) * batch.values[:, : min(4, batch.values.shape[1])].mean(axis=1)[:, None]
    level = np.broadcast_to(level, (len(first), alpha.shape[1])).copy()
    weight = 1 - 1 / theta
    total = np.zeros_like(level)
    remaining = np.ones_like(alpha)  # (1 - alpha) ** t
    for t, k in batch.active():
        drift = weight * (remaining * intercept[:k, None] + (1 - remaining * (1 - alpha)) / alpha * slope[:k, None])
        y = batch.values[:k, t, None]
        if t >= 1:
            total[:k] += (y - level[:k] - drift) ** 2
        level[:k] += alpha * (y - level[:k])
        remaining = remaining * (1 - alpha)
    best = np.argmin(total, axis=1)
    rows = np.arange(len(best))
    return level[rows, best], alpha[0, best], total[rows, best] / batch.lengths


def _extend(
    batch: Batch, line: tuple[Floats, Floats], theta: float, state: tuple[Floats, Floats], *, horizon: int
) -> Floats:
    (intercept, slope), (level, alpha) = line, state
    n = batch.lengths.astype(float)
    remaining = (1 - alpha) ** n
    at_end = remaining * intercept + (1 - remaining * (1 - alpha)) / alpha * slope
    steps = np.arange(horizon)
    ahead: Floats = level[:, None] + (1 - 1 / theta) * (at_end[:, None] + steps * slope[:, None])
    return ahead
