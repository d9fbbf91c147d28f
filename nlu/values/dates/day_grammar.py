"""Days and periods in a text, as terms that are not yet placed in time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from nlu.values.dates.calendar_terms import CalendarDay, DayTerm
from nlu.values.dates.day_parts import (
    YEAR_PREPOSITIONS,
    Counted,
    expects_date,
    is_whole,
    parse_day_number,
    parse_ordinal,
    parse_year,
)
from nlu.values.dates.numeric_dates import full_year, match_numeric_date
from nlu.values.dates.relative_terms import DaysFromToday, InYearOf, MonthPlace, NearestWeekday, UnitPlace, WeekdayPlace
from nlu.values.dates.vocabulary import ALSO_COMMON_WORDS, DAY_WORDS, MONTHS, PLACES, WEEKDAYS
from nlu.values.source_text import SourceText


class FoundDay(NamedTuple):
    """A day term and the index of the token after it."""

    end: int
    term: DayTerm


_POINTED_TIME = re.compile(r"(\d{1,2})\.([0-5]\d)(?![\d.])")
Rule = Callable[[SourceText, int, bool], "FoundDay | None"]


def _dot(source: SourceText, index: int) -> int:
    """Past the full stop of an abbreviation ("Jan. 5")."""
    return index + (source.word(index) == "." and source.token(index).glued and len(source.word(index - 1)) <= 4)


def year_after(source: SourceText, index: int) -> tuple[int, int | None, DayTerm | None]:
    """An optional year behind a month or day: the index after it, the year, or the period that says the year."""
    at = index + (source.word(index) == ",")
    at += source.word(at) in ("of", "in")
    at += source.word(at) == "the" and source.word(at + 1) in ("year", "current", "next", "last")
    at += source.word(at) == "year" and source.token(at + 1).is_digits
    year = parse_year(source, at)
    if year is not None:
        return year.end, year.value, None
    short = source.token(at)
    if source.word(at - 1) == "of" and short.is_digits and len(short.text) == 2 and int(short.text) > 31:
        return at + 1, full_year(short.text), None  # "April of 87"
    place = PLACES.get(source.word(at))
    if place is not None and source.word(at + 1) == "year":
        return at + 2, None, UnitPlace(unit="year", place=place)
    return index, None, None


def _month_day(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "March 31st, 2027", "March 2027", "March"."""
    month = MONTHS.get(source.word(index))
    if month is None or (source.token(index).glued and source.word(index - 1) in ("$", "#")):
        return None
    at = _dot(source, index + 1)
    number_at = at + (source.word(at) in ("the", "-"))
    if source.word(at) == "," and parse_ordinal(source, at + 1) is not None:
        number_at = at + 1
    number = parse_day_number(source, number_at)
    if number is not None and not number.is_ordinal and source.word(number.end) in ("st", "nd", "rd", "th"):
        number = number._replace(end=number.end + 1)
    year = parse_year(source, at) if source.token(at).text != "'" else None
    if year is not None and (number is None or year.end > number.end):
        number = None
    if number is not None and number.value >= 1 and _fits_day(source, number.end, number.is_ordinal):
        return _dated(source, number.end, month, number.value)
    end, said, year_term = year_after(source, at)
    if said is None and year_term is None:
        if article and not source.token(at).is_word:
            return None
        if not article and source.word(index) in ALSO_COMMON_WORDS and not expects_date(source, index, at):
            return None
        end = index + 1 if source.word(index + 1) != "." or not source.token(index + 2).is_word else at
    return _dated(source, end, month, None, said=(said, year_term))


def _fits_day(source: SourceText, end: int, is_ordinal: bool) -> bool:
    """Whether a number behind a month is its day and not an amount or a time ("march 40k", "may 9:30")."""
    if is_ordinal:
        return True
    after = source.token(end)
    if after.text in (":", "%", "$", "€", "£") or (after.glued and after.is_word):
        return False
    return after.text not in ("am", "pm", "percent", "dollars", "euros", "eur", "usd", "k", "million")


def _dated(
    source: SourceText, end: int, month: int, day: int | None, *, said: tuple[int | None, DayTerm | None] = (None, None)
) -> FoundDay:
    year, year_term = said
    if year is None and year_term is None:
        end, year, year_term = year_after(source, end)
    if year_term is not None:
        return FoundDay(end, InYearOf(month=month, day=day, year=year_term))
    return FoundDay(end, CalendarDay(year=year, month=month, day=day))


