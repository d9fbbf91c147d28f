"""Finding the name somebody meant although it is misspelt, without comparing it to every name there is."""

from __future__ import annotations

from rapidfuzz import process
from rapidfuzz.distance import OSA

_ANCHOR = 3


class TypoIndex:
    """Name keys that can be found by near misses.

    Keys are filed under their first and their last three characters, each with their length: a single slip of the
    keyboard leaves one of the two intact unless the name is very short. Candidates are then compared by optimal string
    alignment distance (insertions, deletions, substitutions and swaps of neighbours count one). Not safe for
    concurrent use by itself.
    """

    def __init__(self) -> None:
        self._by_anchor: dict[str, list[str]] = {}

    def add(self, key: str) -> None:
        """File ``key``, which is not filed yet."""
        for anchor in _anchors(key, len(key)):
            self._by_anchor.setdefault(anchor, []).append(key)

    def discard(self, key: str) -> None:
        """Take ``key`` out if it is filed."""
        for anchor in _anchors(key, len(key)):
            keys = self._by_anchor.get(anchor, [])
            if key in keys:
                keys.remove(key)

    def nearest(self, key: str) -> frozenset[str]:
        """Return the filed keys at the smallest distance from ``key`` that passes for a typing error; often none."""
        allowed = _allowed_slips(key)
        if not allowed:
            return frozenset()
        lengths = range(len(key) - allowed, len(key) + allowed + 1)
        anchors = (anchor for length in lengths for anchor in _anchors(key, length))
        candidates = {near for anchor in anchors for near in self._by_anchor.get(anchor, ())}
        scored = process.extract(key, candidates, scorer=OSA.distance, score_cutoff=allowed, limit=8)
        best = min((distance for _, distance, _ in scored), default=None)
        return frozenset(near for near, distance, _ in scored if distance == best)


def _anchors(key: str, length: int) -> tuple[str, str]:
    return f"{key[:_ANCHOR]}{length}", f"{length}{key[-_ANCHOR:]}"


def _allowed_slips(key: str) -> int:
    """One slip from four characters on, two from eight: more would join different names ("Acme" and "Ace")."""
    if len(key) < 4 or key.isdigit():
        return 0
    return 1 if len(key) < 8 else 2
