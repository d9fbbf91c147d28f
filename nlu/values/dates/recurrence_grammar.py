"""Repetitions in a text: "every other Monday at 9", "weekdays at 8:30", "on the 1st and 15th", "the last workday of every month"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from nlu.values.dates.calendar_terms import CalendarDay
from nlu.values.dates.clock import ClockTime, PartOfDay, parse_clock, parse_part_of_day
from nlu.values.dates.context import Context
from nlu.values.dates.day_parts import parse_ordinal
from nlu.values.dates.period_grammar import parse_day
from nlu.values.dates.recurrence import Recurrence, checked_rule, month_day_part, start_of
from nlu.values.dates.vocabulary import MONTHS, PARTS_OF_DAY, PLURAL_WEEKDAYS, WEEKDAY_CODES, WEEKDAYS
from nlu.values.errors import UnreadableValue
from nlu.values.number_words import parse_number
from nlu.values.source_text import SourceText

_CANONICAL = re.compile(r"(?:dtstart:(\d{8}t\d{6})\s+)?rrule:([a-z0-9=,;+-]*[a-z0-9])")
_WORKWEEK = WEEKDAY_CODES[:5]
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
_WORKDAYS = frozenset({"weekday", "weekdays", "workday", "workdays"})
_EVERY = frozenset({"every", "each", "evry"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceTerm:
    """A repetition as said: what it does not say (which day a weekly one is on) is today's."""

    freq: str
    interval: int = 1
    days: tuple[str, ...] = ()
    set_position: int | None = None
    month_days: tuple[int, ...] = ()
    month: int | None = None
    clock: ClockTime | None = None
    part: PartOfDay | None = None
    text: str = ""

    def recurrence(self, context: Context) -> Recurrence:
        """The repetition as of the context's now. Raises UnreadableValue for a day no year has."""
        today = context.today
        parts = [f"FREQ={self.freq}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        says_days = bool(self.days or self.month_days)
        if self.month is not None or (self.freq == "YEARLY" and not says_days):
            parts.append(f"BYMONTH={self.month or today.month}")
        if self.days:
            parts.append(f"BYDAY={','.join(self.days)}")
            if self.set_position is not None:
                parts.append(f"BYSETPOS={self.set_position}")
        elif self.month_days:
            parts.append(self._month_days_part())
        elif self.freq == "WEEKLY":
            parts.append(f"BYDAY={WEEKDAY_CODES[today.weekday()]}")
        elif self.freq == "YEARLY":
            parts.append(f"BYMONTHDAY={today.day if self.month in (None, today.month) else 1}")
        elif self.freq == "MONTHLY":
            parts.append(month_day_part(today.day))
        if self.clock is not None:
            at = self.clock.settled(self.part)
            parts += [f"BYHOUR={at.hour}", f"BYMINUTE={at.minute}"]
        elif self.part is not None:
            parts += [f"BYHOUR={self.part.start_hour}", "BYMINUTE=0"]
        rule = checked_rule(";".join(parts), self.text)
        counted = self.interval > 1 or self.freq in ("HOURLY", "MINUTELY")
        start = start_of(rule, context.zone, context.now, from_today=not says_days) if counted else None
        return Recurrence(rule=rule, zone=context.zone, start=start)

    def _month_days_part(self) -> str:
        if len(self.month_days) == 1 and self.month is None and self.month_days[0] > 0:
            return month_day_part(self.month_days[0])
        return f"BYMONTHDAY={','.join(str(day) for day in self.month_days)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRule:
    """A repetition given as a rule, as in canonical text."""

    rule: str
    start: datetime | None

    def recurrence(self, context: Context) -> Recurrence:
        """The repetition in the context's zone."""
        return Recurrence(rule=self.rule, zone=context.zone, start=self.start)


class FoundRecurrence(NamedTuple):
    """A repetition and the token index after it."""

    end: int
    term: RecurrenceTerm | StatedRule


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
        start = datetime.strptime(match[1].upper(), "%Y%m%dT%H%M%S") if match[1] else None
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
    plural = _plural_days(source, index)
    if plural is not None:
        return plural
    at = index + (word == "on")
    at += source.word(at) == "the"
    return _nth_of_every(source, at, asked) or _month_days(source, at, asked)


def _term(end: int, freq: str, **parts: object) -> FoundRecurrence:
    return FoundRecurrence(end, RecurrenceTerm(freq=freq, **parts))  # type: ignore[arg-type]


def _every(source: SourceText, index: int) -> FoundRecurrence | None:
    interval, at = 1, index
    at += source.word(at) in ("single", "and") and source.word(index) == "single"
    if source.word(at) in ("other", "second", "2nd", "alternate"):
        interval, at = 2, at + 1
    elif source.word(at) not in WEEKDAYS:
        number = parse_number(source, at)
        if number is not None and number.value == int(number.value) and 1 <= number.value <= 999:
            if source.word(number.end) in _UNITS or source.word(number.end) in ("weekends", "weekend"):
                interval, at = int(number.value), number.end
    unit = _UNITS.get(source.word(at))
    if unit is not None and not (source.word(at) == "day" and source.word(at + 1) == "of"):
        return _term(at + 1, unit[0], interval=unit[1] * interval)
    days = _day_list(source, at)
    if days is not None:
        return _term(days[0], "WEEKLY", interval=interval, days=days[1])
    word = source.word(at)
    if word in PARTS_OF_DAY:
        part = parse_part_of_day(source, at)
        return None if part is None else _term(part.end, "DAILY", interval=interval, part=part.part)
    if word in MONTHS:
        dated = _every_date(source, at)
        return dated or _term(at + 1, "YEARLY", interval=interval, month=MONTHS[word])
    return _every_date(source, at) or _every_nth(source, index, interval)


def _every_date(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "every 5 May", "every March 1st"."""
    at = index + (source.word(index) == "the")
    found = parse_day(source, at)
    if found is None or not isinstance(found.term, CalendarDay):
        return None
    day = found.term
    if day.year is not None or day.month is None or day.day is None:
        return None
    return _term(found.end, "YEARLY", month=day.month, month_days=(day.day,))


def _every_nth(source: SourceText, index: int, interval: int) -> FoundRecurrence | None:
    """ "every first Monday [of the month]", "every 15th", "every last workday"."""
    found = _nth(source, index)
    if found is not None:
        end = _of_unit(source, found.end, ("month",)) or found.end
        return FoundRecurrence(end, found.term)
    ordinal = parse_ordinal(source, index)
    if ordinal is None or not 1 <= ordinal.value <= 31:
        return None
    third = _UNITS.get(source.word(ordinal.end))
    if third is not None:  # "every third week"
        return _term(ordinal.end + 1, third[0], interval=third[1] * ordinal.value)
    days = _day_list(source, ordinal.end)
    if days is not None and ordinal.value > 2:
        return _term(days[0], "WEEKLY", interval=ordinal.value, days=days[1])
    months = _month_days(source, index, True)
    return months


def _nth(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "first Monday", "last workday", "last day" as a rule of a month."""
    ordinal = parse_ordinal(source, index)
    if ordinal is not None:
        nth, at = ordinal.value, ordinal.end
    elif source.word(index) == "last":
        nth, at = -1, index + 1
    else:
        return None
    weekday = WEEKDAYS.get(source.word(at))
    if weekday is not None:
        if not -1 <= nth <= 5:
            return None
        return _term(at + 1, "MONTHLY", days=(f"{nth}{WEEKDAY_CODES[weekday]}",))
    if source.word(at) in _WORKDAYS:
        return _term(at + 1, "MONTHLY", days=_WORKWEEK, set_position=nth)
    if source.word(at) in ("business", "working", "work") and source.word(at + 1) == "day":
        return _term(at + 2, "MONTHLY", days=_WORKWEEK, set_position=nth)
    if source.word(at) == "day" and nth <= 31:
        return _term(at + 1, "MONTHLY", month_days=(nth,))
    return None


def _of_unit(source: SourceText, index: int, articles: tuple[str, ...] = ()) -> int | None:
    """The index after "of every month", "each month", "in the month", which make a day a repetition."""
    at = index + (source.word(index) in ("of", "in"))
    if source.word(at) in ("every", "each", "a") and source.word(at + 1) == "month":
        return at + 2
    if articles and at > index and source.word(at) == "the" and source.word(at + 1) in articles:
        return at + 2
    return None


def _nth_of_every(source: SourceText, index: int, asked: bool) -> FoundRecurrence | None:
    found = _nth(source, index)
    if found is None:
        return None
    end = _of_unit(source, found.end, ("month",) if asked else ())
    return None if end is None else FoundRecurrence(end, found.term)


def _month_days(source: SourceText, index: int, asked: bool) -> FoundRecurrence | None:
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
        at += source.word(at) in ("and",)
        at += source.word(at) == "the"
        if at == end:
            break
    if not days:
        return None
    month = _of_unit(source, end, ("month",) if asked else ())
    if (
        month is None
        and (len(days) < 2 or not asked)
        and not (asked and len(days) == 1 and source.word(index - 1) == "every")
    ):
        if not (asked and source.word(index - 1) in ("every", "each")):
            return None
    if MONTHS.get(source.word(end + (source.word(end) == "of"))) is not None:
        return None
    return _term(month or end, "MONTHLY", month_days=tuple(sorted(set(days))))


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
        text = source.normal[source.token(index).start : source.token(at + 1).end]
        raise UnreadableValue(kind="recurrence", reason="no_fixed_days", text=text)
    return _term(at + 2, unit[0], interval=unit[1])


def _plural_days(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "Mondays", "on weekdays", "Tuesdays and Thursdays", "Friday mornings", "mornings"."""
    at = index + (source.word(index) == "on")
    word = source.word(at)
    if word in WEEKDAYS and source.word(at + 1) in PARTS_OF_DAY and source.word(at + 1).endswith("s"):
        part = parse_part_of_day(source, at + 1)
        if part is not None:
            return _term(part.end, "WEEKLY", days=(WEEKDAY_CODES[WEEKDAYS[word]],), part=part.part)
    if word in PARTS_OF_DAY and word.endswith("s") and word != "nights":
        part = parse_part_of_day(source, at)
        return None if part is None else _term(part.end, "DAILY", part=part.part)
    if word in PLURAL_WEEKDAYS or word in ("weekdays", "weekends", "workdays"):
        days = _day_list(source, at)
        return None if days is None else _term(days[0], "WEEKLY", days=days[1])
    return None


def _day_list(source: SourceText, index: int) -> tuple[int, tuple[str, ...]] | None:
    """ "Mon, Wed and Fri", "Monday to Friday", "weekday", "weekend"."""
    word = source.word(index)
    if word in _WORKDAYS or (word in ("business", "working", "work") and source.word(index + 1) in ("day", "days")):
        return index + 1 + (word not in _WORKDAYS), _WORKWEEK
    if word in ("weekend", "weekends"):
        return index + 1, WEEKDAY_CODES[5:]
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


def _with_details(source: SourceText, end: int, term: RecurrenceTerm, begin: int) -> FoundRecurrence:
    """Adds what follows: "on Monday", "on the 1st", "on 5 May", "at 9", "in the morning", "of the month"."""
    for _ in range(4):
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
        more = _detail_days(source, at, term)
        if more is None:
            break
        end, term = more
    text = source.normal[source.token(begin).start : source.token(end - 1).end]
    return FoundRecurrence(end, replace(term, text=text))


def _detail_days(source: SourceText, index: int, term: RecurrenceTerm) -> tuple[int, RecurrenceTerm] | None:
    if term.days or term.month_days:
        return None
    at = index + (source.word(index) in ("on", "in"))
    at += source.word(at) == "the"
    if term.freq == "WEEKLY":
        at += source.word(at) in ("every", "each")
        days = _day_list(source, at)
        return None if days is None else (days[0], replace(term, days=days[1]))
    if term.freq == "MONTHLY":
        nth = _nth(source, at)
        if nth is not None and isinstance(nth.term, RecurrenceTerm):
            end = _of_unit(source, nth.end, ("month",)) or nth.end
            found = nth.term
            return end, replace(term, days=found.days, set_position=found.set_position, month_days=found.month_days)
        found_days = _month_days(source, at, True) if at > index else None
        if found_days is not None and isinstance(found_days.term, RecurrenceTerm):
            return found_days.end, replace(term, month_days=found_days.term.month_days)
        ordinal = parse_ordinal(source, at) if at > index else None
        if ordinal is not None and 1 <= ordinal.value <= 31:
            return ordinal.end, replace(term, month_days=(ordinal.value,))
        return None
    if term.freq == "YEARLY":
        dated = _every_date(source, at)
        if dated is not None and isinstance(dated.term, RecurrenceTerm):
            return dated.end, replace(term, month=dated.term.month, month_days=dated.term.month_days)
        if source.word(at) in MONTHS and term.month is None:
            return at + 1, replace(term, month=MONTHS[source.word(at)])
    return None
