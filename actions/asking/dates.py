"""The period a question or a kept query is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from actions.asking.terms import Term
from crm_store.insights.query.report_query import Period
from nlu.values import OPEN_END, OPEN_START, Reading, UnreadableValue, read_when

_YEAR = re.compile(r"\b20\d\d\b")
_PART_OF_A_YEAR = re.compile(
    r"q[1-4]|h[12]|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\b(week|month|quarter|year)s?\b", re.IGNORECASE)
_SHORT_UNITS = (
    (re.compile(r"\bq[1-4]\b|\bqtd\b", re.IGNORECASE), "quarter"),
    (re.compile(r"\bytd\b|\b20\d\d\b", re.IGNORECASE), "year"),
    (re.compile(r"\bmtd\b", re.IGNORECASE), "month"),
)


def period_read(said: str, reading: Reading, *, prefer: Literal["past", "future"]) -> Period | None:
    """The days that words for a time mean; None when they mean none."""
    if prefer == "past" and said.casefold().strip() in {"weekend", "the weekend"}:
        said = "last weekend"  # "how much did we sell over the weekend"
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


def with_their_year(dates: Sequence[Term]) -> list[Term]:
    """Times as they are meant beside each other: "h1 vs h2 2025" are both of 2025."""
    year = _YEAR.search(dates[-1].text) if len(dates) > 1 else None
    if year is None or _YEAR.fullmatch(dates[-1].text.strip()):
        return list(dates)
    last = _YEAR.sub("", dates[-1].text).strip().casefold()
    return [
        replace(each, text=f"{each.text} {year[0]}")
        if _PART_OF_A_YEAR.fullmatch(each.text.strip()) and each.text.strip().casefold() != last
        else each
        for each in dates
    ]
