"""Any temporal expression at a place of a text, and the scan for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nlu.values.dates.anchored import Anchored, parse_anchored
from nlu.values.dates.canonical import parse_canonical
from nlu.values.dates.context import Context
from nlu.values.dates.moment import Between, Moment, TimeTerm
from nlu.values.dates.moment_grammar import parse_moment
from nlu.values.dates.range_grammar import parse_range
from nlu.values.dates.recurrence_grammar import parse_recurrence
from nlu.values.dates.recurrence_term import RecurrenceTerm, StatedRule
from nlu.values.dates.span import Span, match_iso_span
from nlu.values.dates.span_grammar import parse_length
from nlu.values.dates.unit_grammar import UNITS as UNIT_NAMES
from nlu.values.dates.vocabulary import (
    CLOCK_WORDS,
    DAY_WORDS,
    END_OF_DAY,
    END_OF_UNIT,
    LENGTHS,
    MONTHS,
    ORDINALS,
    PARTS_OF_DAY,
    PLACES,
    PLURAL_WEEKDAYS,
    SEASONS,
    START_OF_UNIT_TO_DATE,
    WEEKDAYS,
)
from nlu.values.errors import UnreadableValue
from nlu.values.number_words import TENS, UNITS
from nlu.values.source_text import SourceText, Token


class Expression(NamedTuple):
    """A temporal expression: its tokens (end exclusive) and what it says.

    That is one of a time, a length, a repetition or a day that hangs on a close date.
    """

    start: int
    end: int
    time: TimeTerm | None = None
    span: Span | None = None
    recurrence: RecurrenceTerm | StatedRule | None = None
    anchored: Anchored | None = None

    def canonical(self, context: Context) -> str:
        """The canonical text of its value. Raises UnreadableValue when it has none."""
        if self.time is not None:
            return self.time.when(context).canonical
        if self.recurrence is not None:
            return self.recurrence.recurrence(context).canonical
        if self.anchored is not None:
            return self.anchored.canonical
        return self.span.canonical if self.span is not None else ""


_HOLIDAY_STARTS = frozenset(
    "christmas xmas boxing new valentine valentines halloween independence st saint easter good whit "
    "thanksgiving black cyber labor memorial martin mlk mother father".split()
)
_STARTS = frozenset().union(
    UNIT_NAMES,
    CLOCK_WORDS,
    DAY_WORDS,
    END_OF_DAY,
    END_OF_UNIT,
    LENGTHS,
    MONTHS,
    ORDINALS,
    PARTS_OF_DAY,
    PLACES,
    PLURAL_WEEKDAYS,
    SEASONS,
    START_OF_UNIT_TO_DATE,
    WEEKDAYS,
    TENS,
    UNITS,
    _HOLIDAY_STARTS,
    "a an the in within over during few several couple half quarter last final early late later mid middle "
    "start beginning end rest remainder semi semiannually cy no ~ all some another w earlier q h fy fiscal "
    "financial kw cw calendar tonight tonite now rn right just at from between btw since until till til through "
    "before after starting prior any as up for every each evry once twice thrice daily everyday weekly biweekly "
    "alternate alternating m bi fortnightly monthly quarterly yearly annually hourly weekdays weekends workdays on "
    "close rrule dtstart p pt overmorrow three following close_date day".split(),
)


def may_start(token: Token) -> bool:
    """Whether a temporal expression can begin with a token; a cheap test before the grammar is tried."""
    return token.text in _STARTS or token.is_digits or token.text in "'."


def parse_expression(source: SourceText, index: int, *, asked_recurrence: bool = False) -> Expression | None:
    """The longest temporal expression that starts at a token; None when there is none.

    Raises UnreadableValue for a date, time or rule that cannot be.
    """
    canonical = parse_canonical(source, index)
    if canonical is not None:
        return Expression(index, canonical.end, time=canonical.term)
    found: list[Expression] = []
    recurrence = parse_recurrence(source, index, asked=asked_recurrence)
    if recurrence is not None:
        found.append(Expression(index, recurrence.end, recurrence=recurrence.term))
    moment = parse_moment(source, index)
    if moment is not None:
        found.append(Expression(index, moment.end, time=moment.term))
    ranged = parse_range(source, index)
    if ranged is not None:
        found.append(Expression(index, ranged.end, time=ranged.term))
    length = _length(source, index)
    if length is not None:
        found.append(length)
    anchored = parse_anchored(source, index)
    if anchored is not None:
        found.append(Expression(index, anchored.end, anchored=anchored.value))
    best: Expression | None = None
    for expression in found:
        if best is None or expression.end > best.end:
            best = expression
    return best


def _length(source: SourceText, index: int) -> Expression | None:
    token = source.token(index)
    if token.text in ("p", "pt"):
        iso = match_iso_span(source.normal, token.start)
        return None if iso is None else Expression(index, source.index_at(iso[0]), span=iso[1])
    length = parse_length(source, index)
    if length is None or (token.glued and token.is_digits and source.token(index - 1).text in ".,:/-$€£"):
        return None
    if source.word(index) in ("a", "an") and source.word(length.end - 1) in ("second", "quarter", "night"):
        return None
    return Expression(index, length.end, span=length.span)


def expressions(source: SourceText, *, skip_unreadable: bool, asked_recurrence: bool = False) -> Iterator[Expression]:
    """All temporal expressions of a text in order, without overlaps.

    Raises UnreadableValue at the first that cannot be, unless ``skip_unreadable``.
    """
    index, count = 0, len(source.tokens)
    while index < count:
        if not may_start(source.tokens[index]):
            index += 1
            continue
        try:
            found = parse_expression(source, index, asked_recurrence=asked_recurrence)
        except UnreadableValue:
            if not skip_unreadable:
                raise
            found = None
            if source.tokens[index].is_digits:  # do not read a date out of the middle of a wrong one
                index += 1
                while index < count and source.tokens[index].glued:
                    index += 1
                continue
        if found is None:
            index += 1
            continue
        yield _trimmed(source, found)
        index = max(found.end, index + 1)


def _trimmed(source: SourceText, found: Expression) -> Expression:
    """Without the article or the "at" it begins with, and without trailing marks."""
    start, end = found.start, found.end
    if source.word(start) == "from" and isinstance(found.time, Between | Moment):
        start += 1
    if source.word(start) in ("in", "within") and source.word(start + 1) == "the" and source.word(start + 2) in PLACES:
        start += 2
    while start < end - 1 and source.word(start) in ("the", "at", "on", "@", ",", "over", "during"):
        start += 1
    while end > start + 1 and (source.word(end - 1) in (",", "-") or _is_full_stop(source, end - 1)):
        end -= 1
    return found._replace(start=start, end=end)


def _is_full_stop(source: SourceText, index: int) -> bool:
    """Whether a mark ends a sentence and not an abbreviation inside the expression ("in Aug.")."""
    before = source.word(index - 1)
    return source.word(index) == "." and (before in MONTHS or before in WEEKDAYS)
