"""Points in time in a text: days with times of day in either order, and instants counted from now."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from nlu.values.dates.calendar_terms import CalendarDay, DayTerm
from nlu.values.dates.clock import ClockTime, PartOfDay, parse_clock, parse_clock_range, parse_part_of_day
from nlu.values.dates.moment import AroundNow, FromNow, Moment, TimeTerm
from nlu.values.dates.period_grammar import FoundDay, parse_day
from nlu.values.dates.relative_terms import DaysFromToday, PartOf, UnitPlace, WeekdayPlace
from nlu.values.dates.span import Span
from nlu.values.dates.span_grammar import parse_length
from nlu.values.dates.vocabulary import LENGTHS, PLACES
from nlu.values.number_words import parse_number
from nlu.values.source_text import SourceText


class FoundTime(NamedTuple):
    """A time term and the token index after it. ``is_weak`` when it only means a time next to a range's other end."""

    end: int
    term: TimeTerm
    is_weak: bool = False


_AT = frozenset({"at", "@", "around", "about", "approx", "by", "circa", "~"})
_JOINING = frozenset({"at", "@", "on", "around", "about", "in", "by", ",", "of", "-", "from", "for", "between"})
_MAX_PIECES = 4


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
    if pieces.clock is None and pieces.part is None and pieces.day is None:
        return None
    term = Moment(day=pieces.day, clock=pieces.clock, until=pieces.until, part=pieces.part)
    if pieces.day is None and pieces.clock is None and pieces.part is not None and pieces.part.day_offset is None:
        if not _part_stands_alone(source, index, end):
            return None
    if pieces.clock is not None and not _single_day(pieces.day):
        return FoundTime(end, replace(term, day=pieces.day))
    return FoundTime(end, term)


def _single_day(day: DayTerm | None) -> bool:
    return not isinstance(day, UnitPlace) or day.unit == "day"


def _part_stands_alone(source: SourceText, index: int, end: int) -> bool:
    """A part of the day without a day: "in the morning", not "good morning" or "night shift"."""
    if source.word(index) in ("in", "during", "early", "late", "later"):
        return True
    return source.word(index - 1) in ("in", "during", "the", "by", "until", "before", "after", "at", "since") and (
        source.word(index - 2) in ("in", "during", "by", "until", "before", "after", "since") or source.word(index - 1) != "the"
    )


def _next_piece(source: SourceText, at: int, pieces: _Pieces, begin: int) -> tuple[int, _Pieces] | None:
    first = at == begin
    joined = at
    bare = False
    if not first:
        for _ in range(3):
            word = source.word(joined)
            if word not in _JOINING:
                break
            if word in ("from", "between") or (word == "in" and source.word(joined + 1) in ("the", "early", "late")):
                break
            if word == "for" or (word == "-" and source.token(joined).glued and source.token(joined + 1).glued):
                break
            bare = bare or word in _AT
            joined += 1
    else:
        bare = source.word(at - 1) in _AT or (source.word(at) in _AT)
        joined += source.word(at) in ("at", "@") and not source.token(at + 1).is_word
        if source.word(at) in _AT and joined == at:
            return None
    options: list[tuple[int, _Pieces]] = []
    has_day = pieces.day is not None
    if pieces.clock is None:
        compact = has_day and isinstance(pieces.day, CalendarDay | DaysFromToday | WeekdayPlace) and joined == at
        span = parse_clock_range(source, joined, allow_bare=has_day or pieces.part is not None)
        if span is not None and (not span.is_bare or compact or source.word(joined) in ("from", "between") or bare):
            options.append((span.end, pieces._replace(clock=span.first, until=span.last)))
        with_words = has_day and source.token(joined).is_word
        clock = parse_clock(source, joined, allow_bare=bare or with_words)
        if clock is not None and (not clock.is_bare or bare or clock.clock.minute):
            options.append((clock.end, pieces._replace(clock=clock.clock)))
    if pieces.day is None:
        day = parse_day(source, joined)
        if day is not None and (first or _may_join(source, day, joined, at)):
            options.append((day.end, pieces._replace(day=day.term)))
    if pieces.part is None:
        part = parse_part_of_day(source, joined)
        if part is not None and not (part.part.day_offset is not None and has_day):
            options.append((part.end, pieces._replace(part=part.part)))
    best: tuple[int, _Pieces] | None = None
    for option in options:
        if best is None or option[0] > best[0]:
            best = option
    return best


def _may_join(source: SourceText, day: FoundDay, joined: int, at: int) -> bool:
    """Whether a day behind a time belongs to it: days do, "next month" and "2027" are another matter."""
    term = day.term
    if isinstance(term, UnitPlace):
        return term.unit == "day"
    if isinstance(term, CalendarDay):
        return term.day is not None or term.weekday is not None
    return not isinstance(term, PartOf)


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
    if place in (None, 0) or unit is None or unit[0] != "second" or len(source.word(at)) < 3 or source.word(at) == "second":
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
