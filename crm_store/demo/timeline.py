"""When things happen in the demo: three years up to yesterday, with seasons, growth, office days and office hours."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

YEARLY_GROWTH = 1.15
_MONTH_WEIGHTS = (0.80, 0.90, 1.30, 0.80, 0.90, 1.25, 0.85, 0.60, 1.25, 0.85, 1.00, 1.60)
"""How much business is closed in each month: peaks at quarter ends, a strong December, a weak August."""

_OPENING_HOUR = 9
_OFFICE_MINUTES = 400
"""Office hours of the demo end at 15:40, so that even on the American west coast a day ends before the UTC day does."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The demo's calendar. ``today`` is the UTC day of seeding; everything that has happened did so before it."""

    today: date
    start: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", self.today - timedelta(days=3 * 365 + 1))

    @property
    def yesterday(self) -> date:
        """The last day on which something may have happened."""
        return self.today - timedelta(days=1)

    def growth(self, day: date) -> float:
        """How large the business is on ``day``, compared with the first day."""
        return float(YEARLY_GROWTH ** ((day - self.start).days / 365.25))

    def closing_days(self, rng: Random, count: int) -> list[date]:
        """Office days on which deals are closed, in order, following the season and the growth."""
        days = [self.start + timedelta(days=offset) for offset in range(20, (self.today - self.start).days)]
        weights = [season(day) * self.growth(day) if day.weekday() < 5 else 0.0 for day in days]
        totals = list(accumulate(weights))
        # Systematic sampling: evenly spaced over the weights, so that even months with few deals show their season.
        offset = rng.random()
        return [days[bisect(totals, (index + offset) / count * totals[-1])] for index in range(count)]

    def day_between(self, rng: Random, first: date, last: date) -> date:
        """An office day from ``first`` to ``last`` (the Friday before ``first`` at the earliest), before today."""
        last = min(last, self.yesterday)
        return office_day(first + timedelta(days=rng.randint(0, max(0, (last - first).days))))


def season(day: date) -> float:
    """The weight of a day for closing deals: its month's, and more in the last ten days of a quarter."""
    weight = _MONTH_WEIGHTS[day.month - 1]
    return weight * 1.7 if day.month % 3 == 0 and day.day > 20 else weight


def office_day(day: date) -> date:
    """``day``, or the Friday before it; keeps the order of days."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def office_time(rng: Random, day: date, zone: ZoneInfo) -> datetime:
    """A moment in the office hours of ``day`` in ``zone``, in UTC."""
    return at_local(day, time(_OPENING_HOUR), zone) + timedelta(minutes=rng.randrange(_OFFICE_MINUTES))


def at_local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment at which the clocks of ``zone`` show ``clock`` on ``day``, in UTC."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def in_order(rng: Random, days: list[date], zone: ZoneInfo) -> list[datetime]:
    """A moment on each of the ordered ``days``, each later than the one before."""
    moments: list[datetime] = []
    for day in days:
        moment = office_time(rng, office_day(day), zone)
        if moments and moment <= moments[-1]:
            moment = moments[-1] + timedelta(minutes=rng.randint(1, 9))
        moments.append(moment)
    return moments
