"""Is there a season, and what does it look like?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_store.insights.forecasting.batch import Batch, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The seasonal part of every series: ``factors`` (series, season), 1 or 0 throughout where there is none.

    ``multiplicative`` says for each series whether factors multiply or add.
    """

    factors: Floats
    multiplicative: np.ndarray[tuple[int], np.dtype[np.bool_]]
    present: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def over(self, first: int, count: int) -> Floats:
        """The factors of ``count`` points in time from ``first`` on."""
        return self.factors[:, np.arange(first, first + count) % self.factors.shape[1]]

    def remove(self, values: Floats) -> Floats:
        """The values without their season."""
        factors = self.over(0, values.shape[1])
        return np.where(self.multiplicative[:, None], values / np.where(factors == 0, 1, factors), values - factors)

    def put_back(self, forecasts: Floats, lengths: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """Forecasts with the season of the points in time after each series' end."""
        when = (lengths[:, None] + np.arange(forecasts.shape[1])) % self.factors.shape[1]
        factors = np.take_along_axis(self.factors, when, axis=1)
        return np.where(self.multiplicative[:, None], forecasts * factors, forecasts + factors)


def is_seasonal(values: Floats, season: int) -> bool:
    """Whether the autocorrelation at the season's lag is significant at 90 %, lags before it taken into account.

    The test of Assimakopoulos and Nikolopoulos (2000); needs three full seasons.
    """
    n = len(values)
    if season < 2 or n < 3 * season:
        return False
    centred = values - values.mean()
    total = float(centred @ centred)
    if total <= 0:
        return False
    autocorrelation = np.array([centred[:-lag] @ centred[lag:] for lag in range(1, season + 1)]) / total
    limit = 1.645 * np.sqrt((1 + 2 * np.sum(autocorrelation[:-1] ** 2)) / n)
    return bool(abs(autocorrelation[-1]) > limit)


def season_of(batch: Batch) -> Season:
    """The seasonal factors of a batch by classical decomposition: multiplicative where every value is positive."""
    m = batch.season
    count = len(batch.lengths)
    multiplicative = np.array([bool(np.all(row > 0)) for row in batch.rows()])
    factors = np.where(multiplicative[:, None], np.ones((count, m)), np.zeros((count, m)))
    present = np.zeros(count, dtype=bool)
    for index, values in enumerate(batch.rows()):
        if is_seasonal(values, m):
            factors[index] = seasonal_factors(values, m, multiplicative=bool(multiplicative[index]))
            present[index] = True
    return Season(factors=factors, multiplicative=multiplicative, present=present)


def seasonal_factors(values: Floats, season: int, *, multiplicative: bool) -> Floats:
    """The season's factors: means of what is left over a centred moving average, scaled to average 1 (or 0)."""
    n = len(values)
    weights = np.ones(season) / season if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5] / season
    trend = np.convolve(values, weights, mode="valid")
    start = (n - len(trend)) // 2
    rest = values[start : start + len(trend)]
    rest = np.divide(rest, trend, out=np.ones_like(rest), where=trend > 0) if multiplicative else rest - trend
    when = (np.arange(len(rest)) + start) % season
    factors = np.array([rest[when == each].mean() if np.any(when == each) else np.nan for each in range(season)])
    if multiplicative:
        factors = np.maximum(np.nan_to_num(factors, nan=1.0), 1e-3)
        return np.asarray(factors / factors.mean())
    factors = np.nan_to_num(factors, nan=0.0)
    return np.asarray(factors - factors.mean())
