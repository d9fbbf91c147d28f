"""Calendar days, weeks, months, quarters and years as something a query can group by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, SQLColumnExpression, case, null

CalendarUnit = Literal["day", "week", "month", "quarter", "year"]
_MONTHS: dict[CalendarUnit, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A calendar day, week (from Monday), month, quarter or year; ``end`` is the day after its last."""

    start: date
    end: date


def buckets_between(first: date, last: date, unit: CalendarUnit) -> tuple[Bucket, ...]:
    """The units of the calendar that hold the days from ``first`` to ``last``, in order."""
    if unit == "day":
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return tuple(Bucket(start=day, end=day + timedelta(days=1)) for day in days)
    if unit == "week":
        monday, week = first - timedelta(days=first.weekday()), timedelta(days=7)
        weeks = (last - monday).days // 7 + 1
        return tuple(Bucket(start=monday + n * week, end=monday + (n + 1) * week) for n in range(weeks))
    step = _MONTHS[unit]
    index = (first.year * 12 + first.month - 1) // step
    stop = (last.year * 12 + last.month - 1) // step
    return tuple(
        Bucket(start=_month_start(number * step), end=_month_start((number + 1) * step))
        for number in range(index, stop + 1)
    )


def day_bucket(day: SQLColumnExpression[Any], buckets: Sequence[Bucket]) -> ColumnElement[Any]:
    """The index of the bucket a day falls in, or NULL; days before the first count to it."""
    if not buckets:
        return null()
    return case(*((day < bucket.end, index) for index, bucket in enumerate(buckets)), else_=null())


def instant_bucket(moment: SQLColumnExpression[Any], buckets: Sequence[Bucket], zone: ZoneInfo) -> ColumnElement[Any]:
    """The index of the bucket an instant falls in by the clocks of ``zone``, or NULL; the first takes all before it."""
    if not buckets:
        return null()
    return case(*((moment < midnight(b.end, zone), index) for index, b in enumerate(buckets)), else_=null())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant a calendar day begins in ``zone``, in UTC."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _month_start(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)
