"""What is counted and added up for a report, so that every figure of all groups follows from those of the groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from crm_store.insights.query.layer import Measure

HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over records; they add up over any grouping. Amounts are in the company's currency and unrounded.

    ``count`` is of all records; ``without_amount`` and ``without_rate`` of them are missing in ``amount`` and
    ``weighted``. ``won`` of them are won. ``days`` is the sum of the durations of ``timed`` of them;
    ``earned`` the commission on them.
    """

    count: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    without_amount: int = 0
    without_rate: int = 0
    won: int = 0
    days: Decimal = Decimal(0)
    timed: int = 0
    quota: Decimal = Decimal(0)
    earned: Decimal = Decimal(0)

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})

    @property
    def counted(self) -> int:
        """How many records are in ``amount``."""
        return self.count - self.without_amount - self.without_rate

    def value(self, measure: Measure) -> Decimal | None:
        """The figure, None when there is nothing to take it of: a share from 0 to 1, days or hours, an amount."""
        match measure:
            case Measure.AMOUNT | Measure.ORDER_VALUE:
                return self.amount
            case Measure.WEIGHTED:
                return self.weighted
            case Measure.AVERAGE | Measure.AVERAGE_ORDER:
                return self.amount / self.counted if self.counted else None
            case Measure.COMMISSION:
                return self.earned
            case Measure.WIN_RATE:
                return Decimal(self.won) / self.count if self.count else None
            case Measure.ATTAINMENT:
                return self.amount / self.quota if self.quota else None
            case Measure.CYCLE:
                return self.days / self.timed if self.timed else None
            case Measure.FIRST_RESPONSE | Measure.RESOLUTION:
                return self.days * HOURS_A_DAY / self.timed if self.timed else None
            case _:
                return Decimal(self.count)


Key = tuple[Any, ...]
Tallies = Mapping[Key, Tally]
"""Tallies by the keys of the groups, one for each dimension."""


def total_of(tallies: Tallies) -> Tally:
    """All of them together."""
    return sum(tallies.values(), Tally())


def regrouped(tallies: Tallies, keys: Mapping[Key, Key]) -> dict[Key, Tally]:
    """The tallies under other keys, added up where these are the same; a key that is not named stays."""
    found: dict[Key, Tally] = {}
    for key, tally in tallies.items():
        new = keys.get(key, key)
        found[new] = found[new] + tally if new in found else tally
    return found
