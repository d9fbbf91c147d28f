"""How wrong forecasts were: MASE, sMAPE, and how often the truth fell inside the intervals."""

from __future__ import annotations

import numpy as np

from crm_store.insights.forecasting.batch import Floats


def seasonal_naive_error(history: Floats, season: int) -> float:
    """The mean absolute error, within the history, of repeating the value a season ago: what MASE divides by.

    With less than a season of history, of repeating the last value. 0 for a constant series.
    """
    lag = season if len(history) > season else 1
    return float(np.abs(history[lag:] - history[:-lag]).mean()) if len(history) > lag else 0.0


def mase(actual: Floats, forecast: Floats, history: Floats, season: int) -> float | None:
    """Mean absolute scaled error (Hyndman & Koehler 2006); None when the history never changed."""
    scale = seasonal_naive_error(history, season)
    return float(np.abs(actual - forecast).mean()) / scale if scale > 0 else None


def smape(actual: Floats, forecast: Floats) -> float:
    """Symmetric mean absolute percentage error in percent, 0 to 200, as in the M3 competition."""
    size = np.abs(actual) + np.abs(forecast)
    return float(np.mean(200 * np.abs(actual - forecast) / np.where(size == 0, 1, size)))


def covered(actual: Floats, low: Floats, high: Floats) -> float:
    """The share of values inside their intervals."""
    return float(np.mean((actual >= low) & (actual <= high)))
