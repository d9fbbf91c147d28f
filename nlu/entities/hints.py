"""What other readers already found in a message, as features for the tagger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nlu.entities.tokens import Token


class Hint(NamedTuple):
    """Characters ``start`` to ``end`` look like ``what`` ("value:date", "name:account") to somebody else."""

    what: str
    start: int
    end: int


def hint_features(tokens: Sequence[Token], hints: Sequence[Hint]) -> list[list[str]]:
    """Return, for each token, the hints it lies in (and whether it begins one) and those of its neighbours."""
    inside: list[list[str]] = [[] for _ in tokens]
    for hint in hints:
        begun = False
        for at, token in enumerate(tokens):
            if token.start < hint.end and token.end > hint.start:
                inside[at].append(f"{'I' if begun else 'B'}-{hint.what}")
                begun = True
    features = [[f"h={name}" for name in names] for names in inside]
    for at in range(len(tokens)):
        features[at] += [f"h-1={name}" for name in inside[at - 1]] if at else []
        features[at] += [f"h+1={name}" for name in inside[at + 1]] if at + 1 < len(tokens) else []
    return features
