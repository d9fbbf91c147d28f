"""What is known of every case, and how it becomes numbers for a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Column = NDArray[np.float64] | NDArray[np.str_]

_MOST_CATEGORIES = 40
_RAREST = 5
_BINS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Columns of one length by name: numbers (NaN is missing) or texts ("" is missing)."""

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def rows(self, chosen: NDArray[np.int64] | Bools) -> Features:
        """Only some of the cases."""
        return Features(columns={name: column[chosen] for name, column in self.columns.items()})

    def without(self, names: Sequence[str]) -> Features:
        """All columns but these."""
        return Features(columns={name: column for name, column in self.columns.items() if name not in names})

    @staticmethod
    def is_number(column: Column) -> bool:
        """Whether a column holds numbers."""
        return column.dtype.kind == "f"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    """How a column of numbers is read: its mean and spread, and the borders of its bins."""

    mean: float
    spread: float
    borders: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """Features as matrices; what it learned, it learned from the cases it was fitted on."""

    numbers: Mapping[str, _Numbers]
    categories: Mapping[str, tuple[str, ...]]

    @classmethod
    def fit(cls, features: Features) -> Encoder:
        """Learn means, bins and categories."""
        numbers: dict[str, _Numbers] = {}
        categories: dict[str, tuple[str, ...]] = {}
        for name, column in features.columns.items():
            if not Features.is_number(column):
                counts = Counter(str(text) for text in column)
                common = [text for text, count in counts.most_common(_MOST_CATEGORIES) if count >= _RAREST]
                categories[name] = tuple(sorted(common))
                continue
            values = np.asarray(column, dtype=float)
            known = values[~np.isnan(values)]
            if not len(known):
                known = np.zeros(1)
            borders = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1]))
            spread = float(known.std())
            numbers[name] = _Numbers(mean=float(known.mean()), spread=spread or 1.0, borders=borders)
        return cls(numbers=numbers, categories=categories)

    def for_trees(self, features: Features) -> Floats:
        """(case, column): numbers as they are, a column of 0 and 1 for every category."""
        parts = [np.asarray(features.columns[name], dtype=float)[:, None] for name in self.numbers]
        parts += [self._one_hot(features, name) for name in self.categories]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(features), 0))

    def for_lines(self, features: Features) -> Floats:
        """(case, column): scaled numbers, their bins and whether they are missing, categories as 0 and 1."""
        parts: list[Floats] = []
        for name, read in self.numbers.items():
            values = np.asarray(features.columns[name], dtype=float)
            missing = np.isnan(values)
            filled = np.where(missing, read.mean, values)
            parts.append(np.clip((filled - read.mean) / read.spread, -5, 5)[:, None])
            parts.append(missing.astype(float)[:, None])
            parts += [(filled > border).astype(float)[:, None] for border in read.borders]
        parts += [self._one_hot(features, name) for name in self.categories]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(features), 0))

    def _one_hot(self, features: Features, name: str) -> Floats:
        column = features.columns[name]
        known = self.categories[name]
        if not known:
            return np.zeros((len(column), 1))
        return np.asarray(column[:, None] == np.array(known)[None, :], dtype=float)
