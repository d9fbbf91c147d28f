"""Points in time in a text: days with times of day in either order, and instants counted from now."""

from __future__ import annotations

from typing import NamedTuple

from nlu.values.dates.calendar_terms import CalendarDay, DayTerm, PartOfYear, Season, WeekNumber
from nlu.values.dates.clock import ClockTime, PartOfDay
from nlu.values.dates.clock_grammar import parse_clock
from nlu.values.dates.clock_range_grammar import parse_clock_range, parse_part_of_day
from nlu.values.dates.moment import AroundNow, FromNow, Moment, TimeTerm
from nlu.values.dates.period_grammar import parse_day
from nlu.values.dates.relative_terms import (
    CountOf,
    DaysFromToday,
    InYearOf,
    MonthPlace,
    PartOf,
    Stretch,
    UnitAround,
    UnitPlace,
    WeekdayPlace,
)
from nlu.values.dates.span import Span
from nlu.values.dates.span_grammar import parse_length
from nlu.values.dates.vocabulary import LENGTHS, PARTS_OF_DAY, PLACES
from nlu.values.number_words import parse_number
from nlu.values.source_text import SourceText, remembered


class FoundTime(NamedTuple):
    """A time term and the token index after it."""

    end: int
    term: TimeTerm


_AT = frozenset({"at", "@", "around", "about", "approx", "by", "circa", "~"})
_JOINING = frozenset({"at", "@", "on", "around", "about", "in", "by", ",", "of", "-", "for"})
_MAX_PIECES = 4


@remembered
def parse_moment(source: SourceText, index: int) -> FoundTime | None:
    """The longest point in time that starts at a token; None when there is none.

    Raises UnreadableValue for a date or time in digits that does not exist.
    """
    instant = parse_instant(source, index)
    assembled = _assembled(source, index)
    if assembled is not None and (instant is None or assembled.end > instant.end):
        return assembled
    return instant


class _Pieces(NamedTuple):
    day: DayTerm | None = None
    clock: ClockTime | None = None
    until: ClockTime | None = None
    part: PartOfDay | None = None
    is_bare: bool = False
    """Whether the times are lone numbers, which only a day or part of the day makes times."""


def _assembled(source: SourceText, index: int) -> FoundTime | None:
    pieces = _Pieces()
    end = index
    for _ in range(_MAX_PIECES):
        best = _next_piece(source, end, pieces, index)
        if best is None:
            break
        end, pieces = best
    if end == index:
        return None
    if pieces.is_bare and pieces.day is None and pieces.part is None and source.word(index) != "between":
        return None
    if pieces.day is None and pieces.clock is None and not _part_stands_alone(source, index, pieces.part):
        return None
    end, day = _in_week(source, end, pieces.day)
    return FoundTime(end, Moment(day=day, clock=pieces.clock, until=pieces.until, part=pieces.part))


def _in_week(source: SourceText, end: int, day: DayTerm | None) -> tuple[int, DayTerm | None]:
    """A week said behind a weekday and its time: "Wednesday evening next week"."""
    place = PLACES.get(source.word(end))
    weekday = day.weekday if isinstance(day, CalendarDay) and day == CalendarDay(weekday=day.weekday) else None
    if place is not None and weekday is not None and source.word(end + 1) == "week":
        return end + 2, WeekdayPlace(weekday=weekday, week=place)
    return end, day


def _part_stands_alone(source: SourceText, index: int, part: PartOfDay | None) -> bool:
    """Whether a part of the day means a time without a day: "in the morning", not "good morning" or "night shift"."""
    if part is None or part.day_offset is not None or source.word(index) in ("in", "during", "early", "late", "later"):
        return part is not None
    before = source.word(index - 2) if source.word(index - 1) == "the" else source.word(index - 1)
    if len(source.tokens) == 1:
        return True
    return before in ("in", "during", "by", "until", "before", "after", "since", "at")


