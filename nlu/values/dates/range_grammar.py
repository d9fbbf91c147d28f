"""Ranges in a text: "from March to June", "1-10 May", "since Monday", "until Friday", "after 3pm"."""

from __future__ import annotations

from dataclasses import replace

from nlu.values.dates.calendar_terms import CalendarDay, DayTerm, PartOfYear
from nlu.values.dates.clock_grammar import parse_clock
from nlu.values.dates.day_parts import parse_day_number, parse_year
from nlu.values.dates.moment import Between, FromNow, Moment, OpenRange, Side, TimeTerm
from nlu.values.dates.moment_grammar import FoundTime, parse_moment
from nlu.values.dates.period_grammar import parse_day
from nlu.values.dates.relative_terms import DaysFromToday, Stretch, UnitPlace
from nlu.values.dates.span_grammar import parse_length
from nlu.values.dates.timed_range_grammar import parse_clock_for_length, parse_day_with_side
from nlu.values.source_text import SourceText

_LINKS = frozenset({"to", "-", "~", "until", "till", "til", "through", "thru", "upto"})
_SIDES: dict[str, Side] = {
    "since": "since",
    "until": "until",
    "till": "until",
    "til": "until",
    "through": "until",
    "before": "before",
    "after": "after",
    "starting": "since",
    "beginning": "since",
    "from": "since",
}
_SIDE_PHRASES: dict[tuple[str, ...], Side] = {
    ("later", "than"): "after",
    ("earlier", "than"): "before",
    ("prior", "to"): "before",
    ("any", "time", "from"): "since",
    ("any", "time", "after"): "after",
    ("any", "time", "before"): "before",
    ("any", "time", "until"): "until",
    ("as", "of"): "since",
    ("as", "from"): "since",
    ("as", "early", "as"): "since",
    ("as", "late", "as"): "until",
    ("no", "later", "than"): "until",
    ("no", "earlier", "than"): "since",
    ("up", "to"): "until",
    ("up", "until"): "until",
}


def parse_range(source: SourceText, index: int) -> FoundTime | None:
    """The longest range named by one or both ends that starts at a token; None when there is none.

    Raises UnreadableValue for a date or time in digits that does not exist.
    """
    found = (
        _between(source, index),
        _one_sided(source, index),
        parse_day_with_side(source, index),
        _or_later(source, index),
        _for_length(source, index),
        parse_clock_for_length(source, index),
    )
    return max((each for each in found if each is not None), key=lambda each: each.end, default=None)


def _between(source: SourceText, index: int) -> FoundTime | None:
    lead = source.word(index) if source.word(index) in ("from", "between", "btw") else ""
    at = index + bool(lead)
    at += source.word(at) == "the" and bool(lead)
    short = _short_first(source, at, bool(lead))
    if short is not None:
        return short
    first = parse_moment(source, at)
    years = _plain_year(source, at) if first is None else None
    if years is not None and (lead or (source.word(years.end) in _LINKS and _plain_year(source, years.end + 1))):
        first = years
    if first is None:
        return None
    link = source.word(first.end)
    if not (link in _LINKS or (link == "and" and lead in ("between", "btw", "from"))):
        return None
    second_at = first.end + 1
    second_at += source.word(second_at) == "the" and parse_day_number(source, second_at + 1) is not None
    second = parse_moment(source, second_at) or _to_date(source, second_at)
    if second is None and isinstance(first.term, Moment):
        second = _plain_year(source, second_at)
    filled = _filled_last(source, second_at, first)
    if filled is not None and (second is None or filled.end >= second.end):
        return filled
    if second is None:
        return None
    if link == "-" and not lead and not (_is_calendar(first) and _is_calendar(second)):
        return None
    left, right = _share_year(first.term, second.term)
    return FoundTime(second.end, Between(first=left, last=right))


def _to_date(source: SourceText, index: int) -> FoundTime | None:
    """ "to date", "till current date": now."""
    at = index + (source.word(index) in ("current", "present"))
    if source.word(at) == "date" or (at > index and source.word(at) in ("time", "day")):
        return FoundTime(at + 1, FromNow())
    return None


def _plain_year(source: SourceText, index: int) -> FoundTime | None:
    year = parse_year(source, index)
    if year is None or (source.token(index).glued and source.token(index - 2).glued):
        return None
    if source.token(index).glued and source.word(index - 1) == "-" and source.word(year.end) == "-":
        return None  # a part of a longer number
    return FoundTime(year.end, Moment(day=CalendarDay(year=year.value)))


def _is_calendar(found: FoundTime) -> bool:
    return isinstance(found.term, Moment) and isinstance(found.term.day, CalendarDay | PartOfYear | DaysFromToday)


def _share_year(first: TimeTerm, last: TimeTerm) -> tuple[TimeTerm, TimeTerm]:
    """ "March to June 2027": a year said at the end holds for the start."""
    if isinstance(first, Moment) and isinstance(last, Moment):
        opening, closing = first.day, last.day
        if isinstance(opening, CalendarDay) and isinstance(closing, CalendarDay):
            return replace(first, day=_in_year_of(opening, closing)), last
        if isinstance(opening, PartOfYear) and isinstance(closing, PartOfYear) and opening.year is None:
            fiscal = opening.fiscal or closing.fiscal
            return replace(first, day=replace(opening, year=closing.year, fiscal=fiscal)), last
    return first, last


def _in_year_of(opening: CalendarDay, closing: CalendarDay) -> CalendarDay:
    """The first day of a range in the year said at its end; the one before when the turn of the year lies between."""
    if opening.year is not None or closing.year is None or opening.month is None:
        return opening
    turns = closing.month is not None and opening.month > closing.month  # "November to March 2028"
    return replace(opening, year=closing.year - turns)


