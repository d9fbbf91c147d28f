"""What the terms of a question say of its conditions and comparisons: names, what is left out, "Theo vs Marcus"."""

from __future__ import annotations

from itertools import pairwise

from actions.asking.errors import CannotRead, Why
from actions.asking.names import NamedValue
from actions.asking.places import Places
from actions.asking.tagging import SIZES
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Dimension, Subject

_FITTING: dict[Subject, frozenset[Dimension]] = {
    Subject.DEALS: frozenset(Dimension) - {Dimension.CATEGORY, Dimension.STATUS, Dimension.PRIORITY, Dimension.KIND},
    Subject.ACTIVITIES: frozenset(Dimension) - {Dimension.CATEGORY, Dimension.STATUS, Dimension.PRIORITY},
    Subject.TICKETS: frozenset(Dimension) - {Dimension.PRODUCT, Dimension.SOURCE, Dimension.REASON, Dimension.STAGE},
    Subject.ORDERS: frozenset(Dimension) - {Dimension.CATEGORY, Dimension.PRIORITY, Dimension.SOURCE},
    Subject.QUOTA: frozenset(Dimension),
    Subject.COMMISSION: frozenset(Dimension),
}


class ConditionsRead(Places):
    """Takes in names and comparisons."""

    __slots__ = ()

    def _read_not(self, place: int) -> int:
        """ "Without referrals", "no small ones"; raises CannotRead where nothing that can be left out follows."""
        self.negated = True
        following = self._next(place)
        if self.terms[place].text.casefold() == "no" and any(term.kind is K.WHO for term in self.terms):
            raise CannotRead(Why.UNKNOWN_WORDS, self._text_from(place))  # "who had no meetings" leaves none out
        small = any(term.text.casefold() in SIZES for term in self.terms[place + 1 : following])
        if small and self._kind(following) not in {K.VALUE, K.DIMENSION}:
            self.negated = False
            return place + 1  # "skip the small ones": an amount says which
        if self._kind(following) not in {K.VALUE, K.DIMENSION}:
            raise CannotRead(Why.UNKNOWN_WORDS, self._text_from(place))
        return following

    def _take_value(self, place: int) -> None:
        self.heard.values.append((self._meant(place), self.negated))
        following = self._next(place)
        if not (self._kind(following) is K.VALUE and self._joined(place, following)):
            self.negated = False

    def _meant(self, place: int) -> NamedValue:
        """Of the values of one name the one that fits what the question is about."""
        values: tuple[NamedValue, ...] = self.terms[place].value
        fitting = [value for value in values if value.dimension in _FITTING[self.heard.subject]] or list(values)
        if len(fitting) > 1 and {value.dimension for value in fitting} == {Dimension.REP}:
            raise CannotRead(Why.TWO_PEOPLE, self.terms[place].text)
        return fitting[0]

    def _read_compare(self, place: int) -> int:
        """ "Theo vs Marcus", "us revenue vs canada", "compare dana and riley": names of one kind are groups."""
        self.heard.compares = True
        following = self._next(place)
        self.heard.beside = self.heard.beside or self._kind(following) is K.DATE
        if self._kind(following) is not K.DATE:
            before, after = (
                self._values_in(range(place - 1, -1, -1)),
                self._values_in(range(place + 1, len(self.terms))),
            )
            alike = [(one, other) for one in before for other in after[:1] if self._are_alike(one, other)]
            alike += [pair for pair in pairwise(after) if self._are_alike(*pair)]
            if alike:
                self.heard.group(self._meant(alike[0][0]).dimension)
        return place + 1

    def _values_in(self, places: range) -> list[int]:
        return [place for place in places if self._kind(place) is K.VALUE]

    def _are_alike(self, one: int, other: int) -> bool:
        return self._meant(one).dimension is self._meant(other).dimension
