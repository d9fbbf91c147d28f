"""What the terms of a question say of its groups and rankings: "by rep and month", "which source", "top 5 accounts"."""

from __future__ import annotations

from actions.asking.dates import unit_said
from actions.asking.errors import CannotRead, Why
from actions.asking.figures_read import FiguresRead
from actions.asking.lexicon import BY_THEMSELVES
from actions.asking.names import NamedValue
from actions.asking.places import PASSED_OVER
from actions.asking.terms import Term
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals, Dimension, Subject
from crm_store.insights.query.report_query import Shift

_OF_MEASURES = frozenset(
    {K.MEASURE, K.WORTH, K.COUNT, K.AVERAGE, K.PIPELINE, K.TICKETS, K.ORDERS, K.ACTIVITIES, K.TOP, K.LOWEST}
)
_WHOSE = frozenset({K.OWN, K.WIDE})
_DIVISION = ("breakdown", "split", "mix", "distribution", "of our", "of the", "of my")
_ONE_DEAL = frozenset({"deal", "opportunity", "opp", "win", "loss", "contract"})
_WHY = frozenset({"why", "and why", "how come"})
_CHANGES = frozenset({"up", "down"})
_SPEEDS = frozenset({"slowest", "fastest", "quickest", "longest", "shortest"})
_ORDERED = frozenset({"rank", "ranked", "sort", "sorted", "order", "ordered"})


