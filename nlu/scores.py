"""The usual figures of merit of classifiers and span finders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

Label = TypeVar("Label", bound=Hashable)
Span = TypeVar("Span", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassScore:
    """Precision, recall and F1 of one label; ``support`` is how often it is the true one. 0 where undefined."""

    precision: float
    recall: float
    f1: float
    support: int


def class_scores(gold: Sequence[Label], predicted: Sequence[Label]) -> dict[Label, ClassScore]:
    """Return the score of every label that occurs in either sequence."""
    true, said, right = Counter(gold), Counter(predicted), Counter[Label]()
    for expected, actual in zip(gold, predicted, strict=True):
        right[expected] += expected == actual
    return {label: _class_score(right[label], said[label], true[label]) for label in true | said}


def _class_score(right: int, said: int, true: int) -> ClassScore:
    precision = right / said if said else 0.0
    recall = right / true if true else 0.0
    return ClassScore(precision=precision, recall=recall, f1=2 * right / (said + true), support=true)


def macro_f1(gold: Sequence[Label], predicted: Sequence[Label]) -> float:
    """Return the unweighted mean F1 over all labels of either sequence, as scikit-learn does by default."""
    scores = class_scores(gold, predicted)
    return sum(score.f1 for score in scores.values()) / len(scores)


def matthews(gold: Sequence[Label], predicted: Sequence[Label]) -> float:
    """Return the multi-class Matthews correlation R_K (Gorodkin 2004); 0 when either side has only one label."""
    n = len(gold)
    right = sum(g == p for g, p in zip(gold, predicted, strict=True))
    true, said = Counter(gold), Counter(predicted)
    covariance = right * n - sum(true[label] * said[label] for label in true)
    spread_said = n * n - sum(count * count for count in said.values())
    spread_true = n * n - sum(count * count for count in true.values())
    return covariance / sqrt(spread_said * spread_true) if spread_said and spread_true else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanScore:
    """Precision, recall and F1 over exact spans of a whole data set (micro average)."""

    precision: float
    recall: float
    f1: float


def span_score(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> SpanScore:
    """Compare the spans of each text; a span is right when all of it is equal."""
    right = sum(len(set(g) & set(f)) for g, f in zip(gold, found, strict=True))
    true, said = sum(map(len, gold)), sum(map(len, found))
    score = _class_score(right, said, true) if true + said else ClassScore(precision=0, recall=0, f1=0, support=0)
    return SpanScore(precision=score.precision, recall=score.recall, f1=score.f1)
