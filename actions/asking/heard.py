"""What the terms of a question say, before it is put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from actions.asking.amounts import Bound
from actions.asking.names import NamedValue
from actions.asking.terms import Term
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import Shift, Show

_SOLVED = ("solve", "resolve")
_OF_RECORDS = frozenset({K.DEAL_NOUN, K.WORTH, K.PIPELINE, K.ORDERS, K.ACTIVITIES, K.DEALS})


@dataclass(slots=True)
class Heard:
    """What a question's terms say, before it is put together.

    ``share``: a word for a percentage. ``doing``: "how did EMEA do". ``beside``: the last time named is compared with.
    ``alone``: compared with nothing any more. ``together``: "won and lost", each a figure.
    ``changed``: said to have become more or less. ``past``: "did", "have": what was done is over.
    ``speed``: ranked by how long something takes. ``single``: "the biggest deal", and not "deals".
    ``vague``: "what did we lose", without a word for money. ``all_time``: no period holds by default.
    ``closes``: "close" without a word for what became of it. ``last``: "vs last", without a unit. ``said_show``,
    ``said_subject``: whether it was said at all.
    """

    subject: Subject
    said_subject: bool = False
    measures: list[tuple[Measure, Deals | None]] = field(default_factory=list)
    populations: list[Deals] = field(default_factory=list)
    by: list[Dimension] = field(default_factory=list)
    values: list[tuple[NamedValue, bool]] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    dates: list[Term] = field(default_factory=list)
    shift: Shift | None = None
    compares: bool = False
    changed: bool = False
    together: bool = False
    alone: bool = False
    beside: bool = False
    past: bool = False
    last: bool = False
    all_time: bool = False
    vague: bool = False
    average: bool = False
    lists: bool = False
    deal_noun: bool = False
    pipeline: bool = False
    board: bool = False
    share: str = ""
    doing: bool = False
    solving: bool = False
    answering: bool = False
    closes: bool = False
    top: int | None = None
    ranked: bool = False
    lowest: bool = False
    speed: bool = False
    single: bool = False
    show: Show = Show.TABLE
    said_show: bool = False
    own: bool = False
    wide: bool = False
    drills: bool = False
    adds: bool = False

    def names(self, dimension: Dimension) -> bool:
        """Whether a value of the dimension was named."""
        return any(value.dimension is dimension for value, _ in self.values)

    def group(self, dimension: Dimension) -> None:
        """Group by a dimension."""
        if dimension not in self.by:
            self.by.append(dimension)


def _names_only_tickets(terms: list[Term]) -> bool:
    """Whether a category that nothing but tickets have is named."""
    return any(
        term.kind is K.VALUE and {value.dimension for value in term.value} == {Dimension.CATEGORY} for term in terms
    )


def subject_said(terms: list[Term]) -> Subject | None:
    """The records a question names, None when it names none."""
    kinds = {term.kind for term in terms}
    subjects = {term.value.subject for term in terms if term.kind is K.MEASURE}
    if K.TICKETS in kinds or Subject.TICKETS in subjects or {K.HOW_LONG, K.ANSWERING} <= kinds:
        return Subject.TICKETS
    if Subject.ORDERS in subjects or (K.ORDERS in kinds and K.DEAL_NOUN not in kinds):
        return Subject.ORDERS
    if (
        not kinds & {K.DEAL_NOUN, K.WORTH, K.PIPELINE, K.ORDERS, K.ACTIVITIES}
        and not subjects
        and any(term.kind is K.DIMENSION and term.value is Dimension.CATEGORY for term in terms)
    ):
        return Subject.TICKETS  # "slowest ticket categories"
    if not subjects and not kinds & _OF_RECORDS and _names_only_tickets(terms):
        return Subject.TICKETS  # "returns last month"
    solved = K.SOLVING in kinds or any(
        term.kind is K.VALUE and term.text.casefold().startswith(_SOLVED) for term in terms
    )
    if solved and not kinds & {K.DEAL_NOUN, K.WORTH, K.PIPELINE, K.DEALS, K.ACTIVITIES} and not subjects:
        return Subject.TICKETS  # "how many did Sam solve"
    for owned in (Subject.QUOTA, Subject.COMMISSION):
        if owned in subjects:
            return owned
    names_kind = any(term.kind is K.VALUE and term.value[0].dimension is Dimension.KIND for term in terms)
    of_deals = kinds & {K.DEAL_NOUN, K.WORTH, K.PIPELINE}
    if K.ACTIVITIES in kinds or (names_kind and not subjects and not of_deals):
        return Subject.ACTIVITIES
    return Subject.DEALS if subjects or of_deals or kinds & {K.DEALS, K.BOARD} else None
