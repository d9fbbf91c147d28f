"""The days a repetition falls on: "Mon, Wed and Fri", "the last workday", "the 1st and 15th", "5 May"."""

from __future__ import annotations

from nlu.values.dates.calendar_terms import CalendarDay
from nlu.values.dates.clock_range_grammar import parse_part_of_day
from nlu.values.dates.day_parts import parse_ordinal
from nlu.values.dates.period_grammar import parse_day
from nlu.values.dates.recurrence_term import WORKWEEK, FoundRecurrence, RecurrenceTerm, found_term
from nlu.values.dates.recurrence_units import of_month, within_unit
from nlu.values.dates.vocabulary import MONTHS, PARTS_OF_DAY, PLURAL_WEEKDAYS, WEEKDAY_CODES, WEEKDAYS
from nlu.values.source_text import SourceText

WORKDAYS = frozenset({"weekday", "weekdays", "workday", "workdays"})


def every_date(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "every 5 May", "every March 1st"."""
    at = index + (source.word(index) == "the")
    found = parse_day(source, at)
    if found is None or not isinstance(found.term, CalendarDay):
        return None
    day = found.term
    if day.year is not None or day.month is None or day.day is None:
        return None
    return found_term(found.end, "YEARLY", month=day.month, month_days=(day.day,))


def nth_day(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "first Monday", "2nd and 4th Tuesday", "last workday", "last day" as a rule of a month."""
    places, at = _places(source, index)
    if not places:
        return None
    nth = places[0]
    weekday = WEEKDAYS.get(source.word(at))
    if weekday is not None:
        if not all(-1 <= place <= 5 for place in places):
            return None
        return found_term(at + 1, "MONTHLY", days=tuple(f"{place}{WEEKDAY_CODES[weekday]}" for place in places))
    if len(places) > 1:
        return None
    if source.word(at) in WORKDAYS:
        return found_term(at + 1, "MONTHLY", days=WORKWEEK, set_position=nth)
    if source.word(at) in ("business", "working", "work") and source.word(at + 1) == "day":
        return found_term(at + 2, "MONTHLY", days=WORKWEEK, set_position=nth)
    if source.word(at) == "day" and nth <= 31:
        return found_term(at + 1, "MONTHLY", month_days=(nth,))
    return None


def _places(source: SourceText, index: int) -> tuple[list[int], int]:
    """ "second", "1st and 3rd", "last" as numbers, and the index after them; "last" is -1."""
    places: list[int] = []
    at = end = index
    while len(places) < 5:
        ordinal = parse_ordinal(source, at)
        if ordinal is not None:
            place, end = ordinal.value, ordinal.end
        elif source.word(at) == "last":
            place, end = -1, at + 1
        else:
            break
        places.append(place)
        at = end + (source.word(end) in (",", "and", "&"))
        at += source.word(at) == "and" and at > end
        at += source.word(at) == "the" and at > end
        if at == end:
            break
    return places, end


def nth_of_every(source: SourceText, index: int, asked: bool) -> FoundRecurrence | None:
    """ "last Friday of every month", "first workday of each quarter"; with ``asked`` also "of the month"."""
    found = nth_day(source, index)
    if found is None:
        return None
    several = isinstance(found.term, RecurrenceTerm) and len(found.term.days) > 1 and found.term.set_position is None
    return within_unit(source, found, articles=asked or several)


def month_days(source: SourceText, index: int, asked: bool) -> FoundRecurrence | None:
    """ "the 1st and 15th", "the 1st of every month"; one day alone only when a month or a list says that it repeats."""
    days: list[int] = []
    at = index
    while len(days) < 6:
        ordinal = parse_ordinal(source, at)
        if ordinal is None or not 1 <= ordinal.value <= 31:
            break
        if days and not source.token(at).is_digits and source.token(index).is_digits:
            break
        days.append(ordinal.value)
        end = ordinal.end
        at = end + (source.word(end) in (",", "and", "&"))
        at += source.word(at) == "and"
        at += source.word(at) == "the"
        if at == end:
            break
    if not days:
        return None
    month = of_month(source, end, articles=asked)
    repeats = asked and (len(days) > 1 or source.word(index - 1) in ("every", "each"))
    if month is None and not repeats:
        return None
    if MONTHS.get(source.word(end + (source.word(end) == "of"))) is not None:
        return None
    return found_term(month or end, "MONTHLY", month_days=tuple(sorted(set(days))))


def plural_days(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "Mondays", "on weekdays", "Tuesdays and Thursdays", "Friday mornings", "mornings"."""
    at = index + (source.word(index) == "on")
    word = source.word(at)
    if word in WEEKDAYS and source.word(at + 1) in PARTS_OF_DAY and source.word(at + 1).endswith("s"):
        part = parse_part_of_day(source, at + 1)
        if part is not None:
            return found_term(part.end, "WEEKLY", days=(WEEKDAY_CODES[WEEKDAYS[word]],), part=part.part)
    if word in PARTS_OF_DAY and word.endswith("s") and word != "nights":
        part = parse_part_of_day(source, at)
        return None if part is None else found_term(part.end, "DAILY", part=part.part)
    if word in PLURAL_WEEKDAYS or word in ("weekdays", "weekends", "workdays"):
        days = day_list(source, at)
        return None if days is None else found_term(days[0], "WEEKLY", days=days[1])
    return None


def listed_days(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "Tue & Thu", "Mon/Wed/Fri", "M-F": days written as a timetable has them, which is a repetition by itself."""
    if source.word(index) not in WEEKDAYS.keys() | {"m"} or source.word(index + 1) not in ("&", "/", "+", "-"):
        return None
    if source.word(index) != "m" and source.word(index + 1) == "-":
        return None
    days = day_list(source, index)
    return found_term(days[0], "WEEKLY", days=days[1]) if days is not None and len(days[1]) > 1 else None


def day_list(source: SourceText, index: int) -> tuple[int, tuple[str, ...]] | None:
    """ "Mon, Wed and Fri", "Monday to Friday", "weekday", "weekend"."""
    word = source.word(index)
    if word in WORKDAYS or (word in ("business", "working", "work") and source.word(index + 1) in ("day", "days")):
        return index + 1 + (word not in WORKDAYS), WORKWEEK
    if word in ("weekend", "weekends"):
        return index + 1, WEEKDAY_CODES[5:]
    if word == "m" and source.word(index + 1) == "-" and source.word(index + 2) == "f":
        return index + 3, WORKWEEK
    names = WEEKDAYS | PLURAL_WEEKDAYS
    chosen: list[int] = []
    at = end = index
    while len(chosen) < 7 and source.word(at) in names:
        chosen.append(names[source.word(at)])
        end = at + 1
        if source.word(end) in ("to", "-", "through", "thru") and source.word(end + 1) in names and len(chosen) == 1:
            last = names[source.word(end + 1)]
            chosen += [(chosen[0] + step) % 7 for step in range(1, (last - chosen[0]) % 7 + 1)]
            end += 2
        at = end + (source.word(end) in (",", "and", "&", "/", "+"))
        at += source.word(at) in ("and", "on", "every", "each") and at > end
        at += source.word(at) in ("every", "each") and at > end
        if at == end:
            break
    if not chosen:
        return None
    return end, tuple(WEEKDAY_CODES[day] for day in sorted(set(chosen)))
