"""The one automatic procedure: backtest every candidate, weigh or choose them by it, and say how wrong they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crm_store.insights.forecasting.batch import Batch, Floats
from crm_store.insights.forecasting.candidates import CANDIDATES, run_candidates

COMBINATION = "combination"
SHORTEST = 4
_ORIGINS = 3
_POWER = 4
_CLEARLY_BETTER = 0.7
_GROWTH = 0.3
# Student's t by degrees of freedom: the errors of one origin hang together, so there are as few as there are origins.
_QUANTILES = {80: {2: 1.886, 3: 1.638}, 95: {2: 4.303, 3: 3.182}}
_COMBINED = np.array([name in {"theta", "optimised_theta", "ets", "regression"} for name in CANDIDATES])


class TooShort(ValueError):
    """A series has fewer than ``SHORTEST`` values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesForecast:
    """What is foreseen for one series: ``mean`` by step, ``intervals`` by level in percent as (low, high).

    ``model`` is a candidate's name or "combination". ``backtest_error`` is its mean absolute error at the origins of
    the backtest, in the series' unit, and ``errors`` that of every candidate; both empty (None) when the history is
    too short to hold anything back. ``weights`` add up to 1.
    """

    mean: Floats
    intervals: dict[int, tuple[Floats, Floats]]
    model: str
    weights: dict[str, float]
    backtest_error: float | None
    errors: dict[str, float]
    origins: int
    by_candidate: dict[str, Floats]


def forecast_all(series: Sequence[Floats], *, season: int, horizon: int) -> list[SeriesForecast]:
    """Forecast every series, each with at least ``SHORTEST`` finite values; raises TooShort.

    Backtest: from up to three origins, a third of the horizon apart, everything after the origin is hidden, forecast
    and compared. The forecasts of the Theta methods, ETS and the regression are averaged with weights falling with the
    fourth power of their error; a candidate is taken alone only when its error is below 70 % of the combination's.
    """
    if any(len(each) < SHORTEST for each in series):
        raise TooShort
    if not series:
        return []
    units = [float(np.abs(each).mean()) or 1.0 for each in series]
    batch, order = Batch.of([each / unit for each, unit in zip(series, units, strict=True)], season=season)
    ahead = run_candidates(batch, horizon=horizon)
    missed = _backtest(batch, horizon)
    found: dict[int, SeriesForecast] = {}
    for row, index in enumerate(order):
        history = batch.values[row, : batch.lengths[row]]
        found[int(index)] = _decide(history, ahead[:, row], [each for each in missed[row] if len(each)], units[index])
    return [found[index] for index in range(len(series))]


def _backtest(batch: Batch, horizon: int) -> list[list[Floats]]:
    """For each series and origin the errors (candidate, step)."""
    cuts = sorted({max(1, round(horizon * part / _ORIGINS)) for part in range(1, _ORIGINS + 1)})
    errors: list[list[Floats]] = [[] for _ in batch.lengths]
    shortest = max(SHORTEST, 2 * batch.season if batch.season > 1 else SHORTEST)
    for cut in cuts:
        # Longest first, so those long enough to be cut come first and keep their places.
        enough = int(np.sum(batch.lengths - cut >= shortest))
        if not enough:
            continue
        kept = Batch(values=batch.values[:enough], lengths=batch.lengths[:enough] - cut, season=batch.season)
        ahead = run_candidates(kept, horizon=cut)
        for row in range(enough):
            length = batch.lengths[row]
            errors[row].append(batch.values[row, length - cut : length] - ahead[:, row])
    return errors


def _decide(history: Floats, ahead: Floats, missed: list[Floats], unit: float) -> SeriesForecast:
    names = list(CANDIDATES)
    if missed:
        sizes = np.array([np.abs(each).mean(axis=1) for each in missed])  # (origin, candidate)
        weights = _weights(sizes.mean(axis=0))
        combined = _combined_errors(missed, sizes)
        together = float(np.mean([np.abs(each).mean() for each in combined]))
        alone = int(np.argmin(sizes.mean(axis=0)))
        model, error, own = COMBINATION, together, combined
        if sizes[:, alone].mean() < _CLEARLY_BETTER * together and len(missed) > 1:
            model, error, own = names[alone], float(sizes[:, alone].mean()), [each[alone] for each in missed]
            weights = np.eye(len(names))[alone]
        spread = _spread(own)
    else:
        model, error = COMBINATION, None
        weights = _COMBINED / _COMBINED.sum()
        spread = float(np.abs(np.diff(history)).mean()) * 1.2533
    mean = weights @ ahead
    lowest = 0.0 if history.min() >= 0 else -np.inf
    width = spread * np.arange(1, len(mean) + 1) ** _GROWTH
    intervals = {
        level: (np.maximum(mean - t * width, lowest) * unit, np.maximum(mean + t * width, lowest) * unit)
        for level, t in ((level, table[max(2, len(missed))]) for level, table in _QUANTILES.items())
    }
    return SeriesForecast(
        mean=np.maximum(mean, lowest) * unit,
        intervals=intervals,
        model=model,
        weights=dict(zip(names, weights.tolist(), strict=True)),
        backtest_error=None if error is None else error * unit,
        errors=_average_errors(names, missed, unit),
        origins=len(missed),
        by_candidate=dict(zip(names, ahead * unit, strict=True)),
    )


def _average_errors(names: list[str], missed: list[Floats], unit: float) -> dict[str, float]:
    if not missed:
        return {}
    averages = np.mean([np.abs(each).mean(axis=1) for each in missed], axis=0) * unit
    return dict(zip(names, averages.tolist(), strict=True))


def _weights(sizes: Floats) -> Floats:
    raised = np.where(_COMBINED, np.maximum(sizes, 1e-9 + 1e-3 * sizes.max()) ** -float(_POWER), 0.0)
    return np.asarray(raised / raised.sum())


def _combined_errors(missed: list[Floats], sizes: Floats) -> list[Floats]:
    """The combination's errors at every origin, with the weights the other origins give."""
    found = []
    for origin, errors in enumerate(missed):
        others = np.delete(sizes, origin, axis=0) if len(missed) > 1 else sizes
        found.append(_weights(others.mean(axis=0)) @ errors)
    return found


def _spread(errors: list[Floats]) -> float:
    """The standard deviation of the error one step ahead, from errors at all steps, each brought down to one step."""
    squares = np.concatenate([(each / np.arange(1, len(each) + 1) ** _GROWTH) ** 2 for each in errors])
    return float(np.sqrt(squares.mean()))