def is_single_day(day: DayTerm | None) -> bool:
    """Whether a day term is one day, which a time of day can be said of; "next month at 6" is two values."""
    if isinstance(day, UnitPlace):
        return day.unit == "day"
    if isinstance(day, CalendarDay):
        return day.day is not None or day.weekday is not None
    if isinstance(day, MonthPlace | InYearOf):
        return day.day is not None
    if isinstance(day, PartOf):
        return day.part in ("start", "end", "middle")
    return not isinstance(day, WeekNumber | PartOfYear | Season | Stretch | CountOf | UnitAround)


def _next_piece(source: SourceText, at: int, pieces: _Pieces, begin: int) -> tuple[int, _Pieces] | None:
    """The longest piece a moment can be continued with at a token, and the pieces with it."""
    if pieces.day is not None and not is_single_day(pieces.day):
        return None
    first = at == begin
    start, bare = _first_joint(source, at) if first else _joint(source, at)
    if start is None:
        return None
    options: list[tuple[int, _Pieces]] = []  # a day comes first: "2015-12" is a month before it is a range of hours
    if pieces.day is None:
        day = parse_day(source, start)
        if day is not None and (first or is_single_day(day.term)):
            options.append((day.end, pieces._replace(day=day.term)))
    options += _time_options(source, start, pieces, bare=bare, adjoining=start == at and not first)
    if pieces.part is None:
        part = parse_part_of_day(source, start)
        if part is not None and not (part.part.day_offset is not None and pieces.day is not None):
            options.append((part.end, pieces._replace(part=part.part)))
        elif pieces.day is not None and pieces.clock is None and source.word(start) in ("am", "pm"):
            name = "morning" if source.word(start) == "am" else "afternoon"
            hours = PARTS_OF_DAY[name]
            options.append(
                (start + 1, pieces._replace(part=PartOfDay(name=name, start_hour=hours[0], end_hour=hours[1])))
            )
    return max(options, key=lambda option: option[0], default=None)


def _time_options(
    source: SourceText, start: int, pieces: _Pieces, *, bare: bool, adjoining: bool
) -> list[tuple[int, _Pieces]]:
    """The times of day and ranges of them at a token that may continue a moment."""
    if pieces.clock is not None:
        return []
    options: list[tuple[int, _Pieces]] = []
    has_day = pieces.day is not None or pieces.part is not None
    led = source.word(start) in ("from", "between")
    span = parse_clock_range(source, start, allow_bare=True)
    if span is not None and (not span.is_bare or led or adjoining or bare or not has_day):
        options.append(
            (
                span.end,
                pieces._replace(clock=span.first, until=span.last, is_bare=span.is_bare and not (bare and has_day)),
            )
        )
    part_follows = (
        source.word(start + 1) == "in" and source.word(start + 2) == "the" and source.word(start + 3) in PARTS_OF_DAY
    )
    in_words = has_day and source.token(start).is_word
    with_h = has_day and source.word(start + 1) == "h" and source.token(start + 1).glued  # "Friday 14h"
    dotted = has_day and source.word(start + 1) == "." and source.token(start + 1).glued  # "Thu 9.30"
    bare = bare or (adjoining and _is_last_hour(source, start, pieces.day))
    clock = parse_clock(source, start, allow_bare=bare or in_words or part_follows or with_h or dotted)
    if clock is not None and (not clock.is_bare or bare or part_follows or clock.clock.minute):
        is_bare = clock.is_bare and not bare
        options.append((clock.end, pieces._replace(clock=clock.clock, is_bare=is_bare)))
    return options


def _is_last_hour(source: SourceText, start: int, day: DayTerm | None) -> bool:
    """Whether a lone number right behind a named day ends the text: "tomorrow 10", not "friday 13 boxes"."""
    named = isinstance(day, DaysFromToday) or (
        isinstance(day, CalendarDay) and day.weekday is not None and day == CalendarDay(weekday=day.weekday)
    )
    ends = all(not token.text.isalnum() for token in source.tokens[start + 1 :])
    # "remind me tmrw 10 to call"; a range of hours is longer and wins.
    ends = ends or (source.word(start + 1) == "to" and source.token(start + 2).is_word)
    return named and ends and source.token(start).is_digits


