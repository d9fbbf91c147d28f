"""The readers of temporal values."""

from __future__ import annotations

from nlu.values.dates.anchored import Anchored
from nlu.values.dates.context import Context, Prefer
from nlu.values.dates.expression import expressions
from nlu.values.dates.recurrence import Recurrence
from nlu.values.dates.span import Span
from nlu.values.dates.span_grammar import parse_length
from nlu.values.dates.when import When
from nlu.values.reading import Reading
from nlu.values.source_text import SourceText


def read_when(text: str, reading: Reading, *, prefer: Prefer = "future") -> When | None:
    """The first point or range in time that ``text`` names; None when it names none.

    What is said without a year or week ("March", "Friday", "Q1") is the one that is not over yet, or with
    ``prefer="past"``
    the latest that has begun. Raises UnreadableValue(kind="date") with reason "no_such_day", "no_such_time",
    "no_such_week", "ends_before_it_starts" or "out_of_range".
    """
    context = Context.of(reading, prefer)
    for found in expressions(SourceText(text, reading.locale), skip_unreadable=False):
        if found.time is not None:
            return found.time.when(context)
    return None


def read_duration(text: str, reading: Reading | None = None) -> Span | None:
    """The first length of time in ``text``; None when there is none.

    Raises UnreadableValue(kind="duration", reason="too_large") for more than a thousand years.
    """
    source = SourceText(text, reading.locale if reading is not None else "en_US")
    for found in expressions(source, skip_unreadable=True):
        if found.span is not None:
            return found.span.checked(text)
    for index, token in enumerate(source.tokens):
        if token.is_digits or token.is_word:
            length = parse_length(source, index, minutes_m=True)
            if length is not None:
                return length.span.checked(text)
    return None


def read_recurrence(text: str, reading: Reading) -> Recurrence | None:
    """The first repetition in ``text``; None when there is none.

    "the last workday of the month" counts as one. Raises UnreadableValue(kind="recurrence") with reason "no_fixed_days"
    ("twice a week"), "no_such_day" or "not_a_rule".
    """
    context = Context.of(reading, "future")
    for found in expressions(SourceText(text, reading.locale), skip_unreadable=False, asked_recurrence=True):
        if found.recurrence is not None:
            return found.recurrence.recurrence(context)
    return None


def read_anchored(text: str, reading: Reading) -> Anchored | None:
    """The first day counted from a deal's close date in ``text`` ("two days before it closes"); None without one."""
    for found in expressions(SourceText(text, reading.locale), skip_unreadable=True):
        if found.anchored is not None:
            return found.anchored
    return None
