"""Lengths of time in a text: "two weeks", "an hour and a half", "1h 30m", "half a year"."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from nlu.values.dates.span import MAX_YEARS, Span
from nlu.values.dates.vocabulary import GLUED_LENGTHS, LENGTHS, PLACES
from nlu.values.number_words import parse_number
from nlu.values.source_text import SourceText, remembered

_VAGUE = {"few": 3, "several": 3, "couple": 2}
_WORKDAY_FIRST = frozenset({"business", "working", "work"})
_WORKDAYS = frozenset({"workday", "workdays", "weekday", "weekdays"})
_MAX_COUNT = Decimal(MAX_YEARS) * 366 * 86400


class Length(NamedTuple):
    """A length at a place of a text; ``workdays`` instead of a span when it counts Mondays to Fridays."""

    end: int
    span: Span
    workdays: int = 0


@remembered
def parse_length(source: SourceText, start: int, *, minutes_m: bool = False) -> Length | None:
    """The longest length of time that starts at a token.

    ``minutes_m`` says that a glued "m" means minutes ("30m"); behind hours it always does.
    """
    first = _one_unit(source, start, minutes_m)
    if first is None or first.workdays:
        return first
    end, span, _ = first
    smallest = _size(span)
    while True:
        index = end
        if source.word(index) == ",":
            index += 1
        if source.word(index) == "and":
            index += 1
        half = _half_more(source, index, end, span)
        if half is not None:
            return half
        more = _one_unit(source, index, minutes_m or span.seconds >= 3600)
        if more is None or more.workdays or not 0 < _size(more.span) < smallest or source.word(index) in ("a", "an"):
            break
        if source.word(index - 1) in (",", "and") and source.word(more.end) in ("ago", "from", "before", "after"):
            break
        end, span, smallest = more.end, span.plus(more.span), _size(more.span)
    if span.seconds and span.seconds % 3600 == 0 and not span.days and source.token(end).glued:
        minutes = source.token(end)  # "1h30"
        if minutes.is_digits and len(minutes.text) == 2 and int(minutes.text) < 60:
            return Length(end + 1, span.plus(Span(seconds=int(minutes.text) * 60)))
    return Length(end, span)


def _size(span: Span) -> int:
    return span.nominal_seconds


def _half_more(source: SourceText, index: int, end: int, span: Span) -> Length | None:
    """ "an hour [and a half]", "one year [and a quarter]"."""
    if index == end:
        return None
    if source.word(index) in ("a", "an"):
        index += 1
    part = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}.get(source.word(index))
    if part is None or source.word(index + 1) in ("a", "an", "of", "hour", "year"):
        return None
    unit = Span(
        months=12 if span.months % 12 == 0 and span.months else bool(span.months),
        days=7 if span.days % 7 == 0 and span.days else bool(span.days),
        seconds=next((size for size in (3600, 60, 1) if span.seconds and span.seconds % size == 0), 0),
    )
    return Length(index + 1, span.plus(_scaled(part, unit)))


def _one_unit(source: SourceText, start: int, minutes_m: bool) -> Length | None:
    index = start
    word = source.word(index)
    count: Decimal | None = None
    if word in ("a", "an"):
        count, index = Decimal(1), index + 1
        word = source.word(index)
        if word in _VAGUE:
            count, index = Decimal(_VAGUE[word]), index + 1
            index += source.word(index) == "of"
        elif word in ("half", "quarter"):
            count = None
        elif word == "good":
            index += 1
    elif word in ("all", "whole", "another") and source.word(index + 1) in LENGTHS:
        return _with_unit(source, index + 1, Decimal(1), minutes_m) if len(source.word(index + 1)) > 2 else None
    elif word == "some" and source.word(index + 1) in LENGTHS and source.word(index + 1).endswith("s"):
        return _with_unit(source, index + 1, Decimal(3), minutes_m)
    elif word in _VAGUE:
        count, index = Decimal(_VAGUE[word]), index + 1
        index += source.word(index) == "of"
    if count is None:
        found = _portion(source, index) or _fraction(source, index)
        if found is None:
            minutes = _glued_minutes(source, index) if minutes_m else None
            if minutes is not None:
                return minutes
            number = parse_number(source, index)
            if number is None or number.money_scale:
                return None
            found = number.end, number.value
            slash = _fraction(source, number.end)  # "2 1/2 hours"
            if slash is not None and source.token(index).is_digits and number.end == index + 1:
                found = slash[0], number.value + slash[1]
        index, count = found
    if count > _MAX_COUNT:
        return None
    if source.word(index) == "-" or source.word(index) in ("full", "whole", "more", "long"):
        index += 1
    return _with_unit(source, index, count, minutes_m)


def _glued_minutes(source: SourceText, index: int) -> Length | None:
    """ "30m", which elsewhere is thirty million."""
    digits, unit = source.token(index), source.token(index + 1)
    if not (digits.is_digits and unit.text == "m" and unit.glued and len(digits.text) <= 4):
        return None
    return Length(index + 2, Span(seconds=int(digits.text) * 60))


def _with_unit(source: SourceText, index: int, count: Decimal, minutes_m: bool) -> Length | None:
    token = source.token(index)
    word = token.text
    if count != 1 and word in ("day", "week", "month", "quarter", "night") and source.word(index - 1) in PLACES:
        return None  # "3 next week"
    if word in _WORKDAY_FIRST and source.word(index + 1) in ("day", "days"):
        return Length(index + 2, Span(days=int(count)), int(count)) if count == int(count) and count < 10**5 else None
    if word in _WORKDAYS:
        return Length(index + 1, Span(days=int(count)), int(count)) if count == int(count) and count < 10**5 else None
    length = LENGTHS.get(word)
    if length is None or (word in GLUED_LENGTHS and not (token.glued and source.token(index - 1).is_digits)):
        return None
    unit, size = length
    end = index + 1
    if source.word(end) == "'" and source.token(end).glued:  # "two weeks' time", "a week's notice"
        end += 1
        if source.word(end) == "s" and source.token(end).glued:
            end += 1
        if source.word(end) in ("time", "notice"):
            end += 1
    elif source.word(end) == "'":
        end += 1
    if unit == "month":
        return Length(end, _scaled(count, Span(months=size)))
    if unit == "day":
        return Length(end, _scaled(count, Span(days=size)))
    return Length(end, _scaled(count, Span(seconds=size)))


def _scaled(count: Decimal, unit: Span) -> Span:
    """``count`` units, the part of a month in days of 30 and the part of a day in seconds."""
    months = count * unit.months
    days = count * unit.days + (months - int(months)) * 30
    seconds = count * unit.seconds + (days - int(days)) * 86400
    return Span(months=int(months), days=int(days), seconds=int(seconds))


def _portion(source: SourceText, index: int) -> tuple[int, Decimal] | None:
    """ "half an", "a quarter of an", "three quarters of an" before a unit."""
    portion = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}.get(source.word(index))
    if portion is None and source.word(index) == "three" and source.word(index + 1) in ("quarter", "quarters"):
        portion, index = Decimal("0.75"), index + 1
    if portion is None:
        return None
    index += 1
    index += source.word(index) == "of"
    index += source.word(index) in ("a", "an")
    index += source.word(index) == "-"
    return (index, portion) if source.word(index) in LENGTHS else None


def _fraction(source: SourceText, index: int) -> tuple[int, Decimal] | None:
    top, slash, bottom = source.token(index), source.token(index + 1), source.token(index + 2)
    if not (top.is_digits and slash.text == "/" and slash.glued and bottom.is_digits and bottom.glued):
        return None
    if len(top.text) > 2 or len(bottom.text) > 2 or int(bottom.text) == 0:
        return None
    return index + 3, Decimal(int(top.text)) / int(bottom.text)
