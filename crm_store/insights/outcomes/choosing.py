"""Which model is best on cases it has not seen, and how good it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_store.insights.outcomes.features import Bools, Features, Floats
from crm_store.insights.outcomes.judging import Quality, area_under_curve, judge
from crm_store.insights.outcomes.models import FittedModel, fit_models

LEAST_OF_EACH = 20
_FOLDS = 5
_TOO_GOOD = 0.985
_SIMPLER = ("cautious_regression", "logistic_regression", "blend", "boosted_trees", "large_boosted_trees")
_WORTH_IT = 0.001


class TooFewCases(ValueError):
    """There are not enough cases of each outcome to learn from and to check with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The best model, fitted on all cases, and what was found while choosing.

    ``qualities``: every competitor on the cases it was not fitted on. ``held_out``: the chosen one's probabilities for
    these cases (``judged`` says which). ``in_time_order``: every case was judged by a model of earlier cases only.
    """

    name: str
    model: FittedModel
    qualities: Mapping[str, Quality]
    held_out: Floats
    judged: NDArray[np.int64]
    in_time_order: bool

    @property
    def quality(self) -> Quality:
        """The chosen model's quality."""
        return self.qualities[self.name]


def choose_model(
    features: Features,
    outcome: Bools,
    *,
    order: NDArray[np.int64] | None = None,
    splits: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]] | None = None,
    large: bool = True,
) -> Chosen:
    """Compare all competitors by cross-validation and fit the best on everything.

    With ``order`` (the cases from the earliest to the latest) a case is judged by models of earlier cases, else by
    models of the other four fifths. ``splits``, as (cases to learn from, cases to judge), are the caller's own, in the
    order of time; those with too few of either outcome to learn from are passed over. ``large``: as for ``fit_models``.
    The best has the least log loss; a simpler one within 0.001 of it is preferred.
    Raises TooFewCases.
    """
    if min(int(outcome.sum()), int((~outcome).sum())) < LEAST_OF_EACH:
        raise TooFewCases
    judged: list[NDArray[np.int64]] = []
    said: dict[str, list[Floats]] = {}
    parts: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]
    if splits is not None:
        parts = [each for each in splits if _enough(outcome[each[0]])]
    else:
        parts = _in_time(outcome, order) if order is not None else _at_random(outcome)
    for train, test in parts:
        for name, model in fit_models(features.rows(train), outcome[train], large=large).items():
            said.setdefault(name, []).append(model.probability(features.rows(test)))
        judged.append(test)
    if not judged:
        raise TooFewCases
    cases = np.concatenate(judged)
    held_out = {name: np.concatenate(parts) for name, parts in said.items()}
    if len(np.unique(outcome[cases])) < 2:
        raise TooFewCases
    qualities = {name: judge(probability, outcome[cases]) for name, probability in held_out.items()}
    least = min(quality.log_loss for quality in qualities.values())
    name = next(each for each in _SIMPLER if each in qualities and qualities[each].log_loss <= least + _WORTH_IT)
    return Chosen(
        name=name,
        model=fit_models(features, outcome, large=large)[name],
        qualities=qualities,
        held_out=held_out[name],
        judged=cases,
        in_time_order=order is not None or splits is not None,
    )


def giveaways(features: Features, outcome: Bools) -> list[str]:
    """Columns that alone tell the outcome: they can only have been written after it."""
    found = []
    for name, column in features.columns.items():
        if Features.is_number(column):
            values = np.asarray(column, dtype=float)
            missing = np.isnan(values)
            scores = [np.where(missing, np.nanmin(values) - 1 if not missing.all() else 0.0, values), missing * 1.0]
        else:
            texts, places = np.unique(column, return_inverse=True)
            if len(texts) > len(column) / 5:
                continue
            shares = np.bincount(places, weights=outcome) / np.bincount(places)
            scores = [shares[places]]
        areas = [area_under_curve(score, outcome) for score in scores]
        if any(max(area, 1 - area) > _TOO_GOOD for area in areas):
            found.append(name)
    return found


def _at_random(outcome: Bools) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Five folds with the same share of yes in each."""
    random = np.random.default_rng(8)
    fold = np.empty(len(outcome), dtype=np.int64)
    for answer in (True, False):
        cases = random.permutation(np.flatnonzero(outcome == answer))
        fold[cases] = np.arange(len(cases)) % _FOLDS
    for each in range(_FOLDS):
        yield np.flatnonzero(fold != each), np.flatnonzero(fold == each)


def _in_time(outcome: Bools, order: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The latter half in five blocks, each judged by models of everything before it."""
    blocks = np.array_split(order[len(order) // 2 :], _FOLDS)
    for number, block in enumerate(blocks):
        before = np.concatenate([order[: len(order) // 2], *blocks[:number]])
        if len(block) and _enough(outcome[before]):
            yield before, block


def _enough(outcome: Bools) -> bool:
    """Whether there are enough cases of each outcome to learn from."""
    return min(int(outcome.sum()), int((~outcome).sum())) >= LEAST_OF_EACH // 2
