"""The words people use in report requests, and what they mean: whose, grouped by what, shown how."""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeVar

from crm_store.insights.grouping import Grouping
from crm_store.models import ActivityKind
from crm_store.names import name_key

_T = TypeVar("_T")


class Whose(Enum):
    """Whose records a report is about."""

    OWN = "own"
    TEAM = "team"
    EVERYONE = "everyone"


class Output(Enum):
    """How a report is shown."""

    TABLE = "table"
    CHART = "chart"
    CSV = "csv"
    PDF = "pdf"


class Comparison(Enum):
    """On which side of an amount something is to be."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


_WHOSE = {
    Whose.OWN: "my mine me i own personal myself",
    Whose.TEAM: "team our ours us we reps department group crew squad",
    Whose.EVERYONE: "all everyone everybody company anyone anybody whole every organisation organization everything",
}
_OUTPUTS = {
    Output.CHART: "chart charts graph graphs diagram plot pie bar bars line picture image visual visualise png",
    Output.CSV: "csv excel spreadsheet xlsx xls sheet export file",
    Output.PDF: "pdf",
    Output.TABLE: "table list text rows overview",
}
_GROUPINGS = {
    Grouping.STAGE: "stage stages phase phases step steps",
    Grouping.REP: "rep reps representative representatives owner owners person people salesperson salespeople seller "
    "sellers user users colleague colleagues member members salesman employee employees",
    Grouping.TEAM: "team teams department departments",
    Grouping.MONTH: "month months monthly",
    Grouping.QUARTER: "quarter quarters quarterly",
    Grouping.YEAR: "year years yearly annual annually",
    Grouping.SOURCE: "source sources channel channels origin lead",
    Grouping.PRODUCT: "product products item items service services",
    Grouping.ACCOUNT: "account accounts company companies customer customers client clients",
    Grouping.REASON: "reason reasons",
}
_KINDS = {
    ActivityKind.CALL: "call phone dial rang ring spoke talk voicemail",
    ActivityKind.EMAIL: "email mail wrote write message",
    ActivityKind.MEETING: "meet met demo visit lunch coffee workshop",
    ActivityKind.NOTE: "note",
}
_MORE = re.compile(
    r"\b(over|above|more than|at least|greater|bigger|larger|exceeding|from|minimum|north of|upwards)\b|>"
)
_POSSESSIVE = re.compile(r"['\u2019]s\b")
_LESS = re.compile(r"\b(under|below|less than|at most|smaller|lower|up to|max|maximum|fewer|cheaper)\b|<")


def read_whose(said: str) -> Whose | None:
    """Whose records a word for them means; None for another word, perhaps a team's name."""
    return _first(_WHOSE, said)


def read_output(said: str) -> Output | None:
    """How to show it."""
    return _first(_OUTPUTS, said)


def read_grouping(said: str) -> Grouping | None:
    """What to group by: "per stage", "salesperson", "monthly"."""
    return _first(_GROUPINGS, said)


def read_kind(said: str) -> ActivityKind | None:
    """Which kind of activity is meant, in any form of the word."""
    words = name_key(said.replace("-", "")).split()
    for kind, starts in _KINDS.items():
        if any(word.startswith(tuple(starts.split())) for word in words):
            return kind
    return None


def read_comparison(before: str) -> Comparison | None:
    """The comparison in the words just before an amount: "deals worth more than" (20k)."""
    less, more = list(_LESS.finditer(before.casefold())), list(_MORE.finditer(before.casefold()))
    if not less and not more:
        return None
    last_less, last_more = less[-1].start() if less else -1, more[-1].start() if more else -1
    return Comparison.AT_MOST if last_less > last_more else Comparison.AT_LEAST


def _first(vocabulary: dict[_T, str], said: str) -> _T | None:
    words = set(name_key(_POSSESSIVE.sub("", said)).split())
    return next((meaning for meaning, known in vocabulary.items() if words & set(known.split())), None)
