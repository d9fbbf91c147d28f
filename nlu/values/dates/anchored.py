"""A day counted from a deal's close date, which may still move: "two days before the close date"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from nlu.values.dates.clock import ClockTime, PartOfDay
from nlu.values.dates.clock_grammar import parse_clock
from nlu.values.dates.clock_range_grammar import parse_part_of_day
from nlu.values.dates.context import days_after
from nlu.values.dates.recurrence import DEFAULT_TIME
from nlu.values.dates.span import NOTHING, Span, match_iso_span
from nlu.values.dates.span_grammar import parse_length
from nlu.values.dates.vocabulary import PARTS_OF_DAY, WEEKDAY_CODES, WEEKDAYS
from nlu.values.dates.when import local
from nlu.values.source_text import SourceText

_CLOSING = re.compile(
    r"(?:the |its |their |that |our )?(?:day )?(?:"
    r"(?:expected |planned )?(?:close|closing) (?:date|day)|closing|close|"
    r"(?:we|they) (?:are (?:due|supposed|meant) to )?(?:close|closing)(?: it| this| that| the deal| this deal)?|"
    r"(?:it|this|that|the deal|this deal|that deal)(?: is|'s)? "
    r"(?:closes|closing|(?:due|expected|planned|set|supposed|meant|scheduled) to close|should close))\b"
)
_OF = r"(?:the |our |my )?(?P<of>[\w&.'-]+(?: [\w&.'-]+){0,3}?)(?:'s)?"
_CLOSING_OF = re.compile(
    rf"{_OF} (?:(?:deal |opportunity )?(?:closes|(?:is |'s )?(?:due|supposed|set|meant|expected) to close|should close)"
    r"|(?:deal |opportunity )?(?:close|closing) (?:date|day))\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"(?:before|prior to|ahead of|out from|out of) ")
_ONE_OF = {"day": Span(days=1), "week": Span(days=7), "fortnight": Span(days=14), "month": Span(months=1)}
_AFTER = re.compile(r"after ")
_CANONICAL = re.compile(r"close_date([+-])")
_CANONICAL_WEEKDAY = re.compile(rf"({'|'.join(WEEKDAY_CODES)})(?![a-z])", re.IGNORECASE)
_CANONICAL_TIME = re.compile(r"@(\d{2}):(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A day ``span`` after a deal's close date, or before it when ``before``; ``clock`` is the time said, if any.

    With a ``weekday`` (Monday is 0) it is the nearest such day before or after the close date instead.
    """

    span: Span
    before: bool
    clock: time | None = None
    weekday: int | None = None

    @property
    def canonical(self) -> str:
        """Text that reads as the same value: "close_date-P2D" or "close_date-P2D@10:00"."""
        at = f"@{self.clock:%H:%M}" if self.clock is not None else ""
        distance = self.span.canonical if self.weekday is None else WEEKDAY_CODES[self.weekday]
        return f"close_date{'-' if self.before else '+'}{distance}{at}"

    def moment(self, close_date: date, zone: ZoneInfo, *, default_time: time = DEFAULT_TIME) -> datetime:
        """The moment for a close date, aware in ``zone``."""
        sign = -1 if self.before else 1
        if self.weekday is None:
            day = self.span.times(sign).after_day(close_date)
        else:
            day = days_after(close_date, sign * ((sign * (self.weekday - close_date.weekday()) - 1) % 7 + 1))
        return local(day, self.clock or default_time, zone)


class FoundAnchored(NamedTuple):
    """The token index after it, and its value."""

    end: int
    value: Anchored


def parse_anchored(source: SourceText, index: int) -> FoundAnchored | None:
    """A day counted from a close date that starts at a token; None when there is none. Lengths are whole days."""
    stated = _stated(source, index)
    if stated is not None:
        return stated
    clock = parse_clock(source, index + 1, allow_bare=True) if source.word(index) in ("at", "@") else None
    at = clock.end if clock is not None else index
    found = _counted(source, at) or _that_day(source, at) or _part_of_that_day(source, at)
    if found is None:
        return None
    end = found.end
    if clock is None:
        following = end + (source.word(end) in ("at", "@"))
        clock = parse_clock(source, following, allow_bare=following > end)
        end = clock.end if clock is not None else end
    part = None if found.part is not None or clock is not None else parse_part_of_day(source, end)
    if part is not None and part.part.day_offset is None:
        found, end = found._replace(part=part.part), part.end
    return FoundAnchored(
        end,
        Anchored(
            span=found.span, before=found.before, weekday=found.weekday, clock=_time(clock and clock.clock, found.part)
        ),
    )


