"""Repetitions in a text: "every other Monday at 9", "weekdays at 8:30", "on the 1st and 15th", "the last workday of
every month".
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from nlu.values.dates.clock_grammar import parse_clock
from nlu.values.dates.clock_range_grammar import parse_part_of_day
from nlu.values.dates.day_parts import parse_ordinal
from nlu.values.dates.period_grammar import parse_day
from nlu.values.dates.recurrence import checked_rule
from nlu.values.dates.recurrence_days import (
    day_list,
    every_date,
    listed_days,
    month_days,
    nth_day,
    nth_of_every,
    plural_days,
)
from nlu.values.dates.recurrence_term import FoundRecurrence, RecurrenceTerm, StatedRule, found_term
from nlu.values.dates.recurrence_units import edge_of_every, within_unit
from nlu.values.dates.vocabulary import MONTHS, PARTS_OF_DAY, WEEKDAY_CODES, WEEKDAYS
from nlu.values.errors import UnreadableValue
from nlu.values.number_words import parse_number
from nlu.values.source_text import SourceText

_CANONICAL = re.compile(r"(?:dtstart:(\d{8}t\d{6})\s+)?rrule:([a-z0-9=,;+-]*[a-z0-9])")
_UNITS = {
    "day": ("DAILY", 1),
    "week": ("WEEKLY", 1),
    "fortnight": ("WEEKLY", 2),
    "month": ("MONTHLY", 1),
    "quarter": ("MONTHLY", 3),
    "year": ("YEARLY", 1),
    "hour": ("HOURLY", 1),
    "minute": ("MINUTELY", 1),
    "min": ("MINUTELY", 1),
}
_UNITS |= {name + "s": value for name, value in _UNITS.items()}
_ADVERBS = {
    "daily": ("DAILY", 1),
    "everyday": ("DAILY", 1),
    "weekly": ("WEEKLY", 1),
    "biweekly": ("WEEKLY", 2),
    "fortnightly": ("WEEKLY", 2),
    "monthly": ("MONTHLY", 1),
    "quarterly": ("MONTHLY", 3),
    "yearly": ("YEARLY", 1),
    "annually": ("YEARLY", 1),
    "semiannually": ("MONTHLY", 6),
    "hourly": ("HOURLY", 1),
}
_EVERY = frozenset({"every", "each", "evry"})


def parse_recurrence(source: SourceText, index: int, *, asked: bool = False) -> FoundRecurrence | None:
    """The repetition that starts at a token; None when there is none.

    ``asked`` says that a repetition is what was asked for, so that "the last workday of the month" is one. Raises
    UnreadableValue(reason="no_fixed_days") for "twice a week", and for a stated rule that cannot be carried out.
    """
    stated = _stated(source, index)
    if stated is not None:
        return stated
    at = index
    at += source.word(at) in ("on", "the", "at") and source.word(at + 1) not in ("the",)
    clock = parse_clock(source, at, allow_bare=source.word(at - 1) == "at")
    if clock is not None:
        behind = clock.end + (source.word(clock.end) in (",", "on"))
        core = _core(source, behind, False)
        if core is not None and isinstance(core.term, RecurrenceTerm):
            return _with_details(source, core.end, replace(core.term, clock=clock.clock), index)
    core = _core(source, index, asked)
    if core is None or not isinstance(core.term, RecurrenceTerm):
        return None
    return _with_details(source, core.end, core.term, index)


def _stated(source: SourceText, index: int) -> FoundRecurrence | None:
    if source.word(index) not in ("rrule", "dtstart"):
        return None
    match = _CANONICAL.match(source.normal, source.token(index).start)
    if match is None:
        return None
    rule = checked_rule(match[2].upper(), match[0])
    try:
        start = datetime.fromisoformat(match[1].upper()) if match[1] else None
    except ValueError:
        raise UnreadableValue(kind="recurrence", reason="no_such_day", text=match[0]) from None
    return FoundRecurrence(source.index_at(match.end()), StatedRule(rule=rule, start=start))


def _core(source: SourceText, index: int, asked: bool) -> FoundRecurrence | None:
    word = source.word(index)
    if word in _EVERY or (word in ("any", "all") and source.word(index + 1).rstrip("s") in ("weekend", "weekday")):
        return _every(source, index + 1)
    if word in _ADVERBS:
        freq, interval = _ADVERBS[word]
        return FoundRecurrence(index + 1, RecurrenceTerm(freq=freq, interval=interval))
    if word == "semi" and source.word(index + 1) == "-" and source.word(index + 2) == "annually":
        return FoundRecurrence(index + 3, RecurrenceTerm(freq="MONTHLY", interval=6))
    if word == "bi" and source.word(index + 1) == "-" and source.word(index + 2) == "weekly":
        return FoundRecurrence(index + 3, RecurrenceTerm(freq="WEEKLY", interval=2))
    if word in ("once", "twice", "thrice") or source.word(index + 1) == "times":
        return _times_a_unit(source, index)
    if word in ("alternate", "alternating"):
        return _every(source, index)
    plural = plural_days(source, index) or listed_days(source, index)
    if plural is not None:
        return plural
    if asked and word in WEEKDAYS and source.word(index + 1) in ("to", "-", "through", "thru"):
        days = day_list(source, index)
        if days is not None and len(days[1]) > 1:  # "Monday to Friday at 7:30"
            return found_term(days[0], "WEEKLY", days=days[1])
    at = index + (word in ("on", "at", "by"))
    at += source.word(at) == "the"
    return edge_of_every(source, at) or nth_of_every(source, at, asked) or month_days(source, at, asked)


def _every(source: SourceText, index: int) -> FoundRecurrence | None:
    interval, at = 1, index
    at += source.word(at) == "single"
    of_a_unit = nth_of_every(source, at, True)
    if of_a_unit is not None:  # "every second Monday of the month"
        return of_a_unit
    if source.word(at) in ("other", "second", "2nd", "alternate", "alternating"):
        interval, at = 2, at + 1
    elif source.word(at) not in WEEKDAYS:
        number = parse_number(source, at)
        counts = number is not None and number.value == int(number.value) and 1 <= number.value <= 999
        if number is not None and counts and source.word(number.end) in _UNITS.keys() | {"weekends", "weekend"}:
            interval, at = int(number.value), number.end
    if source.word(at) == "half":  # "every half hour", "every half an hour"
        hour = at + 1 + (source.word(at + 1) in ("an", "-"))
        return found_term(hour + 1, "MINUTELY", interval=30) if source.word(hour) == "hour" else None
    unit = _UNITS.get(source.word(at))
    if unit is not None and not (source.word(at) == "day" and source.word(at + 1) == "of"):
        return found_term(at + 1, unit[0], interval=unit[1] * interval)
    days = day_list(source, at)
    if days is not None:
        return found_term(days[0], "WEEKLY", interval=interval, days=days[1])
    word = source.word(at)
    if word in PARTS_OF_DAY:
        part = parse_part_of_day(source, at)
        return None if part is None else found_term(part.end, "DAILY", interval=interval, part=part.part)
    if word in MONTHS:
        dated = every_date(source, at)
        return dated or found_term(at + 1, "YEARLY", interval=interval, month=MONTHS[word])
    return every_date(source, at) or _every_nth(source, index, interval)


def _every_nth(source: SourceText, index: int, interval: int) -> FoundRecurrence | None:
    """ "every first Monday [of the month]", "every 15th", "every last workday"."""
    found = nth_day(source, index)
    if found is not None:
        return within_unit(source, found, articles=True, months=True) or found
    ordinal = parse_ordinal(source, index)
    if ordinal is None or not 1 <= ordinal.value <= 31:
        return None
    third = _UNITS.get(source.word(ordinal.end))
    if third is not None:  # "every third week"
        return found_term(ordinal.end + 1, third[0], interval=third[1] * ordinal.value)
    days = day_list(source, ordinal.end)
    if days is not None and ordinal.value > 2:
        return found_term(days[0], "WEEKLY", interval=ordinal.value, days=days[1])
    months = month_days(source, index, True)
    return months


def _times_a_unit(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "once a week"; "twice a week" says how often but not when."""
    word = source.word(index)
    at = index + 1
    if word not in ("once", "twice", "thrice"):
        if parse_number(source, index) is None:
            return None
        at = index + 2
    if source.word(at) not in ("a", "an", "per", "every", "each"):
        return None
    unit = _UNITS.get(source.word(at + 1))
    if unit is None:
        return None
    if word != "once":
        listed = _listed_behind(source, at + 2, unit[0])
        if listed is not None:
            return listed
        text = source.normal[source.token(index).start : source.token(at + 1).end]
        raise UnreadableValue(kind="recurrence", reason="no_fixed_days", text=text)
    return found_term(at + 2, unit[0], interval=unit[1])


