"""Units of the calendar and parts of them: "next quarter", "Q2 FY27", "end of March", "first Monday of June"."""

from __future__ import annotations

from nlu.values.dates.calendar_terms import CalendarDay, WeekNumber
from nlu.values.dates.day_grammar import FoundDay, longest
from nlu.values.dates.day_parts import parse_ordinal, skip_of_the
from nlu.values.dates.named_day_grammar import DAY_RULES
from nlu.values.dates.relative_terms import (
    CountOf,
    DayNumberOf,
    DaysFromToday,
    Moved,
    NearestWeekday,
    NthOf,
    Part,
    PartOf,
    Stretch,
    UnitAround,
    UnitPlace,
    WeekdayOf,
)
from nlu.values.dates.span import Span
from nlu.values.dates.span_grammar import Length, parse_length
from nlu.values.dates.unit_grammar import UNIT_RULES, UNITS
from nlu.values.dates.vocabulary import (
    DAY_WORDS,
    LENGTHS,
    PLACES,
    WEEKDAYS,
)
from nlu.values.number_words import parse_number
from nlu.values.source_text import SourceText, remembered

_MAX_DEPTH = 4
_WORKDAYS = frozenset({"workday", "weekday"})
_COUNTING = frozenset({"next", "coming", "following", "upcoming", "last", "past", "previous", "prior"})
_PARTS: dict[str, Part] = {
    "start": "start",
    "beginning": "start",
    "begin": "start",
    "early": "early",
    "mid": "middle",
    "middle": "middle",
    "late": "late",
    "end": "end",
    "later": "later",
    "earlier": "to_date",
    "rest": "rest",
    "remainder": "rest",
}


@remembered
def parse_day(source: SourceText, index: int, depth: int = 0) -> FoundDay | None:
    """The longest day or period that starts at a token; None when there is none.

    Raises UnreadableValue for a date in digits that no calendar has.
    """
    if depth > _MAX_DEPTH:
        return None
    article = source.word(index) == "the"
    at = index + article
    found = [rule(source, at, article) for rule in DAY_RULES]
    found += [rule(source, at, article) for rule in UNIT_RULES]
    found.append(_part(source, at, depth))
    found.append(_nth(source, at, depth))
    found.append(_counted(source, at, depth))
    best = longest(found)
    return None if best is None else _refined(source, best)


def _refined(source: SourceText, found: FoundDay) -> FoundDay:
    """A weekday said behind the week it is in, or beside a length: "next week on Tuesday", "in 3 days on Friday"."""
    if isinstance(found.term, CalendarDay) and found.term == CalendarDay(weekday=found.term.weekday):
        at = found.end + (source.word(found.end) == ",")
        length = parse_length(source, at) if found.term.weekday is not None else None
        moved = _moved(source, length, _MAX_DEPTH - 1) if length is not None and length.span.is_whole_days else None
        if moved is not None and found.term.weekday is not None:
            week = UnitAround(unit="week", term=moved.term)
            return FoundDay(moved.end, WeekdayOf(weekday=found.term.weekday, week=week))
        weeks = {"week": 7, "fortnight": 14}.get(source.word(found.end))
        numbered = source.token(found.end + 1).is_digits or source.word(found.end + 1) in ("of", "number")
        if weeks is not None and not numbered and found.term.weekday is not None:  # "Tuesday week"
            anchor = NearestWeekday(weekday=found.term.weekday, sign=1)
            return FoundDay(found.end + 1, Moved(length=Length(found.end + 1, Span(days=weeks)), sign=1, anchor=anchor))
    if isinstance(found.term, Moved) and source.word(found.end) == "on" and source.word(found.end + 1) in WEEKDAYS:
        week = UnitAround(unit="week", term=found.term)
        return FoundDay(found.end + 2, WeekdayOf(weekday=WEEKDAYS[source.word(found.end + 1)], week=week))
    if (
        isinstance(found.term, WeekNumber)
        or (isinstance(found.term, UnitPlace) and found.term.unit == "week")
        or (isinstance(found.term, NthOf) and found.term.of == "week")
    ):
        at = found.end + (source.word(found.end) == "." and source.word(found.end + 1) == "on")
        at += source.word(at) in ("on", ",", "-")
        weekday = WEEKDAYS.get(source.word(at))
        if weekday is not None:
            return FoundDay(at + 1, WeekdayOf(weekday=weekday, week=found.term))
    return found


