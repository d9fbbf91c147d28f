"""Finding the way among the terms of a question: what stands before and after a place."""

from __future__ import annotations

from dataclasses import dataclass

from actions.asking.heard import Heard
from actions.asking.names import Vocabulary
from actions.asking.terms import Term
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals

PASSED_OVER = frozenset({K.FILLER, K.AND})
_BEFORE_DEALS = frozenset({K.DEALS, K.FILLER, K.OWN, K.WIDE, K.VALUE, K.MONEY, K.TOP, K.LOWEST, K.NUMBER})


@dataclass(slots=True)
class Places:
    """The terms of a question by place, and what has been heard of them so far. ``negated``: after "without"."""

    terms: list[Term]
    vocabulary: Vocabulary
    heard: Heard
    goes_on: bool = False
    negated: bool = False

    def _next(self, place: int, *, over: frozenset[K] = PASSED_OVER) -> int:
        """The place of the next term that says something."""
        place += 1
        while place < len(self.terms) and self.terms[place].kind in over:
            place += 1
        return place

    def _before(self, place: int) -> int:
        place -= 1
        while place >= 0 and self.terms[place].kind in PASSED_OVER:
            place -= 1
        return place

    def _kind(self, place: int) -> K | None:
        return self.terms[place].kind if 0 <= place < len(self.terms) else None

    def _joined(self, place: int, following: int) -> bool:
        return any(term.kind is K.AND for term in self.terms[place + 1 : following])

    def _text_from(self, place: int) -> str:
        return " ".join(term.text for term in self.terms[place : place + 2])

    def _is_beside_a_figure(self, place: int) -> bool:
        """ "Revenue and wins": how many is asked as well."""
        return any(
            self._kind(joined) is K.AND and self._kind(other) in {K.WORTH, K.MEASURE}
            for joined, other in ((place - 1, place - 2), (place + 1, place + 2))
        )

    def _follows_open(self, place: int) -> bool:
        """ "Open and weighted": the deals just named are a figure of their own."""
        before = self.terms[place - 2] if place > 1 and self._kind(place - 1) is K.AND else None
        return before is not None and before.kind in {K.DEALS, K.PIPELINE} and before.value in {Deals.OPEN, None}

    def _joins_populations(self, place: int) -> bool:
        """ "New and won deals", "won, lost and new": joined to what was created or became of deals before it."""
        before = place - 1
        while self._kind(before) in {K.AND, K.DEAL_NOUN}:
            before -= 1
        joined = any(term.kind is K.AND and term.text.casefold() != "or" for term in self.terms[before + 1 : place])
        return (
            joined
            and self._kind(before) is K.DEALS
            and Deals.OPEN not in {self.terms[before].value, self.terms[place].value}
        )

    def _leads_to_deals(self, place: int) -> bool:
        """Whether deals come next, with what tells which: "the won deals", "all my open deals"."""
        while self._kind(place) in _BEFORE_DEALS:
            place += 1
        return self._kind(place) is K.DEAL_NOUN
