"""How good probabilities are: do they rank, and do they mean what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_store.insights.outcomes.features import Bools, Floats

_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """``auc``: the chance that a yes is ranked above a no. ``calibration_error``: the mean distance between what was
    said and what happened over ten groups of equal size. ``lift``: how much more often yes among the tenth with the
    highest probability than among all.
    """

    auc: float
    log_loss: float
    brier: float
    calibration_error: float
    lift: float


def judge(probability: Floats, outcome: Bools) -> Quality:
    """The quality of probabilities of cases whose outcome is known; both outcomes must occur."""
    truth = outcome.astype(float)
    safe = np.clip(probability, 1e-9, 1 - 1e-9)
    tenth = np.argsort(-probability, kind="stable")[: max(1, len(truth) // 10)]
    return Quality(
        auc=area_under_curve(probability, outcome),
        log_loss=float(-np.mean(truth * np.log(safe) + (1 - truth) * np.log(1 - safe))),
        brier=float(np.mean((probability - truth) ** 2)),
        calibration_error=float(
            sum(abs(said - happened) * count for said, happened, count in calibration(probability, outcome))
            / len(truth)
        ),
        lift=float(truth[tenth].mean() / truth.mean()),
    )


def area_under_curve(score: Floats, outcome: Bools) -> float:
    """The area under the ROC curve by ranks, ties counted half."""
    from scipy.stats import rankdata  # noqa: PLC0415 - SciPy takes a while to import

    yes = int(outcome.sum())
    no = len(outcome) - yes
    ranks = rankdata(score)
    return float((ranks[outcome].sum() - yes * (yes + 1) / 2) / (yes * no))


def calibration(probability: Floats, outcome: Bools) -> list[tuple[float, float, int]]:
    """For ten groups of cases from the least to the most probable: what was said, what happened, how many."""
    order = np.argsort(probability, kind="stable")
    groups = [group for group in np.array_split(order, _BINS) if len(group)]
    return [(float(probability[each].mean()), float(outcome[each].mean()), len(each)) for each in groups]
