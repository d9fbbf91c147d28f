"""Ranges said by a time of day and a side or a length: "Thursday before 5pm", "from 2pm for 2 hours"."""

from __future__ import annotations

from nlu.values.dates.clock_grammar import parse_clock
from nlu.values.dates.clock_range_grammar import parse_part_of_day
from nlu.values.dates.moment import Lasting, Moment, OpenRange, Side
from nlu.values.dates.moment_grammar import FoundTime, is_single_day
from nlu.values.dates.period_grammar import parse_day
from nlu.values.dates.span_grammar import parse_length
from nlu.values.source_text import SourceText


def parse_day_with_side(source: SourceText, index: int) -> FoundTime | None:
    """ "Thursday before 5pm", "tomorrow after 3": one end of a day."""
    day = parse_day(source, index)
    if day is None or not is_single_day(day.term):
        return None
    at = day.end
    side = {"before": "before", "after": "after", "until": "until", "till": "until", "by": "before"}.get(
        source.word(at)
    )
    if source.word(at) == "no" and source.word(at + 1) == "later":
        side, at = "before", at + 1
    if source.word(at) == "later" and source.word(at + 1) == "than":
        side, at = "before" if side == "before" else "after", at + 1
    if side is None or source.word(day.end) == "by":
        return None
    at += 1
    at += source.word(at) in ("around", "about")
    clock = parse_clock(source, at, allow_bare=True)
    if clock is None:
        return None
    part = parse_part_of_day(source, clock.end)
    moment = Moment(day=day.term, clock=clock.clock, part=part.part if part is not None else None)
    return FoundTime(part.end if part is not None else clock.end, OpenRange(side=_side(side), term=moment))


def _side(word: str) -> Side:
    return "before" if word == "before" else "until" if word == "until" else "after"


def parse_clock_for_length(source: SourceText, index: int) -> FoundTime | None:
    """ "from 2pm for 2 hours", "for 2 hours from 2pm", "tomorrow from 9:30 for an hour"."""
    day = parse_day(source, index)
    at = index if day is None else day.end
    length_first = source.word(at) == "for"
    if length_first:
        length = parse_length(source, at + 1)
        if length is None or source.word(length.end) not in ("from", "starting"):
            return None
        clock = parse_clock(source, length.end + 1 + (source.word(length.end + 1) == "at"), allow_bare=True)
        end = -1 if clock is None else clock.end
    else:
        if source.word(at) not in ("from", "starting"):
            return None
        at += 1 + (source.word(at + 1) == "at")
        clock = parse_clock(source, at, allow_bare=True)
        if clock is None or source.word(clock.end) != "for":
            return None
        length = parse_length(source, clock.end + 1)
        end = -1 if length is None else length.end
    if clock is None or length is None or length.workdays:
        return None
    moment = Moment(day=None if day is None else day.term, clock=clock.clock)
    return FoundTime(end, Lasting(start=moment, length=length.span))
