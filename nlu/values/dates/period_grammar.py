"""Units of the calendar and parts of them: "next quarter", "Q2 FY27", "end of March", "first Monday of June"."""

from __future__ import annotations

from nlu.values.dates.calendar_terms import CalendarDay, PartOfYear, WeekNumber
from nlu.values.dates.context import Unit
from nlu.values.dates.day_grammar import CALENDAR_RULES, FoundDay, Rule, longest
from nlu.values.dates.day_parts import parse_ordinal, parse_year, skip_of_the
from nlu.values.dates.numeric_dates import full_year, match_week_date
from nlu.values.dates.relative_terms import (
    CountOf,
    DayNumberOf,
    Moved,
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
from nlu.values.dates.vocabulary import (
    END_OF_UNIT,
    LENGTHS,
    PLACES,
    START_OF_UNIT_TO_DATE,
    WEEKDAYS,
)
from nlu.values.number_words import parse_number
from nlu.values.source_text import SourceText, remembered

_MAX_DEPTH = 4
_UNITS: dict[str, Unit] = {
    "day": "day",
    "week": "week",
    "wk": "week",
    "month": "month",
    "quarter": "quarter",
    "qtr": "quarter",
    "year": "year",
    "yr": "year",
    "weekend": "weekend",
    "half": "half",
}
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
    found = [rule(source, at, article) for rule in CALENDAR_RULES]
    found += [rule(source, at, article) for rule in _UNIT_RULES]
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


def _unit_place(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "this week", "next calendar year", "the month after next", "next fiscal quarter"."""
    place = PLACES.get(source.word(index))
    at = index + (place is not None)
    fiscal = source.word(at) in ("fiscal", "financial")
    at += fiscal or source.word(at) in ("calendar", "full")
    unit = _UNITS.get(source.word(at))
    if unit is None:
        return None
    if fiscal:
        unit = {"quarter": "fiscal_quarter", "year": "fiscal_year"}.get(unit, unit)  # type: ignore[assignment]
    end = at + 1
    if place is None:
        if source.word(end) in ("after", "before") and source.word(end + 1) in ("next", "last"):
            return FoundDay(end + 2, UnitPlace(unit=unit, place=2 if source.word(end) == "after" else -2))
        if unit == "weekend" or (fiscal and article):
            return FoundDay(end, UnitPlace(unit=unit, place=0))
        if article and unit != "day" and source.word(index - 2) in ("for", "in", "during", "over"):
            if not source.token(end).is_word and not source.token(end).is_digits:
                return FoundDay(end, UnitPlace(unit=unit, place=0))
        return None
    if unit == "day" and place == 0:
        return None
    return FoundDay(end, UnitPlace(unit=unit, place=place))


def _quarter(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "Q3", "fiscal Q2", "Q1 FY27", "2027 Q1", "first quarter of 2027", "H1 2027"."""
    at = index
    fiscal = source.word(at) in ("fiscal", "financial")
    at += fiscal
    year: int | None = None
    said = parse_year(source, at)
    if said is not None:
        year, at = said.value, said.end + (source.word(said.end) == "-")
    letter, digits = source.word(at), source.token(at + 1)
    unit: Unit = "half" if letter == "h" else "quarter"
    if letter in ("q", "h") and digits.is_digits and digits.glued and len(digits.text) == 1:
        number, end = int(digits.text), at + 2
        if source.token(at).glued and source.token(at - 1).is_digits and year is None:
            return None
    else:
        ordinal = parse_ordinal(source, at)
        last = source.word(at) == "last"
        if ordinal is None and not (last and source.word(at + 1) in ("quarter", "half")):
            return None
        end = at + 1 if ordinal is None else ordinal.end
        end += source.word(end) == "-"
        fiscal = fiscal or source.word(end) == "fiscal"
        end += source.word(end) == "fiscal"
        if source.word(end) not in ("quarter", "half", "qtr"):
            return None
        unit = "half" if source.word(end) == "half" else "quarter"
        end += 1
        number = ordinal.value if ordinal is not None else (2 if unit == "half" else 4)
        if (ordinal is None or unit == "half") and not _names_year(source, end):
            return None
    if not 1 <= number <= (2 if unit == "half" else 4):
        return None
    if year is not None:
        return FoundDay(end, PartOfYear(unit=unit, number=number, year=year, fiscal=fiscal))
    return _with_year(source, end, unit, number, fiscal)


def _names_year(source: SourceText, index: int) -> bool:
    at = skip_of_the(source, index)
    if source.word(at) in ("year", "fy", "fiscal") or parse_year(source, at) is not None:
        return True
    return source.word(at) in PLACES and source.word(at + 1) in ("year", "fiscal")


def _with_year(source: SourceText, end: int, unit: Unit, number: int | None, fiscal: bool) -> FoundDay:
    at = end + (source.word(end) in (",", "-", "/") and not source.token(end + 1).is_word)
    at = skip_of_the(source, at)
    fy = _fiscal_year_number(source, at)
    if fy is not None:
        return FoundDay(fy[0], PartOfYear(unit=unit, number=number, year=fy[1], fiscal=True))
    year = parse_year(source, at)
    if year is not None:
        return FoundDay(year.end, PartOfYear(unit=unit, number=number, year=year.value, fiscal=fiscal))
    place = PLACES.get(source.word(at))
    if place is not None and source.word(at + 1) == "year":
        return FoundDay(at + 2, PartOfYear(unit=unit, number=number, year_offset=place, fiscal=fiscal))
    if place is not None and source.word(at + 1) == "fiscal" and source.word(at + 2) == "year":
        return FoundDay(at + 3, PartOfYear(unit=unit, number=number, year_offset=place, fiscal=True))
    if at > end and source.word(at) == "year" and source.word(at - 1) == "the":
        return FoundDay(at + 1, PartOfYear(unit=unit, number=number, year_offset=0, fiscal=fiscal))
    return FoundDay(end, PartOfYear(unit=unit, number=number, fiscal=fiscal))


def _fiscal_year_number(source: SourceText, index: int) -> tuple[int, int] | None:
    """ "FY27", "FY 2027", "fiscal year 2027"."""
    at = index
    if source.word(at) == "fy":
        at += 1
    elif source.word(at) in ("fiscal", "financial") and source.word(at + 1) == "year":
        at += 2
    else:
        return None
    at += source.word(at) in ("'", "-")
    digits = source.token(at)
    if not digits.is_digits or len(digits.text) not in (2, 4):
        return None
    return at + 1, full_year(digits.text)


def _fiscal_year(source: SourceText, index: int, article: bool) -> FoundDay | None:
    if source.word(index) == "cy":
        year = source.token(index + 1)
        if year.is_digits and len(year.text) in (2, 4):
            return FoundDay(index + 2, CalendarDay(year=full_year(year.text)))
    found = _fiscal_year_number(source, index)
    if found is None:
        return None
    quarter = source.token(found[0] + 1)
    if source.word(found[0]) == "q" and quarter.is_digits and quarter.text in "1234":
        return FoundDay(found[0] + 2, PartOfYear(unit="quarter", number=int(quarter.text), year=found[1], fiscal=True))
    return FoundDay(found[0], PartOfYear(unit="year", year=found[1], fiscal=True))


def parse_week(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "week 12", "W12", "calendar week 12 of 2027", "week of April 10th", "2027-W12"."""
    if source.token(index).is_digits:
        dated = match_week_date(source, index)
        return None if dated is None else FoundDay(*dated)
    at = index + (source.word(index) == "calendar")
    word = source.word(at)
    if word == "w" and source.word(at + 1) == "/" and source.word(at + 2) == "c":
        day = _calendar_day(source, at + 3)
        return None if day is None else FoundDay(day.end, UnitAround(unit="week", term=day.term))
    if word not in ("week", "w", "kw", "cw", "wk"):
        return None
    if word == "week":
        day_at = at + 1
        if source.word(day_at) in ("of", "beginning", "starting", "commencing"):
            day_at += 1
            day_at += source.word(day_at) in ("on", "from")
            day = _calendar_day(source, day_at)
            return None if day is None else FoundDay(day.end, UnitAround(unit="week", term=day.term))
        ordinal_at = at + 1 + (source.word(at + 1) in ("number", "#", "no"))
    else:
        ordinal_at = at + 1
        if word in ("w", "cw") and not source.token(ordinal_at).glued:
            return None
    digits = source.token(ordinal_at)
    if not digits.is_digits or len(digits.text) > 2 or not 1 <= int(digits.text) <= 53:
        return None
    end = ordinal_at + 1
    year_at = end + (source.word(end) in (",", "of", "in", "/"))
    year = parse_year(source, year_at)
    if year is None and PLACES.get(source.word(year_at)) is not None and source.word(year_at + 1) == "year":
        offset = PLACES[source.word(year_at)]
        return FoundDay(year_at + 2, WeekNumber(number=int(digits.text), year_offset=offset))
    if year is None:
        return FoundDay(end, WeekNumber(number=int(digits.text)))
    return FoundDay(year.end, WeekNumber(number=int(digits.text), year=year.value))


def _calendar_day(source: SourceText, index: int) -> FoundDay | None:
    article = source.word(index) == "the"
    return longest([rule(source, index + article, article) for rule in CALENDAR_RULES])


def _abbreviated(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "EOM", "YTD", "year to date"."""
    word = source.word(index)
    if word in END_OF_UNIT:
        place = PLACES.get(source.word(index + 1))
        unit = _UNITS[END_OF_UNIT[word]]
        if place is not None and source.word(index + 2) == END_OF_UNIT[word]:
            return FoundDay(index + 3, PartOf(part="end", term=UnitPlace(unit=unit, place=place)))
        year = parse_year(source, index + 1) if word == "eoy" else None
        if year is not None:
            return FoundDay(year.end, PartOf(part="end", term=CalendarDay(year=year.value)))
        return FoundDay(index + 1, PartOf(part="end", term=UnitPlace(unit=unit, place=0)))
    unit_name = START_OF_UNIT_TO_DATE.get(word)
    end = index + 1
    if unit_name is None and word in _UNITS and source.word(end) in ("to", "-") and word != "day":
        end += 1
        end += source.word(end) == "to"
        end += source.word(end) == "-"
        if source.word(end) == "date" and end > index + 1:
            unit_name, end = _UNITS[word], end + 1
    if unit_name is None:
        return None
    return FoundDay(end, PartOf(part="to_date", term=UnitPlace(unit=_UNITS[unit_name], place=0)))


_UNIT_RULES: tuple[Rule, ...] = (_unit_place, _quarter, _fiscal_year, parse_week, _abbreviated)


def _whole(source: SourceText, index: int, depth: int) -> FoundDay | None:
    """What a part is taken of: a day or period, or a bare unit, which is the current one ("end of the month")."""
    at = skip_of_the(source, index)
    found = parse_day(source, at, depth + 1)
    unit = _UNITS.get(source.word(at))
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
    """Lengths of whole days from now or from a day: "in two weeks", "3 days ago", "last 30 days", "2 days after Monday"."""
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
    return _moved(source, length, depth) if not within else None


def _stretch(source: SourceText, at: int, sign: int, within: bool, depth: int) -> FoundDay | None:
    if source.word(at) in ("couple", "fortnight"):
        length = _couple(source, at)
    else:
        length = parse_length(source, at)
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
    if word in ("later", "hence", "out") and not source.word(end + 1) == "of":
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
