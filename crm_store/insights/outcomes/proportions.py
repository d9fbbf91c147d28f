"""Shares with honest intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """So many of so many, with the interval the true share lies in with 95 % confidence (Wilson 1927)."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """(low, high); (0, 1) of nothing."""
        if not self.of:
            return 0.0, 1.0
        z, n, share = 1.959964, self.of, self.hits / self.of
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def chance_of_difference(self, other: Proportion) -> float:
        """How likely a difference this large is when the true shares are the same (two-sided, pooled)."""
        together, of = self.hits + other.hits, self.of + other.of
        if not self.of or not other.of or together in {0, of}:
            return 1.0
        pooled = together / of
        spread = sqrt(pooled * (1 - pooled) * (1 / self.of + 1 / other.of))
        return erfc(abs(self.hits / self.of - other.hits / other.of) / spread / sqrt(2))


def beyond_chance(chances: Sequence[float], *, false_alarms: float = 0.05) -> list[bool]:
    """Which of many differences to believe, so that at most this share of them is expected to be chance.

    The procedure of Benjamini and Hochberg (1995) over the chances of ``chance_of_difference``.
    """
    ranked = sorted(chances)
    passed = [each for rank, each in enumerate(ranked, start=1) if each <= false_alarms * rank / len(ranked)]
    limit = max(passed, default=-1.0)
    return [each <= limit for each in chances]
