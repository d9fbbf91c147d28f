"""Where one question about figures ends and another begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actions.asking.terms import Term
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals, Dimension, Subject

_FIGURES = frozenset(
    {K.MEASURE, K.WORTH, K.COUNT, K.DEALS, K.PIPELINE, K.TICKETS, K.ORDERS, K.ACTIVITIES, K.SHARE, K.HOW_LONG}
)
_APART = frozenset({Subject.DEALS, Subject.ACTIVITIES, Subject.TICKETS, Subject.ORDERS})
"""Records that one report cannot hold together; attainment and commission come with what was won."""
_CONTINUED = frozenset({K.COMPARE, K.BOARD, K.DRILL})


def part_at(terms: Sequence[Term], subject_of: Callable[[list[Term]], Subject | None]) -> Term | None:
    """The "and" between two questions that one report cannot answer; None when the message is one question.

    They are two when each names a figure and each its own time ("wins in Q3 and losses in Q4"), or when they are about
    different records ("tickets and revenue this month").
    """
    if any(term.kind in _CONTINUED for term in terms):
        return None
    for place, term in enumerate(terms):
        if term.kind is not K.AND or term.text.casefold() == "or":
            continue
        left, right = list(terms[:place]), list(terms[place + 1 :])
        if not (_names_figure(left) and _names_figure(right)):
            continue
        if _is_dated(left) and _is_dated(right) and not _goes_on(left, right):
            return term
        if _of_other_records(left, right, subject_of):
            return term
    return None


def _names_figure(terms: list[Term]) -> bool:
    return any(term.kind in _FIGURES or _is_kind(term) for term in terms)


def _is_kind(term: Term) -> bool:
    return term.kind is K.VALUE and term.value[0].dimension is Dimension.KIND


def _is_dated(terms: list[Term]) -> bool:
    return any(term.kind is K.DATE for term in terms)


def _goes_on(left: list[Term], right: list[Term]) -> bool:
    """Whether the second part says more of the same deals: "created in May and won in June"."""
    created = any(term.kind is K.DEALS and term.value is Deals.NEW for term in left)
    return created and not any(term.kind in _FIGURES - {K.DEALS} or term.kind is K.DEAL_NOUN for term in right)


def _of_other_records(left: list[Term], right: list[Term], subject_of: Callable[[list[Term]], Subject | None]) -> bool:
    one, other = subject_of(left), subject_of(right)
    if one is None or other is None or one is other or not {one, other} <= _APART:
        return False
    if {one, other} == {Subject.ORDERS, Subject.DEALS}:
        # "Orders and revenue" are both of orders.
        deals = left if one is Subject.DEALS else right
        return any(term.kind in {K.DEALS, K.DEAL_NOUN, K.PIPELINE, K.MEASURE} for term in deals)
    return True
