"""The period a report is compared with."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from crm_store.insights.query.report_query import Period, ReportQuery, Shift

_DAY = timedelta(days=1)


def compared_period(query: ReportQuery, today: date) -> Period | None:
    """The other period of a comparison, None when there is none.

    Of a period that is not over, one told by it ("the one before") has as many days as have passed of it.
    """
    period, against = query.period, query.against
    if isinstance(against, Period) or against is None:
        return against
    if period is None or period.first is None or period.last is None:
        return None
    first, last = period.first, period.last
    if against is Shift.YEAR_BEFORE:
        passed = min(last, today) if first <= today else last
        return Period(first=_year_before(first), last=_year_before(passed))
    before_first = _first_before(first, last)
    before_last = first - _DAY
    if first <= today < last:
        before_last = min(before_last, before_first + (today - first))
    return Period(first=before_first, last=before_last)


def up_to(period: Period | None, today: date) -> Period | None:
    """As much of a period that has begun as has passed."""
    if period is None or period.first is None or period.last is None or not is_running(period, today):
        return period
    return Period(first=period.first, last=today, said=period.said)


def is_running(period: Period, today: date) -> bool:
    """Whether a period has begun and is not over."""
    return (period.first is None or period.first <= today) and (period.last is not None and today < period.last)


def _first_before(first: date, last: date) -> date:
    """The beginning of as many whole months before, when it is whole months, else of as many days."""
    after = last + _DAY
    if first.day == 1 and after.day == 1:
        months = (after.year - first.year) * 12 + after.month - first.month
        index = first.year * 12 + first.month - 1 - months
        return date(index // 12, index % 12 + 1, 1)
    return first - (after - first)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, monthrange(day.year - 1, day.month)[1]))
