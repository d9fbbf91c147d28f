"""The models that compete, and their blend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from crm_store.insights.outcomes.features import Bools, Encoder, Features, Floats

BLEND = "blend"
LARGE = "large_boosted_trees"
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """Probabilities of yes for any cases with the same columns."""

    encoder: Encoder
    members: tuple[tuple[Any, bool], ...]
    """Fitted classifiers of scikit-learn, each with whether it reads the matrix made for trees."""

    def probability(self, features: Features) -> Floats:
        """The probability of yes of each case: the mean over the members."""
        if not len(features):
            return np.zeros(0)
        if len(features) > _AT_ONCE:
            # The matrices of a hundred thousand cases would take hundreds of megabytes.
            starts = range(0, len(features), _AT_ONCE)
            parts = [features.rows(np.arange(first, min(first + _AT_ONCE, len(features)))) for first in starts]
            return np.concatenate([self.probability(part) for part in parts])
        matrices = {True: self.encoder.for_trees, False: self.encoder.for_lines}
        found = [member.predict_proba(matrices[trees](features))[:, 1] for member, trees in self.members]
        return np.asarray(np.mean(found, axis=0))


def fit_models(features: Features, outcome: Bools, *, large: bool = True) -> Mapping[str, FittedModel]:
    """Every competitor, fitted: logistic regression with little and much restraint, boosted trees small and large, and
    the blend of line and trees. ``large``: the large trees too, which take as long as all others together.
    """
    encoder = Encoder.fit(features)
    lines, trees = encoder.for_lines(features), encoder.for_trees(features)
    members = {
        name: (build().fit(trees if of_trees else lines, outcome), of_trees)
        for name, (build, of_trees) in _COMPETITORS.items()
        if large or name != LARGE
    }
    fitted = {name: FittedModel(encoder=encoder, members=(member,)) for name, member in members.items()}
    fitted[BLEND] = FittedModel(encoder=encoder, members=(members["logistic_regression"], members["boosted_trees"]))
    return fitted


def _logistic_regression() -> Any:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a second to import, and only for scores

    return LogisticRegression(C=0.3, max_iter=2000)


def _cautious_regression() -> Any:
    """The same drawn strongly towards everybody's share: for few cases, or columns that say little."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    return LogisticRegression(C=0.005, max_iter=2000)


def _boosted_trees() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=150, max_leaf_nodes=6, min_samples_leaf=20, l2_regularization=1.0,
        early_stopping=False, random_state=8,
    )  # fmt: skip


def _large_trees() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    return HistGradientBoostingClassifier(
        learning_rate=0.08, max_iter=300, max_leaf_nodes=24, min_samples_leaf=20, l2_regularization=1.0,
        early_stopping=False, random_state=8,
    )  # fmt: skip


_COMPETITORS: dict[str, tuple[Callable[[], Any], bool]] = {
    "cautious_regression": (_cautious_regression, False),
    "logistic_regression": (_logistic_regression, False),
    "boosted_trees": (_boosted_trees, True),
    LARGE: (_large_trees, True),
}
