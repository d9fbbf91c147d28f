"""The parts of a question about figures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class TermKind(Enum):
    """What a stretch of words is. The comments say what its ``value`` is."""

    MEASURE = auto()  # Measure
    COUNT = auto()
    WORTH = auto()  # Deals.WON for words that say so ("revenue"), None for others ("value")
    AVERAGE = auto()
    DEALS = auto()  # Deals
    CLOSE = auto()
    HOW_LONG = auto()
    ANSWERING = auto()
    SOLVING = auto()
    PIPELINE = auto()
    BOARD = auto()
    SHARE = auto()
    DOING = auto()
    DEAL_NOUN = auto()
    TICKETS = auto()
    ORDERS = auto()
    ACTIVITIES = auto()
    DIMENSION = auto()  # Dimension
    VALUE = auto()  # tuple of NamedValue, one of which is meant
    BY = auto()
    WHICH = auto()
    WHO = auto()
    LIST = auto()
    SHOW_VERB = auto()
    TOP = auto()
    LOWEST = auto()
    NUMBER = auto()  # int
    MONEY = auto()  # Bound
    DATE = auto()  # str
    COMPARE = auto()
    SHIFT = auto()  # Shift
    CHANGE = auto()
    ALONE = auto()
    LAST = auto()
    ALL_TIME = auto()
    OUTPUT = auto()  # Show
    NOT = auto()
    OWN = auto()
    WIDE = auto()
    DRILL = auto()
    ALSO = auto()
    AND = auto()
    FILLER = auto()
    UNSUPPORTED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of the question from ``start`` to ``end`` (characters) with what it means."""

    kind: TermKind
    value: Any
    start: int
    end: int
    text: str