def _short_first(source: SourceText, index: int, led: bool) -> FoundTime | None:
    """ "1-10 May", "from the 9th to 17th of April 2027": a first day that borrows month and year from the last."""
    first = parse_day_number(source, index)
    if first is None or not 1 <= first.value <= 31:
        return None
    link = source.word(first.end)
    if not (link in _LINKS or (link == "and" and led)):
        return None
    second_at = first.end + 1
    second_at += source.word(second_at) == "the"
    number = parse_day_number(source, second_at)
    second = parse_moment(source, second_at)
    if number is None or second is None or not isinstance(second.term, Moment) or second.term.is_timed:
        return None
    day = second.term.day
    if not isinstance(day, CalendarDay) or day.day != number.value or (day.month is None and not first.is_ordinal):
        return None
    return FoundTime(second.end, Between(first=Moment(day=replace(day, day=first.value)), last=second.term))


def _filled_last(source: SourceText, index: int, first: FoundTime) -> FoundTime | None:
    """ "April 9th through 17th": a last day that borrows the month from the first."""
    if not isinstance(first.term, Moment) or first.term.is_timed or not isinstance(first.term.day, CalendarDay):
        return None
    opening = first.term.day
    number = parse_day_number(source, index)
    if opening.day is None or number is None or not opening.day < number.value <= 31:
        return None
    after = source.word(number.end)
    if after in (":", "am", "pm", "%") or (source.token(number.end).glued and source.token(number.end).is_word):
        return None
    year = parse_year(source, number.end + (source.word(number.end) == ","))
    end = number.end
    if year is not None and opening.year is None:
        opening, end = replace(opening, year=year.value), year.end
    last: DayTerm = replace(opening, day=number.value, weekday=None)
    return FoundTime(end, Between(first=Moment(day=opening), last=Moment(day=last)))


def _side(source: SourceText, index: int) -> tuple[int, Side] | None:
    """The words that say which end of a range is named: the index after them, and the side."""
    words = (source.word(index), source.word(index + 1), source.word(index + 2))
    for phrase, side in _SIDE_PHRASES.items():
        if words[: len(phrase)] == phrase:
            return index + len(phrase), side
    side_said = _SIDES.get(words[0])
    return None if side_said is None else (index + 1, side_said)


def _one_sided(source: SourceText, index: int) -> FoundTime | None:
    """ "since Monday", "until 5pm", "before May", "no later than Friday", "from June on"."""
    named = _side(source, index)
    if named is None:
        return None
    at, side = named
    word = source.word(index)
    if word in ("starting", "beginning"):
        at += source.word(at) in ("on", "from", "in", "at")
    found = parse_moment(source, at) or _plain_year(source, at) or _hour(source, at)
    if found is None:
        return None
    end = found.end
    if word == "from":
        onwards = _onwards(source, end)
        if onwards is None and not (isinstance(found.term, Moment) and found.term.clock is not None):
            return None
        end = onwards or end
    reaches = word == "since" or (word == "as" and isinstance(found.term, FromNow))
    return FoundTime(end, OpenRange(side=side, term=found.term, reaches_now=reaches))


def _hour(source: SourceText, index: int) -> FoundTime | None:
    """A lone number that is an hour behind "after", "before" or "until"."""
    clock = parse_clock(source, index, allow_bare=True)
    return None if clock is None else FoundTime(clock.end, Moment(clock=clock.clock))


def _onwards(source: SourceText, index: int) -> int | None:
    """The index after "on", "onward(s)" or "forward", which open a range."""
    word = source.word(index)
    if word in ("onward", "onwards", "forward", "forwards", "ff"):
        return index + 1
    if word == "on" and not source.token(index + 1).is_word and not source.token(index + 1).is_digits:
        return index + 1
    return None


def _or_later(source: SourceText, index: int) -> FoundTime | None:
    """ "Friday or later", "2027 and after"."""
    found = parse_moment(source, index) or _plain_year(source, index)
    if found is None or source.word(found.end) not in ("or", "and"):
        return None
    word = source.word(found.end + 1)
    if word in ("after", "before") and source.token(found.end + 2).text.isalnum():
        return None
    if word in ("later", "after", "onwards", "beyond"):
        return _or_later_on(source, found, found.end + 2)
    if word in ("earlier", "before", "sooner"):
        return FoundTime(found.end + 2, OpenRange(side="until", term=found.term))
    return None


def _or_later_on(source: SourceText, found: FoundTime, end: int) -> FoundTime:
    """ "3pm or later [on Monday]"."""
    term = found.term
    if isinstance(term, Moment) and term.day is None and source.word(end) == "on":
        day = parse_day(source, end + 1)
        if day is not None:
            term, end = replace(term, day=day.term), day.end
    return FoundTime(end, OpenRange(side="since", term=term, reaches_now=False))


def _for_length(source: SourceText, index: int) -> FoundTime | None:
    """ "for 3 days from Monday", "2 weeks starting tomorrow": a length and where it starts."""
    at = index + (source.word(index) == "for")
    length = parse_length(source, at)
    if length is None or not length.span.is_whole_days:
        return None
    link = length.end + (source.word(length.end) == ",")
    if source.word(link) not in ("from", "starting", "beginning") or (source.word(link) == "from" and at == index):
        return None
    link += 1
    link += source.word(link) in ("on", "from")
    if source.word(link) == "now":
        return FoundTime(link + 1, Moment(day=Stretch(length=length, sign=1, from_today=True)))
    start = parse_moment(source, link)
    if start is None or not isinstance(start.term, Moment) or start.term.is_timed or start.term.day is None:
        return None
    if isinstance(start.term.day, UnitPlace) and start.term.day.unit == "day":
        return None
    return FoundTime(start.end, Moment(day=Stretch(length=length, sign=1, anchor=start.term.day)))
