"""Time series out of a file: long or wide CSV, or one JSON object per line with its own hold-out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from crm_store.insights.benching.table import DataTable, UnusableData, read_table
from crm_store.insights.forecasting.batch import Floats

_HORIZONS = {12: 18, 4: 8, 1: 6, 52: 13, 7: 14}
_PERIODS = {"monthly": 12, "quarterly": 4, "yearly": 1, "annual": 1, "weekly": 52, "daily": 7}
_NAMES = ("series", "series_id", "unique_id", "id", "item", "name")
_TIMES = ("period", "date", "month", "quarter", "ds", "time", "day", "week", "year", "timestamp")
_VALUES = ("value", "y", "amount", "revenue", "sales", "total", "trips", "quantity")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """A series cut in two: what the procedure sees, and what it is compared with."""

    name: str
    season: int
    history: Floats
    truth: Floats


def read_series(path: Path, *, season: int | None, horizon: int | None) -> tuple[list[HeldOut], list[str]]:
    """Every series of a file with its last values held out, and sentences about what was left out or assumed.

    ``season`` and ``horizon`` override what the file says or its dates show. Raises UnusableData.
    """
    if path.suffix.casefold() in {".jsonl", ".ndjson"}:
        return _read_json_lines(path, season, horizon)
    table = read_table(path)
    time = table.find(*_TIMES) or next((name for name in table.columns if table.is_dates(name)), None)
    if time is None or not table.is_dates(time):
        return _cut(path, _columns_as_series(table), season, horizon, [])
    days = table.dates(time)
    rest = [name for name in table.columns if name != time]
    value = table.find(*_VALUES)
    numeric = [name for name in rest if table.is_numeric(name)]
    if value is None and len(numeric) == 1:
        value = numeric[0]
    if value is None:
        if len(numeric) != len(rest) or not rest:
            raise table.unusable(f"no column for the value (one of: {', '.join(_VALUES)})")
        keyed: Mapping[str, dict[date, float]] = {name: _by_day(days, table.numbers(name)) for name in numeric}
    else:
        named = table.find(*_NAMES)
        keys = [named] if named else [name for name in rest if name != value and name not in numeric]
        keyed = _long(table, keys, days, table.numbers(value))
    found = season or _season_of_days([sorted(values) for values in keyed.values()])
    notes: list[str] = []
    series = {name: _regular(values, found, notes, name) for name, values in keyed.items()}
    return _cut(path, series, found, horizon, notes)


def _long(table: DataTable, keys: list[str], days: list[date], values: list[float]) -> dict[str, dict[date, float]]:
    names = zip(*(table.columns[key] for key in keys), strict=True) if keys else [()] * table.rows
    found: dict[str, dict[date, float]] = defaultdict(dict)
    for name, day, value in zip(names, days, values, strict=True):
        series = found[" / ".join(name) or "all"]
        if day in series:
            raise table.unusable(f"{day} occurs twice in the series {' / '.join(name) or 'all'!r}")
        if value == value:  # noqa: PLR0124 - NaN is not itself
            series[day] = value
    return found


def _by_day(days: list[date], values: list[float]) -> dict[date, float]:
    return {day: value for day, value in zip(days, values, strict=True) if value == value}  # noqa: PLR0124


def _columns_as_series(table: DataTable) -> dict[str, Floats]:
    """A file without dates: every numeric column is a series from top to bottom."""
    found = {}
    for name in table.columns:
        if table.is_numeric(name):
            values = np.array(table.numbers(name))
            found[name] = values[~np.isnan(values)]
    if not found:
        raise table.unusable("no column of dates and no column of numbers")
    return found


def _season_of_days(calendars: list[list[date]]) -> int:
    gaps = [(after - before).days for days in calendars for before, after in pairwise(days)]
    typical = float(np.median(gaps)) if gaps else 30.0
    for longest, season in ((2, 7), (10, 52), (45, 12), (120, 4)):
        if typical <= longest:
            return season
    return 1


def _regular(values: dict[date, float], season: int, notes: list[str], name: str) -> Floats:
    """Values in order of time; a month or quarter that is missing counts as 0, as in a file of sales."""
    days = sorted(values)
    if season not in {12, 4, 1} or not days:
        return np.array([values[day] for day in days])
    months = 12 // season
    places = {(day.year * 12 + day.month - 1) // months: values[day] for day in days}
    if len(places) != len(days):
        raise UnusableData(Path(name), f"several values in one period; say --season (found {season})")
    first, last = min(places), max(places)
    missing = last - first + 1 - len(places)
    if missing:
        notes.append(f"{name}: {missing} periods without a value count as 0")
    return np.array([places.get(place, 0.0) for place in range(first, last + 1)])


def _read_json_lines(path: Path, season: int | None, horizon: int | None) -> tuple[list[HeldOut], list[str]]:
    found: list[HeldOut] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            data: dict[str, Any] = json.loads(line)
            history, truth = (np.array(data[part], dtype=float) for part in ("train", "test"))
            kind = season or _PERIODS[str(data.get("period", "monthly")).casefold()]
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise UnusableData(path, f'line {number} is not {{"id", "period", "train", "test"}}: {err}') from err
        truth = truth[:horizon]
        if not len(truth) or not np.isfinite(history).all() or not np.isfinite(truth).all():
            raise UnusableData(path, f"line {number}: train and test must be lists of numbers")
        found.append(HeldOut(name=str(data.get("id", number)), season=kind, history=history, truth=truth))
    if not found:
        raise UnusableData(path, "is empty")
    return found, []


def _cut(
    path: Path, series: Mapping[str, Floats], season: int | None, horizon: int | None, notes: list[str]
) -> tuple[list[HeldOut], list[str]]:
    kind = season or 12
    ahead = horizon or _HORIZONS.get(kind, max(1, kind))
    found, short = [], 0
    for name, values in series.items():
        if len(values) - ahead < max(4, kind + 1):
            short += 1
            continue
        found.append(HeldOut(name=name, season=kind, history=values[:-ahead], truth=values[-ahead:]))
    if short:
        notes.append(f"{short} series are too short to hold out {ahead} values and were left out")
    if not found:
        raise UnusableData(path, f"every series is too short to hold out {ahead} values; say a smaller --horizon")
    return found, notes
