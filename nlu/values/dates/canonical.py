"""The canonical texts of temporal values, read back."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from nlu.values.dates.moment import Fixed
from nlu.values.dates.moment_grammar import FoundTime
from nlu.values.dates.when import OPEN_END, OPEN_START
from nlu.values.errors import UnreadableValue
from nlu.values.source_text import SourceText

_POINT = r"\d{4}-\d{2}-\d{2}(?:t\d{2}:\d{2}(?::\d{2})?(?:z|[+-]\d{2}:\d{2}(?::\d{2})?)?)?"
_RANGE = re.compile(rf"({_POINT}|\.\.)/({_POINT}|\.\.)(?![\w/])")
_INSTANT = re.compile(rf"(?=\d{{4}}-\d{{2}}-\d{{2}}t)({_POINT})(?![\w/])")


def parse_canonical(source: SourceText, index: int) -> FoundTime | None:
    """A canonical range or instant (a canonical day is any ISO date) that starts at a token.

    Raises UnreadableValue when it names a day or time that does not exist.
    """
    token = source.token(index)
    if not token.is_digits and token.text != ".":
        return None
    if token.is_digits and (len(token.text) != 4 or source.word(index + 1) != "-"):
        return None
    found = _RANGE.match(source.normal, token.start)
    if found is not None:
        start = OPEN_START if found[1] == ".." else _point(found[1])
        end = OPEN_END if found[2] == ".." else _point(found[2])
        if isinstance(start, datetime) != isinstance(end, datetime) or not _in_order(start, end):
            raise UnreadableValue(kind="date", reason="ends_before_it_starts", text=found[0])
        return FoundTime(source.index_at(found.end()), Fixed(start=start, end=end))
    found = _INSTANT.match(source.normal, token.start)
    if found is None:
        return None
    start = _instant(found[1])
    length = timedelta(seconds=1) if start.second else timedelta(minutes=1)
    try:
        return FoundTime(source.index_at(found.end()), Fixed(start=start, end=start + length))
    except OverflowError:
        raise UnreadableValue(kind="date", reason="out_of_range", text=found[0]) from None


def _in_order(start: date | datetime, end: date | datetime) -> bool:
    if isinstance(start, datetime) and isinstance(end, datetime) and (start.tzinfo is None) != (end.tzinfo is None):
        return False
    return start < end


def _point(text: str) -> date | datetime:
    if "t" in text:
        return _instant(text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnreadableValue(kind="date", reason="no_such_day", text=text) from None


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise UnreadableValue(kind="date", reason="no_such_time", text=text) from None
