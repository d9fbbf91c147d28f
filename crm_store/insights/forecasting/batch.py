"""Many series at once, so that one NumPy step does the work of thousands of Python ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Series of one season length, longest first, left-aligned and padded with their last value.

    ``values`` is (series, time), ``lengths`` (series,). A method returns its forecasts in the same order.
    """

    values: Floats
    lengths: Ints
    season: int

    @classmethod
    def of(cls, series: Sequence[Floats], *, season: int) -> tuple[Batch, Ints]:
        """A batch, and for each of its rows which of ``series`` it is."""
        order = np.argsort([-len(each) for each in series], kind="stable")
        width = len(series[order[0]])
        values = np.empty((len(series), width))
        for row, index in enumerate(order):
            each = series[index]
            values[row, : len(each)] = each
            values[row, len(each) :] = each[-1]
        return cls(values=values, lengths=np.array([len(series[i]) for i in order]), season=season), order

    def with_values(self, values: Floats) -> Batch:
        """The same shape with other values."""
        return Batch(values=values, lengths=self.lengths, season=self.season)

    def rows(self) -> Iterator[Floats]:
        """Every series without its padding."""
        for row, length in zip(self.values, self.lengths, strict=True):
            yield row[:length]

    def active(self) -> Iterator[tuple[int, int]]:
        """For every point in time: (t, how many series reach it); these are the first rows."""
        counts = np.searchsorted(-self.lengths, -np.arange(self.values.shape[1]), side="left")
        return enumerate(int(count) for count in counts)
