"""Why a model says what it says of one case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_store.insights.outcomes.features import Column, Features
from crm_store.insights.outcomes.models import FittedModel

_BACKGROUND = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One column's part in a probability: ``effect`` in log-odds, above 0 when it speaks for yes."""

    column: str
    value: str | float
    effect: float


def reasons_for(model: FittedModel, case: Features, others: Features, *, most: int = 3) -> list[Reason]:
    """What sets one case apart, the strongest first.

    A column's effect is how far the log-odds fall, on average, when its value is replaced by those of a sample of
    other cases. ``case`` holds one row.
    """
    random = np.random.default_rng(8)
    sample = others.rows(random.choice(len(others), min(_BACKGROUND, len(others)), replace=False))
    count, names = len(sample), list(case.columns)
    stacked: dict[str, Column] = {}
    for position, name in enumerate(names):
        column = np.repeat(case.columns[name], count * len(names))
        wide = column.astype(np.result_type(column.dtype, sample.columns[name].dtype))
        wide[position * count : (position + 1) * count] = sample.columns[name]
        stacked[name] = wide
    changed = _log_odds(model.probability(Features(columns=stacked))).reshape(len(names), count).mean(axis=1)
    effects = _log_odds(model.probability(case))[0] - changed
    strongest = np.argsort(-np.abs(effects))[:most]
    return [
        Reason(column=names[i], value=case.columns[names[i]][0].item(), effect=float(effects[i])) for i in strongest
    ]


def _log_odds(
    probability: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    safe = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(safe / (1 - safe)))