def _listed_behind(source: SourceText, index: int, freq: str) -> FoundRecurrence | None:
    """The days behind "twice a month": "on the 1st and 15th", "on Tuesday and Thursday"."""
    at = index + (source.word(index) in ("on", ",", ":"))
    at += source.word(at) == "the"
    if freq == "MONTHLY":
        return nth_of_every(source, at, True) or month_days(source, at, True)
    days = day_list(source, at) if freq == "WEEKLY" else None
    return found_term(days[0], "WEEKLY", days=days[1]) if days is not None and len(days[1]) > 1 else None


def _with_details(source: SourceText, end: int, term: RecurrenceTerm, begin: int) -> FoundRecurrence:
    """Adds what follows: "on Monday", "on the 1st", "at 9", "in the morning", "except Fridays", "until June"."""
    for _ in range(5):
        at = end + (source.word(end) == ",")
        if term.clock is None:
            clock_at = at + (source.word(at) in ("at", "@", "around", "about"))
            clock = parse_clock(source, clock_at, allow_bare=clock_at > at)
            if clock is not None:
                end, term = clock.end, replace(term, clock=clock.clock)
                continue
        if term.part is None:
            part = parse_part_of_day(source, at)
            if part is not None and part.part.day_offset is None:
                end, term = part.end, replace(term, part=part.part)
                continue
        more = _without_days(source, at, term) or _detail_days(source, at, term) or _until(source, at, term)
        if more is None:
            break
        end, term = more
    text = source.normal[source.token(begin).start : source.token(end - 1).end]
    return FoundRecurrence(end, replace(term, text=text))


