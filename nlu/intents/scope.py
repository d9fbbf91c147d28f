"""Deciding, from training data alone, when a message is too unlike it to be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nlu.intents.model import ScopeScale
from nlu.minilm import Floats

Flags = npt.NDArray[np.bool_]

REFUSAL_COST = 8.0
"""How many accepted strangers one refused good message is worth. The strangers learned from are held-out intents of the
same assistant, which are much harder to tell than the nonsense of real life, so this must be well above one."""

LEAST_REFUSED = 0.03
"""Share of rightly understood messages given up unless that takes refusing likely ones.

On a handful of examples per intent no message looks bad enough for REFUSAL_COST; this still buys half of the strangers.
"""

STRANGERS_REFUSED = 0.9
"""Share of the invented strangers (``nlu.intents.strangers``) that should be refused; some may be in scope here."""

MOST_REFUSED = 0.05
"""Share of rightly understood messages that may be given up for that."""

REAL_STRANGERS = 30
"""With so many real out-of-scope examples they weigh as much as the held-out intents."""

UNTAUGHT = ScopeScale(
    usual_score=0.0,
    usual_similarity=0.0,
    per_score=0.0,
    per_similarity=1.0,
    weight=16.0,
    bias=-8.0,
    threshold=1 / (1 + REFUSAL_COST),
)
"""For data that teach nothing about scope (one or two intents): half way at similarity 0.5, as for larger data."""

REGULARISATION = 100.0
_LEAST_SPREAD = 1e-6
NEWTON_STEPS, LONGEST_STEP = 50, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeSample:
    """Messages a classifier had not seen in training: what it made of each, and the truth.

    ``probability`` and ``score`` are those of the best intent (see ``nlu.intents.model.best_score``), ``similarity``
    that to the nearest training examples, ``right`` says whether the best intent is the true one, ``inside`` whether
    the message is in scope, ``stranger`` that it is a real out-of-scope example (not a message of a held-out intent).
    The last two are of invented strangers.
    """

    probability: Floats
    score: Floats
    similarity: Floats
    right: Flags
    inside: Flags
    stranger: Flags
    invented_score: Floats
    invented_similarity: Floats


def joined(samples: Sequence[ScopeSample]) -> ScopeSample:
    """Return the messages of all ``samples`` as one."""
    return ScopeSample(
        probability=np.concatenate([sample.probability for sample in samples]),
        score=np.concatenate([sample.score for sample in samples]),
        similarity=np.concatenate([sample.similarity for sample in samples]),
        right=np.concatenate([sample.right for sample in samples]),
        inside=np.concatenate([sample.inside for sample in samples]),
        stranger=np.concatenate([sample.stranger for sample in samples]),
        invented_score=np.concatenate([sample.invented_score for sample in samples]),
        invented_similarity=np.concatenate([sample.invented_similarity for sample in samples]),
    )


def learn_scale(sample: ScopeSample) -> ScopeScale:
    """Fit the scale to ``sample``, and set the threshold where refusing pays.

    Messages in scope that were taken for another intent teach nothing here: neither accepting nor refusing them is
    right.
    """
    used = sample.right | ~sample.inside
    if not sample.right.any() or sample.inside.all():
        return UNTAUGHT
    score, similarity = sample.score[sample.right], np.maximum(sample.similarity[sample.right], 0.0)
    units = replace(
        UNTAUGHT,
        usual_score=float(np.median(score)),
        usual_similarity=float(np.median(similarity)),
        per_score=_per_spread(score),
        per_similarity=_per_spread(similarity),
    )
    evidence = units.evidence(sample.score, sample.similarity)
    outside = ~sample.inside
    weights = np.where(sample.inside, 1 / sample.right.sum(), 1.0)
    real = int(sample.stranger.sum())
    share = real / (real + REAL_STRANGERS) if (outside & ~sample.stranger).any() else 1.0
    weights[sample.stranger] = share / max(1, real)
    held = outside & ~sample.stranger
    weights[held] = (1 - share) / max(1, int(held.sum()))
    weight, bias = _logistic(evidence[used], sample.inside[used], weights[used] * used.sum() / 2)
    scale = replace(units, weight=weight, bias=bias)
    given_up = float(np.quantile(evidence[sample.right], LEAST_REFUSED))
    if real < REAL_STRANGERS and len(sample.invented_score):
        invented = units.evidence(sample.invented_score, sample.invented_similarity)
        strangers = float(np.quantile(invented, STRANGERS_REFUSED))
        given_up = max(given_up, min(strangers, float(np.quantile(evidence[sample.right], MOST_REFUSED))))
    least = 1 / (1 + np.exp(-np.clip(weight * given_up + bias, -30, 30)))
    # Never past the middle: where strangers are easily told, good messages are not given up for nothing.
    return replace(scale, threshold=max(scale.threshold, min(0.5, float(least))))


def _per_spread(values: Floats) -> float:
    """One divided by the standard deviation; 0 for values that are all the same, which tell nothing."""
    spread = float(values.std())
    return 1 / spread if spread > _LEAST_SPREAD else 0.0


def _logistic(x: Floats, inside: Flags, weights: Floats) -> tuple[float, float]:
    """Return slope and offset of the logistic regression of ``inside`` on one number, by Newton's method."""
    design = np.stack([x, np.ones_like(x)], axis=1).astype(np.float64)
    penalty = np.diag([1 / REGULARISATION, 0.0])
    found = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        gradient = design.T @ (weights * (probability - inside)) + penalty @ found
        curvature = (design * (weights * probability * (1 - probability))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        # From the flat start a full step can overshoot; half-way between two slopes is never far off.
        found -= step * min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-12))
    return float(found[0]), float(found[1])
