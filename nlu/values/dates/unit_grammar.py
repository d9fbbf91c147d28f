"""Units of the calendar: "next quarter", "Q2 FY27", "week 12", "EOM", "year to date"."""

from __future__ import annotations

from nlu.values.dates.calendar_terms import CalendarDay, PartOfYear, WeekNumber
from nlu.values.dates.context import Unit
from nlu.values.dates.day_grammar import FoundDay, Rule, longest
from nlu.values.dates.day_parts import parse_ordinal, parse_year, skip_of_the
from nlu.values.dates.named_day_grammar import DAY_RULES
from nlu.values.dates.numeric_dates import full_year, match_week_date
from nlu.values.dates.relative_terms import (
    PartOf,
    UnitAround,
    UnitPlace,
)
from nlu.values.dates.vocabulary import (
    END_OF_UNIT,
    PLACES,
    START_OF_UNIT_TO_DATE,
)
from nlu.values.source_text import SourceText

UNITS: dict[str, Unit] = {
    "day": "day",
    "week": "week",
    "wk": "week",
    "month": "month",
    "mth": "month",
    "mnth": "month",
    "quarter": "quarter",
    "qtr": "quarter",
    "year": "year",
    "yr": "year",
    "weekend": "weekend",
    "half": "half",
}


def _unit_place(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "this week", "next calendar year", "the month after next", "next fiscal quarter"."""
    place = PLACES.get(source.word(index))
    at = index + (place is not None)
    fiscal = source.word(at) in ("fiscal", "financial")
    at += fiscal or source.word(at) in ("calendar", "full")
    unit = UNITS.get(source.word(at))
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
        is_alone = not source.token(end).is_word and not source.token(end).is_digits
        if article and unit != "day" and is_alone and source.word(index - 2) in ("for", "in", "during", "over"):
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
    return longest([rule(source, index + article, article) for rule in DAY_RULES])


def _abbreviated(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "EOM", "YTD", "year to date"."""
    word = source.word(index)
    if word in END_OF_UNIT:
        place = PLACES.get(source.word(index + 1))
        unit = UNITS[END_OF_UNIT[word]]
        if place is not None and source.word(index + 2) == END_OF_UNIT[word]:
            return FoundDay(index + 3, PartOf(part="end", term=UnitPlace(unit=unit, place=place)))
        year = parse_year(source, index + 1) if word == "eoy" else None
        if year is not None:
            return FoundDay(year.end, PartOf(part="end", term=CalendarDay(year=year.value)))
        return FoundDay(index + 1, PartOf(part="end", term=UnitPlace(unit=unit, place=0)))
    if word in UNITS and word != "day" and source.word(index + 1 + (source.word(index + 1) == "-")) == "end":
        end = index + 2 + (source.word(index + 1) == "-")  # "year end"
        return FoundDay(end, PartOf(part="end", term=UnitPlace(unit=UNITS[word], place=0)))
    unit_name = START_OF_UNIT_TO_DATE.get(word)
    end = index + 1
    if unit_name is None and word in UNITS and source.word(end) in ("to", "-") and word != "day":
        end += 1
        end += source.word(end) == "to"
        end += source.word(end) == "-"
        if source.word(end) == "date" and end > index + 1:
            unit_name, end = UNITS[word], end + 1
    if unit_name is None:
        return None
    return FoundDay(end, PartOf(part="to_date", term=UnitPlace(unit=UNITS[unit_name], place=0)))


UNIT_RULES: tuple[Rule, ...] = (_unit_place, _quarter, _fiscal_year, parse_week, _abbreviated)