def _whole(source: SourceText, index: int, depth: int) -> FoundDay | None:
    """What a part is taken of: a day or period, or a bare unit, which is the current one ("end of the month")."""
    at = skip_of_the(source, index)
    found = parse_day(source, at, depth + 1)
    unit = UNITS.get(source.word(at))
    if unit is not None and (found is None or found.end <= at + 1):
        return FoundDay(at + 1, UnitPlace(unit=unit, place=0))
    return found


def _part(source: SourceText, index: int, depth: int) -> FoundDay | None:
    """ "end of March", "mid-Q2", "early next month", "rest of the year", "first half of May"."""
    part = _PARTS.get(source.word(index))
    at = index + 1
    if part is None:
        ordinal = parse_ordinal(source, index)
        if ordinal is None or ordinal.value > 2 or source.word(ordinal.end) != "half":
            return None
        part, at = ("first_half" if ordinal.value == 1 else "second_half"), ordinal.end + 1
        if source.word(at) != "of":
            return None
    at += source.word(at) == "-"
    at += source.word(at) == "on" and part == "later"
    if part in ("later", "to_date") and source.word(at) not in ("this", "in", "today"):
        return None
    whole = _whole(source, at, depth)
    if (
        whole is None
        or (isinstance(whole.term, UnitPlace) and whole.term.unit == "day")
        or isinstance(whole.term, Moved)
    ):
        return None
    if part in ("start", "rest") and source.word(at) in ("next", "this", "last") and source.word(index) == "start":
        return None  # "start next week" is a verb with a date
    return FoundDay(whole.end, PartOf(part=part, term=whole.term))


def _nth(source: SourceText, index: int, depth: int) -> FoundDay | None:
    """ "first Monday of June", "last workday of the month", "third week of 2027", "15th day of next month"."""
    ordinal = parse_ordinal(source, index)
    if source.word(index) == "first" and (count := parse_length(source, index + 1)) is not None:
        whole = _whole(source, count.end, depth) if source.word(count.end) in ("of", "in") else None
        if whole is not None and count.span.is_whole_days and not count.workdays:
            return FoundDay(whole.end, CountOf(length=count, sign=1, term=whole.term))
    if ordinal is not None:
        nth, at = ordinal.value, ordinal.end
    elif source.word(index) in ("last", "final"):
        nth, at = -1, index + 1
    else:
        return None
    if source.word(at) in ("of",) and ordinal is not None:  # "the 15th of next month"
        month = _whole(source, at, depth)
        if month is not None and isinstance(month.term, UnitPlace) and month.term.unit == "month":
            return FoundDay(month.end, DayNumberOf(day=nth, month=month.term))
        return None
    weekday = WEEKDAYS.get(source.word(at))
    of = source.word(at)
    if source.word(at) in ("business", "working", "work") and source.word(at + 1) == "day":
        of, at = "workday", at + 1
    elif of in _WORKDAYS:
        of = "workday"
    elif weekday is None and of not in ("day", "week", "month", "weekend"):
        return None
    at += 1
    if source.word(at) not in ("of", "in"):
        return None
    whole = _whole(source, at, depth)
    if whole is None:
        return None
    return FoundDay(whole.end, NthOf(nth=nth, of=of, term=whole.term, weekday=weekday))


def _counted(source: SourceText, index: int, depth: int) -> FoundDay | None:
    """Lengths of whole days from now or from a day: "in two weeks", "3 days ago", "last 30 days", "2 days after
    Monday".
    """
    word = source.word(index)
    at = index
    within = word in ("within", "in", "over", "during")
    if within:
        at += 1
        at += source.word(at) == "the"
        at += source.word(at) in ("about", "around", "roughly")
    sign = PLACES.get(source.word(at)) if source.word(at) in _COUNTING else None
    if sign is not None:
        at += 1
        at += source.word(at) in ("full", "few") and source.word(at + 1) not in LENGTHS
        return _stretch(source, at, sign, word == "within", depth)
    length = parse_length(source, at)
    if length is None and word == "day" and source.word(at + 1) in ("after", "before"):  # "the day after Christmas"
        length = Length(at + 1, Span(days=1))
    if length is None:
        return _postfix_stretch(source, at, within)
    if not length.span.is_whole_days:
        return None
    if within and word in ("in", "within"):
        if source.word(length.end) in ("ago", "after", "before"):
            return None
        if source.word(length.end) == "from" and source.word(length.end + 1) in ("now", "today"):
            return FoundDay(length.end + 2, Moved(length=length, sign=1))
        return FoundDay(
            length.end,
            Stretch(length=length, sign=1, from_today=True) if word == "within" else Moved(length=length, sign=1),
        )
    if within:
        return None
    return _weeks_on(source, length) or _moved(source, length, depth)


