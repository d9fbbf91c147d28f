"""Exponential smoothing in innovations form (Hyndman et al. 2008), fitted for many series at once.

The parameters of a series are searched by evaluating a population of candidates in one recursion and drawing the next
population around the best, four times over: as exact as needed, and two orders of magnitude faster than a general
optimiser called for every series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_store.insights.forecasting.batch import Batch, Floats
from crm_store.insights.forecasting.seasonality import seasonal_factors

_POPULATION = 80
_REFINEMENTS = 4
_AROUND_BEST = 40
_CHUNK = 256
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A member of the family. ``season``: "none", "add" or "mult"; ``trend``: "none", "linear" or "damped"."""

    trend: str = "none"
    season: str = "none"

    @property
    def parameters(self) -> int:
        """How many numbers are fitted, initial states included (the season's for one cycle are counted apart)."""
        return {"none": 2, "linear": 4, "damped": 5}[self.trend] + (self.season != "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The fitted forecasts (series, horizon), each series' mean squared one-step error, and AICc for choosing."""

    forecasts: Floats
    mse: Floats
    aicc: Floats


def fit_smoothing(batch: Batch, form: Form, *, horizon: int) -> Fit:
    """Fit one form to every series of a batch."""
    parts = [_fit_chunk(chunk, form, horizon) for chunk in _chunks(batch)]
    mse = np.concatenate([each.mse for each in parts])
    aicc = np.concatenate([each.aicc for each in parts])
    return Fit(forecasts=np.concatenate([each.forecasts for each in parts]), mse=mse, aicc=aicc)


def _chunks(batch: Batch) -> list[Batch]:
    found = []
    for first in range(0, len(batch.lengths), _CHUNK):
        lengths = batch.lengths[first : first + _CHUNK]
        found.append(
            Batch(values=batch.values[first : first + _CHUNK, : lengths[0]], lengths=lengths, season=batch.season)
        )
    return found


def _fit_chunk(batch: Batch, form: Form, horizon: int) -> Fit:
    random = np.random.default_rng(8)
    start = _initial(batch, form)
    # The same draws for every series: what a series gets does not depend on which others are in the batch.
    first = np.concatenate([_CORNERS, random.random((_POPULATION, 4))])
    unit = np.broadcast_to(first, (len(batch.lengths), *first.shape))
    mse, states = _run(batch, form, start, unit)
    best = _best(unit, mse, 4)
    spread = 0.15
    for _ in range(_REFINEMENTS):
        around = np.repeat(best, _AROUND_BEST // best.shape[1], axis=1)
        unit = np.clip(around + random.normal(0, spread, around.shape[1:]), 0, 1)
        unit = np.concatenate([best, unit], axis=1)
        mse, states = _run(batch, form, start, unit)
        best = _best(unit, mse, 4)
        spread /= 2
    chosen = np.argmin(mse, axis=1)
    rows = np.arange(len(chosen))
    phi = _scaled(unit[rows, chosen][:, None, :], form)[3][:, 0]
    forecasts = _extend(batch, form, tuple(each[rows, chosen] for each in states), phi, horizon)
    final = np.maximum(mse[rows, chosen], _SMALLEST)
    k = form.parameters + (batch.season if form.season != "none" else 0)
    n = batch.lengths.astype(float)
    room = np.maximum(n - k - 1, 1.0)
    return Fit(forecasts=forecasts, mse=final, aicc=n * np.log(final) + 2 * k + 2 * k * (k + 1) / room)


_CORNERS = np.array(
    [[0.05, 0.05, 0.5, 0.1], [0.2, 0.1, 0.8, 0.1], [0.5, 0.1, 0.8, 0.1], [0.8, 0.1, 0.9, 0.1], [0.98, 0.02, 0.9, 0.05],
     [0.1, 0.3, 0.9, 0.02]]
)  # fmt: skip


def _scaled(unit: Floats, form: Form) -> tuple[Floats, Floats, Floats, Floats]:
    """(alpha, beta, gamma, phi) from points of the unit cube, within the usual region."""
    alpha = 1e-4 + 0.9998 * unit[..., 0]
    beta = alpha * unit[..., 1] if form.trend != "none" else np.zeros_like(alpha)
    gamma = (1 - alpha) * unit[..., 3] if form.season != "none" else np.zeros_like(alpha)
    if form.trend == "damped":
        phi = 0.8 + 0.18 * unit[..., 2]
    else:
        phi = np.full_like(alpha, 1.0 if form.trend == "linear" else 0.0)
    return alpha, beta, gamma, phi


def _best(unit: Floats, mse: Floats, count: int) -> Floats:
    order = np.argsort(mse, axis=1)[:, :count]
    return np.take_along_axis(unit, order[:, :, None], axis=1)


def _initial(batch: Batch, form: Form) -> tuple[Floats, Floats, Floats]:
    """Level, trend and season (series, m) before the first value: a line through the first, deseasonalised, values."""
    m = batch.season
    levels, trends, seasons = [], [], []
    for values in batch.rows():
        factors = np.ones(m) if form.season == "mult" else np.zeros(m)
        if form.season != "none" and len(values) > m:
            factors = seasonal_factors(values[: 4 * m], m, multiplicative=form.season == "mult")
        head = values[: max(10, 2 * m) if form.season != "none" else 10]
        when = np.arange(len(head))
        head = head / factors[when % m] if form.season == "mult" else head - factors[when % m]
        slope, level = np.polyfit(when + 1.0, head, 1) if len(head) > 2 else (0.0, head[0])
        if form.trend == "none":
            slope, level = 0.0, float(head[: max(4, m // 2)].mean())
        levels.append(level)
        trends.append(slope)
        seasons.append(factors)
    return np.array(levels), np.array(trends), np.array(seasons)


def _run(
    batch: Batch, form: Form, start: tuple[Floats, Floats, Floats], unit: Floats
) -> tuple[Floats, tuple[Floats, ...]]:
    """Mean squared one-step errors (series, candidates) and the states after each series' last value."""
    alpha, beta, gamma, phi = _scaled(unit, form)
    shape = alpha.shape
    level = np.broadcast_to(start[0][:, None], shape).copy()
    trend = np.broadcast_to(start[1][:, None], shape).copy()
    m = batch.season
    # The point in the season comes first, so that one step touches one plane.
    season = np.broadcast_to(start[2].T[:, :, None], (m, *shape)).copy()
    total = np.zeros(shape)
    with np.errstate(all="ignore"):  # candidates that explode are told by their infinite error
        _recur(batch, form, (alpha, beta, gamma, phi), (level, trend, season), total)
        mse = total / batch.lengths[:, None]
    return np.where(np.isfinite(mse), mse, np.inf), (level, trend, np.moveaxis(season, 0, 2))


def _recur(
    batch: Batch, form: Form, parameters: tuple[Floats, ...], states: tuple[Floats, Floats, Floats], total: Floats
) -> None:
    """Run through time, changing the states in place and adding up squared errors."""
    alpha, beta, gamma, phi = parameters
    level, trend, season = states
    for t, k in batch.active():
        y = batch.values[:k, t, None]
        drift = phi[:k] * trend[:k]
        base = level[:k] + drift
        now = season[t % batch.season, :k]
        if form.season == "mult":
            error = y - base * now
            adjusted = error / np.maximum(now, _SMALLEST)
            now += gamma[:k] * error / np.where(np.abs(base) < _SMALLEST, 1.0, base)
        else:
            error = y - base - now
            adjusted = error
            if form.season == "add":
                now += gamma[:k] * error
        level[:k] = base + alpha[:k] * adjusted
        if form.trend != "none":
            trend[:k] = drift + beta[:k] * adjusted
        total[:k] += error * error


def _extend(batch: Batch, form: Form, states: tuple[Floats, ...], phi: Floats, horizon: int) -> Floats:
    level, trend, season = states
    steps = np.cumsum(phi[:, None] ** np.arange(1, horizon + 1), axis=1)
    path = level[:, None] + steps * trend[:, None] if form.trend != "none" else np.repeat(level[:, None], horizon, 1)
    if form.season == "none":
        return path
    when = (batch.lengths[:, None] + np.arange(horizon)) % batch.season
    factors = np.take_along_axis(season, when, axis=1)
    return path * factors if form.season == "mult" else path + factors
