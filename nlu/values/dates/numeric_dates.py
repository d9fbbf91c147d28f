"""Dates written in digits: "2027-03-31", "31.3.", "3/4" by locale, "5-jan-2019"."""

from __future__ import annotations

import re

from nlu.values.dates.calendar_terms import CalendarDay, WeekNumber
from nlu.values.dates.context import is_day_first
from nlu.values.dates.vocabulary import MONTHS
from nlu.values.errors import UnreadableValue
from nlu.values.source_text import SourceText

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2}|" + _MONTH + r")\2(\d{1,2})(?![\d])(?!\2\d)(?!\.\d)")
_WEEK = re.compile(r"(\d{4})[- ]?w(\d{1,2})(?![\d])")
_YEAR_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})(?![\d/.-])")
_MONTH_YEAR = re.compile(r"(\d{1,2})([-/])(\d{4})(?![\d/.-])")
_THREE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2((?:19|20)\d{2}|\d{2})(?![\d%])(?!\2\d)(?!,\d)")
_NAMED = re.compile(r"(\d{1,2})([-/.])(" + _MONTH + r")(?:\2((?:19|20)\d{2}|\d{2}))?(?![\w])")
_NAME_FIRST = re.compile(r"(" + _MONTH + r")([-/.])(\d{1,2})(?:\2((?:19|20)\d{2}|\d{2}))?(?![\w])")
_TWO = re.compile(r"(\d{1,2})([-/])(\d{1,2})(?:, ?((?:19|20)\d{2}))?(?![\w%])(?![/.]\d)(?!-\d+(?![\d/]))")
_NAMED_MONTH = re.compile(r"(" + _MONTH + r")([-/])((?:19|20)\d{2})(?![\w])(?!-\d{1,2}\b)")
_GERMAN = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.(?!\d)")
_SHORT_POINT = re.compile(r"(\d{1,2})\.(\d{1,2})(?![\w%.,])")
_NO_DATES = frozenset({"24/7", "50/50", "9/9/9"})


def full_year(digits: str) -> int:
    """A year of two digits is in 1950-2049."""
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 50 else 1900)


def match_numeric_date(
    source: SourceText, index: int, *, after_weekday: bool = False
) -> tuple[int, CalendarDay] | None:
    """The date in digits that starts at a token: the token index after it and the date.

    ``after_weekday`` also accepts "7.6" and "7-6", which alone are a number and a range. Raises UnreadableValue for a
    day no month has ("32/3/2027"), whichever of the two orders it is read in.
    """
    text, start = source.normal, source.token(index).start
    if match := _YEAR_FIRST.match(text, start):
        named = MONTHS.get(match[3])
        return _made(source, match, int(match[1]), int(match[3]) if named is None else named, int(match[4]))
    if match := _THREE.match(text, start):
        return _ordered(source, match, match[4])
    if match := _NAMED.match(text, start):
        return _made(source, match, full_year(match[4]) if match[4] else None, MONTHS[match[3]], int(match[1]))
    if match := _NAME_FIRST.match(text, start):
        return _made(source, match, full_year(match[4]) if match[4] else None, MONTHS[match[1]], int(match[3]))
    if match := _YEAR_MONTH.match(text, start):
        return _month(source, match, match[1], match[2])
    if match := _MONTH_YEAR.match(text, start):
        return _month(source, match, match[3], match[1])
    if match := _GERMAN.match(text, start):
        return _made(source, match, None, int(match[2]), int(match[1]), lenient=True)
    if (match := _TWO.match(text, start)) and (match[2] == "/" or after_weekday) and match[0] not in _NO_DATES:
        return _ordered(source, match, match[4])
    if match := _NAMED_MONTH.match(text, start):
        return source.index_at(match.end()), CalendarDay(year=int(match[3]), month=MONTHS[match[1]])
    if after_weekday and (match := _SHORT_POINT.match(text, start)):
        return _ordered(source, match, None, point=is_day_first(source.locale))
    return None


def match_week_date(source: SourceText, index: int) -> tuple[int, WeekNumber] | None:
    """ "2027-W12"."""
    match = _WEEK.match(source.normal, source.token(index).start)
    if match is None:
        return None
    return source.index_at(match.end()), WeekNumber(number=int(match[2]), year=int(match[1]))


def _month(source: SourceText, match: re.Match[str], year: str, month: str) -> tuple[int, CalendarDay] | None:
    if not (1900 <= int(year) <= 2199 and 1 <= int(month) <= 12):
        return None
    return source.index_at(match.end()), CalendarDay(year=int(year), month=int(month))


def _ordered(
    source: SourceText, match: re.Match[str], year: str | None, *, point: bool = True
) -> tuple[int, CalendarDay] | None:
    """Day and month in the locale's order; in the other one when only that can be (there is no 13th month)."""
    first, second = int(match[1]), int(match[3] if match.re is not _SHORT_POINT else match[2])
    day_first = is_day_first(source.locale) or (match.re is not _SHORT_POINT and match[2] == "." and point)
    day, month = (first, second) if day_first else (second, first)
    if month > 12 >= day:
        day, month = month, day
    return _made(source, match, full_year(year) if year else None, month, day, lenient=year is None)


def _made(
    source: SourceText, match: re.Match[str], year: int | None, month: int, day: int, *, lenient: bool = False
) -> tuple[int, CalendarDay] | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        if lenient:  # "24/7" or "50/60" need not be a date at all
            return None
        raise UnreadableValue(kind="date", reason="no_such_day", text=match[0])
    return source.index_at(match.end()), CalendarDay(year=year, month=month, day=day)
