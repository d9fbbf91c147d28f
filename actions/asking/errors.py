"""Why a question about figures cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from actions.errors import ActionError


class Why(StrEnum):
    """What is wrong with the question. The value is the end of the response's name."""

    NO_MEASURE = "no_measure"
    UNKNOWN_WORDS = "unknown_words"
    UNSUPPORTED = "unsupported"
    UNKNOWN_GROUPING = "unknown_grouping"
    CANNOT_COMBINE = "cannot_combine"
    TOO_MUCH = "too_much"
    SEVERAL = "several"
    NO_COMPARISON = "no_comparison"
    TWO_PEOPLE = "two_people"
    NOT_ON_BOARD = "not_on_board"
    NOTHING_CHANGED = "nothing_changed"


@dataclass(eq=False)
class CannotRead(ActionError):
    """The question, or the part ``said`` of it, has no answer in the figures there are."""

    why: Why
    said: str = ""
