"""Why a model says what it says, for many cases at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crm_store.insights.outcomes.features import Column, Features, Floats
from crm_store.insights.outcomes.models import FittedModel
from crm_store.insights.outcomes.reasons import Reason

_CHUNK = 20_000


def typical(features: Features) -> dict[str, float | str]:
    """The middle value of every column of numbers, the commonest text of the others."""
    found: dict[str, float | str] = {}
    for name, column in features.columns.items():
        if Features.is_number(column):
            values = np.asarray(column, dtype=float)
            known = values[~np.isnan(values)]
            found[name] = float(np.median(known)) if len(known) else float("nan")
        else:
            texts, counts = np.unique(column, return_counts=True)
            found[name] = str(texts[int(np.argmax(counts))]) if len(texts) else ""
    return found


def reasons_for_all(
    model: FittedModel,
    cases: Features,
    usual: dict[str, float | str],
    *,
    groups: Sequence[Sequence[str]],
    most: int = 3,
) -> list[list[Reason]]:
    """What sets each case apart from the typical one, the strongest first; at most one reason of each group.

    The effect of a group of columns (those that say nearly the same, such as how long ago the last order was and how
    that compares with the usual gap) is how far the log-odds fall when they have the typical values; its reason shows
    the group's first column. Columns in no group are a group each.
    """
    grouped = {name for group in groups for name in group}
    all_groups = [*groups, *([name] for name in cases.columns if name not in grouped)]
    found: list[list[Reason]] = []
    for first in range(0, len(cases), _CHUNK):
        part = cases.rows(np.arange(first, min(first + _CHUNK, len(cases))))
        found += _of_part(model, part, usual, all_groups, most)
    return found


def _of_part(
    model: FittedModel, cases: Features, usual: dict[str, float | str], groups: Sequence[Sequence[str]], most: int
) -> list[list[Reason]]:
    said = _log_odds(model.probability(cases))
    effects = np.stack([said - _log_odds(model.probability(_with(cases, usual, group))) for group in groups], axis=1)
    strongest = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :most]
    return [
        [
            Reason(
                column=groups[place][0],
                value=cases.columns[groups[place][0]][row].item(),
                effect=float(effects[row, place]),
            )
            for place in places
        ]
        for row, places in enumerate(strongest)
    ]


def _with(cases: Features, usual: dict[str, float | str], names: Sequence[str]) -> Features:
    columns: dict[str, Column] = dict(cases.columns)
    for name in names:
        columns[name] = np.full(len(cases), usual[name])
    return Features(columns=columns)


def _log_odds(probability: Floats) -> Floats:
    safe = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(safe / (1 - safe)))
