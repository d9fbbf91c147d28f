"""What happened with whom and when, as arrays: counts and sums over any stretch of days for all customers at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_DAYS = 4_000_000
"""More days than any date has; with it owner and day make one sortable number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events of owners numbered from 0, sorted by owner and day; ``sums`` are running totals of what each is worth."""

    owners: int
    keys: Ints
    sums: Floats

    @classmethod
    def of(cls, owner: Ints, day: Ints, worth: Floats | None = None, *, owners: int) -> Events:
        """From one entry per event, in any order. Days are ordinals."""
        keys = owner.astype(np.int64) * _DAYS + day
        order = np.argsort(keys, kind="stable")
        values = np.ones(len(keys)) if worth is None else worth[order]
        return cls(owners=owners, keys=keys[order], sums=np.concatenate([[0.0], np.cumsum(values)]))

    def count(self, after: Ints | int, until: Ints | int, of: Ints | None = None) -> Ints:
        """How many each owner had later than ``after`` and up to ``until`` (included)."""
        first, last = self._places(after, until, of)
        return last - first

    def total(self, after: Ints | int, until: Ints | int, of: Ints | None = None) -> Floats:
        """What they were worth together."""
        first, last = self._places(after, until, of)
        return np.asarray(self.sums[last] - self.sums[first])

    def last(self, until: Ints | int, of: Ints | None = None) -> Ints:
        """The day of each owner's last event up to a day; 0 when there was none."""
        first, place = self._places(0, until, of)
        days = self.keys[np.maximum(place - 1, 0)] % _DAYS if len(self.keys) else np.zeros(len(place), dtype=np.int64)
        return np.where(place > first, days, 0)

    def first(self, until: Ints | int, of: Ints | None = None) -> Ints:
        """The day of each owner's first event; 0 when there was none up to ``until``."""
        place, last = self._places(0, until, of)
        days = (
            self.keys[np.minimum(place, len(self.keys) - 1)] % _DAYS
            if len(self.keys)
            else np.zeros(len(place), dtype=np.int64)
        )
        return np.where(last > place, days, 0)

    def _places(self, after: Ints | int, until: Ints | int, of: Ints | None) -> tuple[Ints, Ints]:
        base = (np.arange(self.owners) if of is None else of) * _DAYS
        return (
            np.asarray(np.searchsorted(self.keys, base + after, side="right")),
            np.asarray(np.searchsorted(self.keys, base + until, side="right")),
        )