def _first_joint(source: SourceText, at: int) -> tuple[int | None, bool]:
    """Where the first piece starts, and whether an "at" before or in it lets a lone number be an hour."""
    if source.word(at) in ("at", "@"):
        return (at + 1, True) if not source.token(at + 1).is_word else (None, False)
    return (None, False) if source.word(at) in _AT else (at, source.word(at - 1) in _AT)


def _joint(source: SourceText, at: int) -> tuple[int | None, bool]:
    """Past the words that join the pieces of a moment, and whether one of them lets a lone number be an hour."""
    bare = False
    for _ in range(3):
        word = source.word(at)
        if word not in _JOINING or (word == "in" and source.word(at + 1) in ("the", "early", "late")):
            break
        if word == "for" and source.word(at + 2) != ":":
            break
        if word == "-" and source.token(at).glued and source.token(at + 1).glued:
            break
        bare = bare or word in _AT
        at += 1
    return at, bare


_NOW = frozenset({"now", "rn"})


def parse_instant(source: SourceText, index: int) -> FoundTime | None:
    """ "in 20 minutes", "2 hours ago", "the next 3 hours", "right now"."""
    word = source.word(index)
    if word in _NOW:
        return FoundTime(index + 1, FromNow())
    if word in ("right", "just") and source.word(index + 1) == "now":
        return FoundTime(index + 2, FromNow())
    if word == "at" and source.word(index + 1) in ("the", "this") and source.word(index + 2) in ("moment", "minute"):
        return FoundTime(index + 3, FromNow())
    at = index
    lead = word if word in ("in", "within", "over", "during") else ""
    if lead:
        at += 1
        at += source.word(at) == "the"
        at += source.word(at) in ("about", "around", "roughly")
    elif word == "the":
        at += 1
    place = PLACES.get(source.word(at))
    at += place is not None
    length = parse_length(source, at, minutes_m=lead in ("in", "within"))
    if length is None:
        return _uncounted(source, at, place) or _postfix(source, at)
    if length.workdays or length.span.is_whole_days:
        return None
    if place is not None:
        return FoundTime(length.end, AroundNow(span=length.span, sign=1 if place >= 0 else -1))
    after = source.word(length.end)
    if after in ("ago", "back", "earlier"):
        return FoundTime(length.end + 1, FromNow(span=length.span, sign=-1))
    if after in ("later", "hence"):
        return FoundTime(length.end + 1, FromNow(span=length.span))
    if after in ("from", "after") and source.word(length.end + 1) == "now":
        return FoundTime(length.end + 2, FromNow(span=length.span))
    if lead == "in":
        return FoundTime(length.end, FromNow(span=length.span))
    return FoundTime(length.end, AroundNow(span=length.span, sign=1)) if lead == "within" else None


def _uncounted(source: SourceText, at: int, place: int | None) -> FoundTime | None:
    """ "last hour", "next minute"."""
    unit = LENGTHS.get(source.word(at))
    if (
        place is None
        or place == 0
        or unit is None
        or unit[0] != "second"
        or len(source.word(at)) < 3
        or source.word(at) == "second"
    ):
        return None
    return FoundTime(at + 1, AroundNow(span=Span(seconds=unit[1]), sign=1 if place > 0 else -1))


def _postfix(source: SourceText, at: int) -> FoundTime | None:
    """ "5 past minutes", "5 coming minutes"."""
    number = parse_number(source, at)
    if number is None or number.value != int(number.value) or not 0 < number.value < 10**6:
        return None
    place = PLACES.get(source.word(number.end), 0)
    unit = LENGTHS.get(source.word(number.end + 1))
    if place == 0 or unit is None or unit[0] != "second":
        return None
    return FoundTime(number.end + 2, AroundNow(span=Span(seconds=int(number.value) * unit[1]), sign=place))