def _day_month(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "31 March 2027", "3rd of May", "twenty third day of September"."""
    number = parse_day_number(source, index)
    if number is None or source.word(index - 1) in ("$", "€", "£"):
        return None
    at = number.end
    at += source.word(at) == "." and source.token(at).glued
    at += source.word(at) == "day"
    of = source.word(at) == "of"
    at += of
    at += source.word(at) == "-"
    month = MONTHS.get(source.word(at))
    if month is None:
        return None
    if source.word(at) in ("mar", "may") and not of and not number.is_ordinal and not source.token(index).is_digits:
        return None
    return _dated(source, _dot(source, at + 1), month, number.value)


def _numeric(source: SourceText, index: int, article: bool) -> FoundDay | None:
    token = source.token(index)
    if not (token.is_digits or token.text in MONTHS):
        return None
    before = source.token(index - 1)
    if token.glued and (before.is_word or before.text in "/.:$€£#-+" or before.is_digits) and before.text != "-":
        return None
    found = match_numeric_date(source, index)
    return None if found is None else FoundDay(*found)


def _weekday(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "Friday", "next Friday", "Friday the 27th", "Fri 31 March", "Friday of next week"."""
    place = PLACES.get(source.word(index))
    at = index + (place is not None)
    nearest = 0
    if place == 0 and source.word(at) in ("past", "coming", "upcoming"):
        nearest, at = PLACES[source.word(at)], at + 1
    elif source.word(index) in ("past", "coming", "upcoming"):
        nearest = PLACES[source.word(index)]
    weekday = WEEKDAYS.get(source.word(at))
    if weekday is None:
        return None
    if nearest:
        return FoundDay(at + 1, NearestWeekday(weekday=weekday, sign=nearest))
    name_at, at = at, _dot(source, at + 1)
    if source.word(at) == "." or (
        at == name_at + 2 and not source.token(at).is_digits and source.word(at) not in MONTHS
    ):
        at = name_at + 1
    explicit = _explicit_day(source, at)
    if explicit is not None:
        return _placed(explicit, place)
    number_at = at + (source.word(at) in (",", "the"))
    number_at += source.word(number_at) == "the"
    number = parse_ordinal(source, number_at)
    if number is None and place is None:
        number = _plain_day_number(source, number_at)
    if number is not None and 1 <= number.value <= 31 and source.word(number.end) not in ("of", "quarter", "week"):
        return FoundDay(number.end, CalendarDay(day=number.value, weekday=weekday))
    if place is not None:
        week = FoundDay(at, WeekdayPlace(weekday=weekday, week=place))
        return week._replace(end=at + 2) if source.word(at) == "this" and source.word(at + 1) == "week" else week
    week_at = at + (source.word(at) in ("of", "in"))
    week_at += source.word(week_at) == "the"
    week_place = PLACES.get(source.word(week_at))
    if week_place is not None and source.word(week_at + 1) == "week":
        return FoundDay(week_at + 2, WeekdayPlace(weekday=weekday, week=week_place))
    if source.word(name_at) in ALSO_COMMON_WORDS and not expects_date(source, index, at) and not _timed(source, at):
        return None
    return FoundDay(at, CalendarDay(weekday=weekday))


def _placed(found: FoundDay, place: int | None) -> FoundDay:
    """A day of a month in the year that "this", "next" or "last" says."""
    term = found.term
    if place is None or not isinstance(term, CalendarDay) or term.year is not None or term.month is None:
        return found
    return found._replace(term=MonthPlace(month=term.month, day=term.day, place=place if place <= 0 else 0))


def _plain_day_number(source: SourceText, index: int) -> Counted | None:
    """ "21" in "Monday 21", unless it begins a time or a range of times."""
    token = source.token(index)
    if not token.is_digits or len(token.text) > 2 or int(token.text) < 13:
        return None
    after = source.token(index + 1)
    if (
        (after.text in (":", "-", "%", ".") and after.glued)
        or after.text in ("am", "pm", "a", "p")
        or (after.glued and after.is_word)
    ):
        return None
    return Counted(index + 1, int(token.text), False)


def _timed(source: SourceText, index: int) -> bool:
    after = source.token(index)
    return after.is_digits or after.text in ("at", "@", "morning", "afternoon", "evening", "night", "noon")


def _explicit_day(source: SourceText, index: int) -> FoundDay | None:
    """A full date behind a weekday, which then only decorates it."""
    at = index + (source.word(index) in (",", "-"))
    at += source.word(at) == "the"
    pointed = _POINTED_TIME.match(source.normal, source.token(at).start) if at == index else None
    if pointed is not None and (int(pointed[2]) > 12 or pointed[2] == "00") and int(pointed[1]) < 24:
        return None  # "Thu 9.30"
    found = match_numeric_date(source, at, after_weekday=True) if source.token(at).is_digits else None
    if found is not None:
        clock = source.word(found[0]) in ("am", "pm") or (source.word(at + 1) == "-" and len(source.word(at)) <= 2)
        return None if clock else FoundDay(*found)
    return _day_month(source, at, False) or _month_with_day(source, at)


def _month_with_day(source: SourceText, index: int) -> FoundDay | None:
    found = _month_day(source, index, False)
    if found is None or not isinstance(found.term, CalendarDay | InYearOf) or found.term.day is None:
        return None
    return found


def _placed_month(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "next March", "this May 5th"."""
    place = PLACES.get(source.word(index))
    month = MONTHS.get(source.word(index + 1)) if place is not None else None
    if place is not None and month is None:
        dated = _numeric(source, index + 1, False) or _day_month(source, index + 1, False)
        if dated is not None and isinstance(dated.term, CalendarDay) and dated.term.year is None and dated.term.month:
            return FoundDay(dated.end, MonthPlace(month=dated.term.month, day=dated.term.day, place=place))
    if place is None or month is None:
        return None
    if source.word(index + 1) in ALSO_COMMON_WORDS and not expects_date(source, index + 1, index + 2):
        return None
    number = parse_day_number(source, index + 2)
    if number is not None and 1 <= number.value <= 31 and _fits_day(source, number.end, number.is_ordinal):
        return FoundDay(number.end, MonthPlace(month=month, day=number.value, place=place))
    return FoundDay(index + 2, MonthPlace(month=month, day=None, place=place))


def _day_word(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "today", "the day after tomorrow"."""
    word = source.word(index)
    if word in DAY_WORDS:
        end = index + 1
        if source.word(end) == "'" and source.word(end + 1) == "s" and source.token(end).glued:
            end += 2
        at = end + (source.word(end) == ",")
        explicit = _explicit_day(source, at) if source.token(at).is_digits or source.word(at) in WEEKDAYS else None
        if explicit is not None and isinstance(explicit.term, CalendarDay) and explicit.term.year is not None:
            return explicit
        return FoundDay(end, DaysFromToday(days=DAY_WORDS[word]))
    if word == "day" and source.word(index + 1) in ("after", "before"):
        sign = 1 if source.word(index + 1) == "after" else -1
        anchor = DAY_WORDS.get(source.word(index + 2))
        if anchor is not None and (anchor > 0) == (sign > 0) and anchor != 0:
            return FoundDay(index + 3, DaysFromToday(days=anchor + sign))
    if word == "overmorrow":
        return FoundDay(index + 1, DaysFromToday(days=2))
    return None


def _day_of_month(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "the 17th", "on 17th"; not "the 2nd deal", which is a choice."""
    token = source.token(index)
    if not token.is_digits or not (article or source.word(index - 1) in ("on", "by", "until", "till", "since")):
        return None
    ordinal = parse_ordinal(source, index)
    if ordinal is None and source.word(index + 1) in ("from", "between", "at") and parse_day_number(source, index):
        return FoundDay(index + 1, CalendarDay(day=int(token.text))) if 1 <= int(token.text) <= 31 else None
    if ordinal is None or not 1 <= ordinal.value <= 31:
        return None
    after = source.token(ordinal.end)
    end = ordinal.end
    if source.word(end) == "day" and source.word(end + 1) == "of":
        return None
    if after.is_word and after.text not in _AFTER_DAY_OF_MONTH:
        return None
    return FoundDay(end, CalendarDay(day=ordinal.value))


_AFTER_DAY_OF_MONTH = frozenset(
    "at from to and or until till through thru between for in please with by around before after if when so then we "
    "i he "
    "she they it you is was will would as because but".split()
)


def _year(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "2027" where only a year fits, "year 2027", "calendar year 2027"."""
    at = index + (source.word(index) == "calendar" and source.word(index + 1) == "year")
    named = source.word(at) == "year"
    at += named
    if source.word(at) in ("two", "twenty") and source.word(at - 1) not in YEAR_PREPOSITIONS:
        return None
    year = parse_year(source, at)
    if year is None:
        return None
    month = MONTHS.get(source.word(year.end)) if source.token(at).is_digits else None
    if month is not None:
        return FoundDay(year.end + 1, CalendarDay(year=year.value, month=month))
    after = source.token(year.end)
    if (after.text in ("-", "/", "_") and after.glued) or (
        source.token(at).glued and source.word(at - 1) not in ("'", "(", "-")
    ):
        return None
    if not named:
        before = source.word(index - 1)
        recent = 2020 <= year.value <= 2039 and is_whole(source, index, year.end)
        joined = before in ("and", "or", "to") and parse_year(source, index - 2) is not None
        recent = recent or (before == "for" and 2010 <= year.value <= 2039)
        if not (before in YEAR_PREPOSITIONS or recent or joined):
            return None
    return FoundDay(year.end, CalendarDay(year=year.value))


CALENDAR_RULES: tuple[Rule, ...] = (
    _numeric,
    _day_month,
    _month_day,
    _weekday,
    _placed_month,
    _day_word,
    _day_of_month,
    _year,
)


def longest(found: list[FoundDay | None]) -> FoundDay | None:
    """The one that reaches furthest, the earliest of equals."""
    best: FoundDay | None = None
    for each in found:
        if each is not None and (best is None or each.end > best.end):
            best = each
    return best