def _weeks_on(source: SourceText, length: Length) -> FoundDay | None:
    """ "a week on Tuesday" (the coming one and a week), "two weeks today", "a week tomorrow"."""
    span, word = length.span, source.word(length.end)
    if length.workdays or span.months or span.seconds or span.days % 7 or source.word(length.end - 1) == "days":
        return None
    counted = source.word(length.end - 3) in ("times", "twice", "once") or source.word(length.end - 1) == "weekend"
    weekday = WEEKDAYS.get(source.word(length.end + 1)) if word == "on" else None
    if weekday is not None and not counted:
        return FoundDay(length.end + 2, Moved(length=length, sign=1, anchor=NearestWeekday(weekday=weekday, sign=1)))
    if word in ("today", "tomorrow"):
        return FoundDay(length.end + 1, Moved(length=length, sign=1, anchor=DaysFromToday(days=DAY_WORDS[word])))
    return None


def _stretch(source: SourceText, at: int, sign: int, within: bool, depth: int) -> FoundDay | None:
    length = _couple(source, at) if source.word(at) in ("couple", "fortnight") else parse_length(source, at)
    if length is None or not length.span.is_whole_days or source.word(at) in ("a", "an", "half", "quarter"):
        return None
    end = length.end
    if source.word(end) in ("of", "in"):
        whole = _whole(source, end, depth)
        if (
            whole is not None
            and not length.workdays
            and not (isinstance(whole.term, UnitPlace) and whole.term.unit == "day")
        ):
            return FoundDay(whole.end, CountOf(length=length, sign=sign, term=whole.term))
    quarters = source.word(end - 1) in ("quarter", "quarters")
    return FoundDay(end, Stretch(length=length, sign=sign, from_today=within, whole_quarters=quarters))


def _couple(source: SourceText, at: int) -> Length | None:
    """ "next couple [of] weeks", "past fortnight"."""
    if source.word(at) == "fortnight":
        return Length(at + 1, Span(days=14))
    at += 1 + (source.word(at + 1) == "of")
    unit = LENGTHS.get(source.word(at))
    if unit is None or unit[0] == "second":
        return None
    return Length(at + 1, Span(months=2 * unit[1]) if unit[0] == "month" else Span(days=2 * unit[1]))


def _postfix_stretch(source: SourceText, at: int, within: bool) -> FoundDay | None:
    """ "30 past days", "2 coming weeks"."""
    number = parse_number(source, at)
    if number is None or source.word(number.end) not in _COUNTING or not 0 < number.value < 10**5:
        return None
    if number.value != int(number.value):
        return None
    unit = LENGTHS.get(source.word(number.end + 1))
    plural = source.word(number.end + 1).endswith("s") and len(source.word(number.end + 1)) > 1
    if unit is None or unit[0] == "second" or not (plural or number.value == 1):
        return None
    count = int(number.value) * unit[1]
    span = Span(months=count) if unit[0] == "month" else Span(days=count)
    sign = PLACES[source.word(number.end)]
    quarters = source.word(number.end + 1).startswith("quarter")
    return FoundDay(number.end + 2, Stretch(length=Length(number.end + 2, span), sign=sign, whole_quarters=quarters))


def _moved(source: SourceText, length: Length, depth: int) -> FoundDay | None:
    end = length.end
    word = source.word(end)
    if word in ("ago", "back", "earlier"):
        return FoundDay(end + 1, Moved(length=length, sign=-1))
    if word in ("later", "hence", "out") and source.word(end + 1) != "of":
        return FoundDay(end + 1, Moved(length=length, sign=1))
    if source.token(length.end - 1).text == "time" and source.word(length.end - 2) in ("s", "'"):
        return FoundDay(end, Moved(length=length, sign=1))
    if word == "from" and source.word(end + 1) == "now":
        return FoundDay(end + 2, Moved(length=length, sign=1))
    if word in ("from", "after", "before", "following", "past"):
        sign = -1 if word == "before" else 1
        anchor = parse_day(source, end + 1, depth + 1)
        if anchor is None and source.word(end + 1) == "now":
            return FoundDay(end + 2, Moved(length=length, sign=sign))
        if anchor is not None:
            return FoundDay(anchor.end, Moved(length=length, sign=sign, anchor=anchor.term))
    return None