_BUT = frozenset({"except", "excepting", "excluding", "but", "without", "minus"})


_BUT_ONE = {"last": ("-5", "-4", "-3", "-2"), "first": ("2", "3", "4", "5")}
"""The places in the month, as in RFC 5545's BYDAY, that are left of a weekday without its last or its first."""


def _behind_the_one(source: SourceText, index: int) -> int:
    """Past "one", "Friday" and "of the month", which say no more than "the last" does."""
    listed = day_list(source, index)
    at = listed[0] if listed is not None else index + (source.word(index) == "one")
    if source.word(at) in ("of", "in"):
        behind = at + 1 + (source.word(at + 1) in ("the", "each", "every", "a"))
        at = behind + 1 if source.word(behind) == "month" else at
    return at


def _without_days(source: SourceText, index: int, term: RecurrenceTerm) -> tuple[int, RecurrenceTerm] | None:
    """ "except Fridays", "but not at the weekend", "except the last of the month"."""
    plain = term.freq == "WEEKLY" or (term.freq == "DAILY" and term.interval == 1)
    if source.word(index) not in _BUT or not plain:
        return None
    at = index + 1
    while source.word(at) in ("for", "not", "on", "at", "the"):
        at += 1
    if source.word(at) in _BUT_ONE and term.days and term.interval == 1:
        days = tuple(f"{place}{day}" for day in term.days for place in _BUT_ONE[source.word(at)])
        return _behind_the_one(source, at + 1), replace(term, freq="MONTHLY", days=days)
    dropped = day_list(source, at)
    kept = tuple(day for day in term.days or WEEKDAY_CODES if dropped is not None and day not in dropped[1])
    return (dropped[0], replace(term, freq="WEEKLY", days=kept)) if dropped is not None and kept else None


def _until(source: SourceText, index: int, term: RecurrenceTerm) -> tuple[int, RecurrenceTerm] | None:
    """ "until the end of June", "till Friday"."""
    if term.last is not None or source.word(index) not in ("until", "till", "til", "through"):
        return None
    last = parse_day(source, index + 1)
    return (last.end, replace(term, last=last.term)) if last is not None else None


def _detail_days(source: SourceText, index: int, term: RecurrenceTerm) -> tuple[int, RecurrenceTerm] | None:
    if term.days or term.month_days:
        return None
    at = index + (source.word(index) in ("on", "in"))
    at += source.word(at) == "the"
    if term.freq == "WEEKLY":
        at += source.word(at) in ("every", "each")
        days = day_list(source, at)
        return None if days is None else (days[0], replace(term, days=days[1]))
    if term.freq == "MONTHLY":
        nth = nth_day(source, at)
        if nth is not None and isinstance(nth.term, RecurrenceTerm):
            behind = within_unit(source, nth, articles=True)
            end, found = (behind.end if behind is not None else nth.end), nth.term
            return end, replace(term, days=found.days, set_position=found.set_position, month_days=found.month_days)
        found_days = month_days(source, at, True) if at > index else None
        if found_days is not None and isinstance(found_days.term, RecurrenceTerm):
            return found_days.end, replace(term, month_days=found_days.term.month_days)
        ordinal = parse_ordinal(source, at) if at > index else None
        if ordinal is not None and 1 <= ordinal.value <= 31:
            return ordinal.end, replace(term, month_days=(ordinal.value,))
        return None
    if term.freq == "YEARLY":
        nth = nth_day(source, at)
        behind = within_unit(source, nth, articles=False, months=True) if nth is not None else None
        if behind is not None and isinstance(behind.term, RecurrenceTerm) and behind.term.freq == "YEARLY":
            return behind.end, replace(behind.term, clock=term.clock, part=term.part)
        dated = every_date(source, at)
        if dated is not None and isinstance(dated.term, RecurrenceTerm):
            return dated.end, replace(term, month=dated.term.month, month_days=dated.term.month_days)
        if source.word(at) in MONTHS and term.month is None:
            return at + 1, replace(term, month=MONTHS[source.word(at)])
    return None