class _Distance(NamedTuple):
    """How far from the close date, the token index after it, and the part of the day when one was said."""

    end: int
    span: Span
    before: bool
    part: PartOfDay | None = None
    weekday: int | None = None


def _time(clock: ClockTime | None, part: PartOfDay | None) -> time | None:
    if clock is not None:
        return clock.settled(part)
    return time(part.start_hour) if part is not None else None


def _counted(source: SourceText, index: int) -> _Distance | None:
    """ "two days before the close date", "the week before closing", "the evening after it closes"."""
    the = index + (source.word(index) == "the")
    word, part, weekday = source.word(the), None, None
    if word in _ONE_OF:
        end, span = the + 1, _ONE_OF[word]
    elif word in PARTS_OF_DAY:
        found = parse_part_of_day(source, the)
        end, span, part = the + 1, Span(days=1), found.part if found is not None else None
    elif word in WEEKDAYS:
        end, span, weekday = the + 1, NOTHING, WEEKDAYS[word]
    else:
        length = parse_length(source, index)
        if length is None or not length.span.is_whole_days:
            return None
        end, span = length.end, length.span
    for pattern, before in ((_BEFORE, True), (_AFTER, False)):
        side = pattern.match(source.normal, source.token(end).start)
        closing = _closing(source.normal, side.end()) if side is not None else None
        if closing is not None:
            return _Distance(source.index_at(closing.end()), span, before, part, weekday)
    return None


def _closing(text: str, at: int) -> re.Match[str] | None:
    return _CLOSING.match(text, at) or _CLOSING_OF.match(text, at)


def closing_of(text: str) -> str | None:
    """Whose close date is meant in "3 days before the Acme Logistics deal closes"; None for "before it closes"."""
    for side in re.finditer(rf"\b(?:{_BEFORE.pattern}|{_AFTER.pattern})", text, re.IGNORECASE):
        if re.compile(_CLOSING.pattern, re.IGNORECASE).match(text, side.end()) is None:
            named = _CLOSING_OF.match(text, side.end())
            if named is not None:
                return named["of"]
    return None


def _that_day(source: SourceText, index: int) -> _Distance | None:
    """ "on the close date", "on the day it closes", "the day the deal closes"."""
    at = index + (source.word(index) == "on")
    closing = _CLOSING.match(source.normal, source.token(at).start)
    if closing is None or not re.search(r"date|day", closing[0]):
        return None
    if at == index and not closing[0].startswith("the day "):
        return None  # "the close date" alone is a field and not a time
    return _Distance(source.index_at(closing.end()), NOTHING, False)


def _part_of_that_day(source: SourceText, index: int) -> _Distance | None:
    """ "the morning of the close date", "in the evening of the day it closes"."""
    part = parse_part_of_day(source, index)
    if part is None or part.part.day_offset is not None or source.word(part.end) not in ("of", "on"):
        return None
    closing = _CLOSING.match(source.normal, source.token(part.end + 1).start)
    return _Distance(source.index_at(closing.end()), NOTHING, False, part.part) if closing is not None else None


def _stated(source: SourceText, index: int) -> FoundAnchored | None:
    head = _CANONICAL.match(source.normal, source.token(index).start)
    if head is None:
        return None
    named = _CANONICAL_WEEKDAY.match(source.normal, head.end())
    length = (named.end(), NOTHING) if named is not None else match_iso_span(source.normal, head.end())
    if length is None:
        return None
    end, span = length
    weekday = WEEKDAY_CODES.index(named[1].upper()) if named is not None else None
    clock = _CANONICAL_TIME.match(source.normal, end)
    at = time(int(clock[1]), int(clock[2])) if clock is not None and int(clock[1]) < 24 and int(clock[2]) < 60 else None
    end = clock.end() if clock is not None and at is not None else end
    return FoundAnchored(source.index_at(end), Anchored(span=span, before=head[1] == "-", clock=at, weekday=weekday))
