"""The period a question or a kept query is about."""

from __future__ import annotations

import re
from typing import Literal

from crm_store.insights.query.report_query import Period
from nlu.values import OPEN_END, OPEN_START, Reading, UnreadableValue, read_when

_UNIT = re.compile(r"\b(week|month|quarter|year)s?\b", re.IGNORECASE)
_SHORT_UNITS = (
    (re.compile(r"\bq[1-4]\b|\bqtd\b", re.IGNORECASE), "quarter"),
    (re.compile(r"\bytd\b|\b20\d\d\b", re.IGNORECASE), "year"),
    (re.compile(r"\bmtd\b", re.IGNORECASE), "month"),
)


def period_read(said: str, reading: Reading, *, prefer: Literal["past", "future"]) -> Period | None:
    """The days that words for a time mean; None when they mean none."""
    try:
        when = read_when(said, reading, prefer=prefer)
    except UnreadableValue:
        return None
    if when is None:
        return None
    return Period(
        first=None if when.start == OPEN_START else when.first_day,
        last=None if when.end == OPEN_END else when.last_day,
        said=said,
    )


def read_again(period: Period, reading: Reading) -> Period:
    """A kept period as of now: "last quarter" has moved on, "Q3 2026" has not."""
    if not period.said:
        return period
    fresh = period_read(period.said, reading, prefer="past")
    return fresh or period


def unit_said(said: str) -> str | None:
    """The unit of the calendar in words for a time: "this year" is a year."""
    named = _UNIT.search(said)
    if named is not None:
        return named[1].casefold()
    return next((unit for pattern, unit in _SHORT_UNITS if pattern.search(said)), None)
