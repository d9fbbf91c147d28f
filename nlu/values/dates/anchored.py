"""A day counted from a deal's close date, which may still move: "two days before the close date"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from nlu.values.dates.clock import ClockTime
from nlu.values.dates.clock_grammar import parse_clock
from nlu.values.dates.recurrence import DEFAULT_TIME
from nlu.values.dates.span import NOTHING, Span, match_iso_span
from nlu.values.dates.span_grammar import parse_length
from nlu.values.dates.when import local
from nlu.values.source_text import SourceText

_CLOSING = re.compile(
    r"(?:the |its |their |that )?(?:day )?(?:"
    r"(?:expected |planned )?(?:close|closing) (?:date|day)|closing|close|"
    r"(?:it|this|the deal|this deal|that deal) closes)\b"
)
_BEFORE = re.compile(r"(?:before|prior to|ahead of) ")
_AFTER = re.compile(r"after ")
_CANONICAL = re.compile(r"close_date([+-])")
_CANONICAL_TIME = re.compile(r"@(\d{2}):(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A day ``span`` after a deal's close date, or before it when ``before``; ``clock`` is the time said, if any."""

    span: Span
    before: bool
    clock: time | None = None

    @property
    def canonical(self) -> str:
        """Text that reads as the same value: "close_date-P2D" or "close_date-P2D@10:00"."""
        at = f"@{self.clock:%H:%M}" if self.clock is not None else ""
        return f"close_date{'-' if self.before else '+'}{self.span.canonical}{at}"

    def moment(self, close_date: date, zone: ZoneInfo, *, default_time: time = DEFAULT_TIME) -> datetime:
        """The moment for a close date, aware in ``zone``."""
        day = self.span.times(-1 if self.before else 1).after_day(close_date)
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
    found = _counted(source, at) or _that_day(source, at)
    if found is None:
        return None
    end, span, before = found
    if clock is None:
        following = end + (source.word(end) in ("at", "@"))
        clock = parse_clock(source, following, allow_bare=following > end)
        end = clock.end if clock is not None else end
    return FoundAnchored(end, Anchored(span=span, before=before, clock=_settled(clock.clock if clock else None)))


def _settled(clock: ClockTime | None) -> time | None:
    return clock.settled() if clock is not None else None


def _counted(source: SourceText, index: int) -> tuple[int, Span, bool] | None:
    """ "two days before the close date", "the day after it closes"."""
    the_day = index + (source.word(index) == "the")
    if source.word(the_day) == "day":
        end, span = the_day + 1, Span(days=1)
    else:
        length = parse_length(source, index)
        if length is None or not length.span.is_whole_days:
            return None
        end, span = length.end, length.span
    for pattern, before in ((_BEFORE, True), (_AFTER, False)):
        side = pattern.match(source.normal, source.token(end).start)
        closing = _CLOSING.match(source.normal, side.end()) if side is not None else None
        if closing is not None:
            return source.index_at(closing.end()), span, before
    return None


def _that_day(source: SourceText, index: int) -> tuple[int, Span, bool] | None:
    """ "on the close date", "on the day it closes"."""
    if source.word(index) != "on":
        return None
    closing = _CLOSING.match(source.normal, source.token(index + 1).start)
    if closing is None or not re.search(r"date|day", closing[0]):
        return None
    return source.index_at(closing.end()), NOTHING, False


def _stated(source: SourceText, index: int) -> FoundAnchored | None:
    head = _CANONICAL.match(source.normal, source.token(index).start)
    length = match_iso_span(source.normal, head.end()) if head is not None else None
    if head is None or length is None:
        return None
    end, span = length
    clock = _CANONICAL_TIME.match(source.normal, end)
    at = time(int(clock[1]), int(clock[2])) if clock is not None and int(clock[1]) < 24 and int(clock[2]) < 60 else None
    end = clock.end() if clock is not None and at is not None else end
    return FoundAnchored(source.index_at(end), Anchored(span=span, before=head[1] == "-", clock=at))
