"""What a report of its own kind (a forecast, the churn list) cannot be narrowed to or split by: that is said."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from actions.asking.answering import may_ask, question_of
from actions.asking.terms import Term, TermKind
from actions.turn import Turn
from crm_store.insights.query.layer import Dimension

_TOLD_APART = frozenset(
    {Dimension.REGION, Dimension.COUNTRY, Dimension.INDUSTRY, Dimension.SOURCE, Dimension.PRODUCT, Dimension.REASON}
)
"""Names of other dimensions are read by the reports themselves, or are words of everyday ("won", "high", "call")."""


def say_left_aside(turn: Turn, *, shown: Iterable[str] = ()) -> None:
    """Say which names and groups in the message are not in the report just shown; ``shown``: what it says it is of."""
    if not may_ask(turn) or not turn.call.words.strip() or turn.call.words.startswith("/"):
        return
    told = " ".join(shown).casefold()
    aside = [said for said in _narrowing(question_of(turn).terms()) if said.casefold() not in told]
    if aside:
        turn.say("utter_report_left_aside", said=", ".join(dict.fromkeys(aside))[:80])


def _narrowing(terms: list[Term]) -> list[str]:
    names = [
        term.text
        for term in terms
        if term.kind is TermKind.VALUE and all(each.dimension in _TOLD_APART for each in term.value)
    ]
    groups = [
        f"{before.text} {term.text}"
        for before, term in pairwise(terms)
        if before.kind is TermKind.BY and term.kind is TermKind.DIMENSION and term.value in _TOLD_APART
    ]
    return names + groups
