"""Forecasts against held-out values of many series."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crm_store.insights.benching.figures import Figures
from crm_store.insights.benching.series_files import HeldOut, read_series
from crm_store.insights.benching.table import UnusableData
from crm_store.insights.forecasting.accuracy import covered, mase, smape
from crm_store.insights.forecasting.procedure import SHORTEST, SeriesForecast, forecast_all


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    series: HeldOut
    forecast: SeriesForecast


def bench_forecast(path: Path, *, season: int | None = None, horizon: int | None = None) -> Figures:
    """MASE, sMAPE and the intervals' coverage over a file's series, beside every single model's MASE."""
    series, notes = read_series(path, season=season, horizon=horizon)
    judged = _forecast(path, series)
    errors: dict[str, list[float]] = defaultdict(list)
    constant = 0
    for each in judged:
        history, truth = each.series.history, each.series.truth
        error = mase(truth, each.forecast.mean, history, each.series.season)
        if error is None:
            constant += 1
            continue
        errors["mase"].append(error)
        for name, values in each.forecast.by_candidate.items():
            single = mase(truth, values, history, each.series.season)
            errors[f"mase_{name}"].append(0.0 if single is None else single)
    if constant:
        notes.append(f"{constant} series repeat exactly season after season; they have no MASE")
    return Figures(
        numbers={
            "series": len(judged),
            **{name: float(np.mean(values)) for name, values in errors.items()},
            "smape": float(np.mean([smape(each.series.truth, each.forecast.mean) for each in judged])),
            **{
                f"coverage_{level}": float(
                    np.mean([covered(each.series.truth, *each.forecast.intervals[level]) for each in judged])
                )
                for level in (80, 95)
            },
        },
        choices={"chosen": dict(Counter(each.forecast.model for each in judged).most_common())},
        notes=tuple(notes),
    )


def _forecast(path: Path, series: list[HeldOut]) -> list[_Judged]:
    groups: dict[tuple[int, int], list[HeldOut]] = defaultdict(list)
    for each in series:
        if len(each.history) < SHORTEST:
            raise UnusableData(path, f"the series {each.name!r} has fewer than {SHORTEST} values to learn from")
        groups[each.season, len(each.truth)].append(each)
    judged: list[_Judged] = []
    for (season, horizon), members in groups.items():
        forecasts = forecast_all([each.history for each in members], season=season, horizon=horizon)
        judged += [_Judged(series=each, forecast=one) for each, one in zip(members, forecasts, strict=True)]
    return judged