class GroupsRead(FiguresRead):
    """Takes in terms about groups and rankings."""

    __slots__ = ()

    def _read_by(self, place: int) -> int:
        """ "by rep and month", "per account"; "by revenue" after "top 5" says what the top is of."""
        following = self._next(place, over=PASSED_OVER | {K.DEALS})
        kind = self._kind(following)
        if self.heard.board and self._kind(self._next(place)) is K.DEALS:
            return self._next(place)  # "leaderboard by wins"
        if kind in _OF_MEASURES and self._is_ordered(place):
            # "reps ranked by revenue": what stands before is ranked.
            if not self._groups_by(self._before(place)):
                self.heard.group(Dimension.REP)
            self.heard.ranked = True
        if kind is K.DIMENSION:
            return self._read_dimensions(following)
        unit = unit_said(self.terms[following].text) if kind is K.DATE and self._is_each(place) else None
        if unit is not None:
            self.heard.group(Dimension(unit))  # "for each of the last 4 quarters"
            return following
        if kind is K.VALUE and self.terms[following].value[0].dimension in {Dimension.REP, Dimension.TEAM}:
            return following  # "solved by Sam"
        if kind in {K.BY, K.WIDE} or (
            kind in _OF_MEASURES and (self.heard.ranked or self.heard.compares or self.goes_on)
        ):
            return self._next(place)  # "by new pipeline"
        if kind in {K.DEAL_NOUN, K.TICKETS, K.ORDERS} and (self.heard.average or self.heard.board):
            return following  # "average value per deal", "leaderboard by deals"
        if self.heard.ranked and kind is K.DEAL_NOUN and self._kind(self._next(following)) is K.DEALS:
            return following  # "top 5 reps by deals won"
        if self.heard.ranked and kind is K.VALUE and self.terms[following].value[0].dimension is Dimension.KIND:
            return following  # "top reps by calls"
        if kind is K.DEAL_NOUN and self.terms[place].text.casefold() in {"every", "each"}:
            return following  # "every deal above 50k"
        raise CannotRead(Why.UNKNOWN_GROUPING, self._text_from(following) or self.terms[place].text)

    def _is_each(self, place: int) -> bool:
        return self.terms[place].text.casefold() in {"each", "for each", "every", "for every"}

    def _is_ordered(self, place: int) -> bool:
        """ "reps ranked by revenue", "sort products by revenue"."""
        said = {word for term in self.terms[: place + 1] for word in term.text.casefold().split()}
        before = self._before(place)
        people = self._kind(before) is K.WIDE and "rep" in self.terms[before].text
        return (people or self._kind(before) is K.DIMENSION) and bool(said & _ORDERED)

    def _read_dimensions(self, place: int) -> int:
        """A row of dimensions: "rep", "rep and month", "rep, month"."""
        while True:
            self.heard.group(self.terms[place].value)
            following = self._next(place)
            if self._kind(following) is not K.DIMENSION or not self._joined(place, following):
                return place + 1
            place = following

    def _read_which(self, place: int) -> int:
        """ "which source", "which deals over 30k did we lose", "who made"."""
        if self.terms[place].kind is K.WHO:
            ranked = self._next(place, over=PASSED_OVER | _WHOSE | {K.TOP, K.LOWEST, K.NUMBER})
            if self._kind(ranked - 1) in {K.TOP, K.LOWEST, K.NUMBER} and self._kind(ranked) is K.DIMENSION:
                return place + 1  # "who is our best customer"
            self.heard.wide = True
            self.heard.group(Dimension.REP)
            return place + 1
        following = self._next(place)
        grouped = self._next(place, over=PASSED_OVER | _WHOSE)
        if self._groups_by(grouped):
            for term in self.terms[following:grouped]:
                self._take_mark(term)  # "which of our lead sources"
            self.heard.ranked = True
            return grouped + 1
        self.heard.lists = self.heard.lists or self._leads_to_deals(following)
        return place + 1

    def _groups_by(self, place: int) -> bool:
        """Group by the dimension at a place, when one is there."""
        if self._kind(place) is not K.DIMENSION:
            return False
        self.heard.group(self.terms[place].value)
        return True

    def _read_ranking(self, place: int) -> int:
        """ "top 5 accounts", "biggest 5 won deals", "shortest cycle"."""
        heard = self.heard
        grows_fast = any(term.kind is K.CHANGE for term in self.terms) and self.terms[place].text.casefold() in _SPEEDS
        heard.lowest = heard.lowest or (self.terms[place].kind is K.LOWEST and not grows_fast)
        heard.ranked = True
        heard.speed = heard.speed or self.terms[place].text.casefold() in _SPEEDS
        following = self._next(place)
        if self._kind(following) is K.NUMBER:
            heard.top = self.terms[following].value
            place = following
            following = self._next(place)
        over = PASSED_OVER | {K.DOING}
        if self._kind(self._next(place, over=over)) is K.DIMENSION:
            following = self._next(place, over=over)  # "worst performing region"
        if self._groups_by(following):
            return following + 1
        if self._kind(following) in {K.TICKETS, K.ORDERS} and self._groups_by(self._next(following)):
            return self._next(following) + 1  # "slowest ticket categories"
        heard.lists = heard.lists or (self._leads_to_deals(following) and not heard.by)
        heard.single = heard.single or self._is_single(following)
        return place + 1

    def _is_single(self, place: int) -> bool:
        """Whether one deal is ranked: "the biggest win", "largest deal we won"."""
        said = {term.text.casefold() for term in self.terms[place : place + 2] if term.kind in {K.DEAL_NOUN, K.DEALS}}
        return bool(said & _ONE_DEAL)

    def _read_number(self, place: int) -> int:
        """A number is read only beside a ranking: "the 5 biggest"."""
        following = self._next(place)
        if self._kind(following) in {K.TOP, K.LOWEST} and self.heard.top is None:
            self.heard.top = self.terms[place].value
            return following
        if self.goes_on and self.heard.top is None:
            self.heard.top = self.terms[place].value  # "make it 10", of a ranking
            return place + 1
        raise CannotRead(Why.UNKNOWN_WORDS, self.terms[place].text)

    def _read_bare_dimension(self, place: int) -> int:
        """A dimension without "by": beside one of its values ("the energy sector") it adds nothing."""
        term = self.terms[place]
        dimension: Dimension = term.value
        if self.heard.ranked and not self.heard.by and self._kind(place - 1) in {K.MEASURE, K.WORTH}:
            self.heard.group(dimension)  # "best selling products", "longest cycle industries"
            return place + 1
        if dimension is Dimension.REASON and term.text.casefold() in _WHY and self._tells_of_a_change():
            self.heard.shift = self.heard.shift or Shift.PREVIOUS  # "how come revenue is down": beside the time before
            return place + 1
        if dimension is Dimension.REASON and self.heard.lists:
            return place + 1  # "the 3 largest lost deals with reasons": a list has them
        if self._kind(self._next(place)) in {K.TOP, K.LOWEST} and self._groups_by(place):
            self.heard.ranked = True  # "agent with the most open tickets"
            return place + 1
        if place + 1 < len(self.terms) and self.terms[place + 1].text.casefold().startswith(_DIVISION):
            self.heard.group(dimension)  # "stage breakdown", "sources of our won deals"
            return place + 1
        alone = self._kind(place - 1) is K.ALSO or (
            self.goes_on and all(each is term or each.kind in PASSED_OVER for each in self.terms)
        )
        if (
            alone or term.text.casefold() in BY_THEMSELVES or dimension is Dimension.REASON
        ):  # "where did they come from"
            self.heard.group(dimension)
            return place + 1
        if self._leaves_out_one_of(place, dimension):
            self.heard.group(dimension)  # "all sources except inbound"
            return place + 1
        if self._kind(self._next(place)) is K.WHO and not self.heard.by:
            self.heard.group(dimension)  # "customers who bought the most"
            return self._next(place) + 1
        if self._kind(self._next(place)) is K.BY and self._is_ordered(self._next(place)):
            return place + 1
        category = self._category(term)
        if category is not None and self._kind(place + 1) is K.TICKETS:
            self.heard.values.append((category, self.negated))
            self.negated = False
            return place + 1
        around = (self.terms[n] for n in (self._before(place), self._next(place)) if 0 <= n < len(self.terms))
        named = [each for each in around if each.kind is K.VALUE]
        if any(value.dimension is dimension for each in named for value in each.value):
            return place + 1
        customers = dimension is Dimension.ACCOUNT and not self._is_counted(place)
        if customers and (named or self.heard.by or self.heard.ranked):
            return place + 1
        if dimension is Dimension.TEAM or (dimension is Dimension.REP and term.text.casefold() in {"reps", "people"}):
            self.heard.wide = True
            return place + 1
        raise CannotRead(Why.UNKNOWN_WORDS, term.text)

    def _tells_of_a_change(self) -> bool:
        """Whether a figure is said to have gone up or down, and no deals to be lost."""
        said = {word for term in self.terms for word in term.text.casefold().split()}
        lost = any(term.kind is K.DEALS and term.value is Deals.LOST for term in self.terms)
        changed = any(term.kind is K.CHANGE for term in self.terms) or bool(said & _CHANGES)
        return changed and not lost

    def _leaves_out_one_of(self, place: int, dimension: Dimension) -> bool:
        named = self._next(self._next(place))
        return (
            self._kind(self._next(place)) is K.NOT
            and self._kind(named) is K.VALUE
            and any(value.dimension is dimension for value in self.terms[named].value)
        )

    def _category(self, term: Term) -> NamedValue | None:
        """The category of tickets that is called like a dimension: "product tickets"."""
        if self.heard.subject is not Subject.TICKETS:
            return None
        named = self.vocabulary.values.get((term.text.casefold(),), ())
        return next((value for value in named if value.dimension is Dimension.CATEGORY), None)

    def _is_counted(self, place: int) -> bool:
        """Whether "how many" stands before: "how many new customers" is not about deals."""
        before = self._before(place)
        while self._kind(before) in {K.DEALS, K.VALUE}:
            before = self._before(before)
        return self._kind(before) is K.COUNT
