"""Walking through the terms of a question: what each says, in view of those around it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from actions.asking.errors import CannotRead, Why
from actions.asking.heard import Heard, subject_said
from actions.asking.lexicon import BY_THEMSELVES
from actions.asking.names import NamedValue, Vocabulary
from actions.asking.tagging import SIZES
from actions.asking.terms import Term
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import Show

_PASSED_OVER = frozenset({K.FILLER, K.AND})
_OF_MEASURES = frozenset(
    {K.MEASURE, K.WORTH, K.COUNT, K.AVERAGE, K.PIPELINE, K.TICKETS, K.ORDERS, K.ACTIVITIES, K.TOP, K.LOWEST}
)
_WHOSE = frozenset({K.OWN, K.WIDE})
_BEFORE_DEALS = frozenset({K.DEALS, K.FILLER, K.OWN, K.WIDE, K.VALUE, K.MONEY, K.TOP, K.LOWEST, K.NUMBER})
_FLAGS = {
    K.LIST: "lists",
    K.AVERAGE: "average",
    K.DEAL_NOUN: "deal_noun",
    K.CLOSE: "closes",
    K.LAST: "last",
    K.ALL_TIME: "all_time",
    K.OWN: "own",
    K.WIDE: "wide",
    K.DOING: "doing",
    K.ANSWERING: "answering",
    K.SOLVING: "solving",
    K.DRILL: "drills",
    K.ALSO: "adds",
}
"""Terms that only say something by being there, and the field of Heard each sets."""
_DIVISION = ("breakdown", "split", "mix", "distribution", "of our", "of the", "of my")
_SPEEDS = frozenset({"slowest", "fastest", "quickest", "longest", "shortest"})
_DONE = frozenset({"did", "has", "have", "had", "didn't"})
_ORDERED = frozenset({"rank", "ranked", "sort", "sorted", "order", "ordered"})
_FITTING: dict[Subject, frozenset[Dimension]] = {
    Subject.DEALS: frozenset(Dimension) - {Dimension.CATEGORY, Dimension.STATUS, Dimension.PRIORITY, Dimension.KIND},
    Subject.ACTIVITIES: frozenset(Dimension) - {Dimension.CATEGORY, Dimension.STATUS, Dimension.PRIORITY},
    Subject.TICKETS: frozenset(Dimension) - {Dimension.PRODUCT, Dimension.SOURCE, Dimension.REASON, Dimension.STAGE},
    Subject.ORDERS: frozenset(Dimension) - {Dimension.CATEGORY, Dimension.PRIORITY, Dimension.SOURCE},
    Subject.QUOTA: frozenset(Dimension),
    Subject.COMMISSION: frozenset(Dimension),
}


def walk(terms: list[Term], vocabulary: Vocabulary, *, about: Subject | None = None) -> Heard:
    """Hear all terms in order; ``about`` is the subject when they do not say one. Raises CannotRead."""
    said = subject_said(terms)
    heard = Heard(said or about or Subject.DEALS, said_subject=said is not None)
    if any(term.kind is K.BOARD for term in terms):
        # Of people, best first; whose is not asked, for it is of all who are on it.
        heard.board = heard.wide = heard.ranked = True
        heard.group(Dimension.REP)
    heard.past = any(_DONE & set(term.text.casefold().split()) for term in terms)
    walker = _Walker(terms, vocabulary, heard, goes_on=about is not None)
    place = 0
    while place < len(terms):
        place = walker.read(place)
    return walker.heard


@dataclass(slots=True)
class _Walker:
    terms: list[Term]
    vocabulary: Vocabulary
    heard: Heard
    goes_on: bool = False
    negated: bool = False

    def read(self, place: int) -> int:
        """Take the term at a place in; where to go on."""
        term, heard = self.terms[place], self.heard
        match term.kind:
            case K.UNKNOWN:
                raise CannotRead(Why.UNKNOWN_WORDS, ", ".join(t.text for t in self.terms if t.kind is K.UNKNOWN))
            case K.UNSUPPORTED:
                raise CannotRead(Why.UNSUPPORTED, term.text)
            case K.BY | K.WHICH | K.WHO | K.TOP | K.LOWEST | K.NUMBER | K.DIMENSION | K.COMPARE | K.NOT:
                return self._read_with_following(place)
            case K.VALUE:
                self._take_value(place)
            case K.FILLER if term.text.casefold() == "but" and self._kind(place + 1) is K.VALUE:
                self.negated = True  # "all but Globex"
            case K.SHOW_VERB:
                heard.lists = heard.lists or self._leads_to_deals(self._next(place))
            case K.HOW_LONG:
                self._read_how_long(place)
            case K.MEASURE:
                heard.measures.append((term.value, None))
            case K.WORTH:
                self._take_worth(term)
            case K.COUNT:
                heard.measures.append((Measure.COUNT, None))
            case K.DEALS:
                self._take_population(term)
                if term.text.casefold() in {"wins", "losses"} and self._is_beside_a_figure(place):
                    heard.measures.append((Measure.COUNT, None))
            case K.CLOSE if heard.subject is Subject.TICKETS:
                heard.values += [(value, False) for value in self.vocabulary.values.get(("closed",), ())]
            case _:
                self._take_mark(term)
        return place + 1

    def _read_with_following(self, place: int) -> int:
        match self.terms[place].kind:
            case K.BY:
                return self._read_by(place)
            case K.WHICH | K.WHO:
                return self._read_which(place)
            case K.TOP | K.LOWEST:
                return self._read_ranking(place)
            case K.NUMBER:
                return self._read_number(place)
            case K.DIMENSION:
                return self._read_bare_dimension(place)
            case K.COMPARE:
                return self._read_compare(place)
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

    def _take_mark(self, term: Term) -> None:
        """A term that says what it says wherever it stands."""
        heard = self.heard
        if term.kind in _FLAGS:
            setattr(heard, _FLAGS[term.kind], True)
        match term.kind:
            case K.PIPELINE:
                heard.pipeline = True
                heard.populations.append(Deals.OPEN)
            case K.MONEY:
                heard.bounds.append(term.value)
            case K.DATE:
                place = self.terms.index(term)
                if self._kind(place - 2) is K.DATE and self.terms[place - 1].text.casefold() == "or":
                    heard.compares = True  # "more in Q2 or Q3"
                heard.dates.append(term)
            case K.SHIFT:
                heard.shift = term.value
            case K.OUTPUT if not (heard.show.is_picture and term.value is Show.CHART):
                heard.show, heard.said_show = term.value, True
            case K.SHARE:
                heard.share = term.text
            case K.SOLVING if heard.subject is Subject.TICKETS and self._counts_without_time():
                heard.values += [(value, False) for value in self.vocabulary.values.get(("solved",), ())]
            case K.ANSWERING | K.SOLVING if heard.subject is not Subject.TICKETS:
                raise CannotRead(Why.UNKNOWN_WORDS, term.text)

    def _counts_without_time(self) -> bool:
        """ "How many did Sam solve": how many, and not how long it took."""
        kinds = {term.kind for term in self.terms}
        return K.COUNT in kinds and not kinds & {K.HOW_LONG, K.MEASURE, K.AVERAGE}

    # Around a term ---------------------------------------------------------------------------------------------

    def _next(self, place: int, *, over: frozenset[K] = _PASSED_OVER) -> int:
        """The place of the next term that says something."""
        place += 1
        while place < len(self.terms) and self.terms[place].kind in over:
            place += 1
        return place

    def _before(self, place: int) -> int:
        place -= 1
        while place >= 0 and self.terms[place].kind in _PASSED_OVER:
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

    def _leads_to_deals(self, place: int) -> bool:
        """Whether deals come next, with what tells which: "the won deals", "all my open deals"."""
        while self._kind(place) in _BEFORE_DEALS:
            place += 1
        return self._kind(place) is K.DEAL_NOUN

    # Figures ---------------------------------------------------------------------------------------------------

    def _take_worth(self, term: Term) -> None:
        """Words for money; where a figure of its own was just named ("weighted", "order value") they add nothing."""
        measures = self.heard.measures
        self.heard.vague = not measures and term.text.casefold().startswith("what ")
        if self.heard.subject in {Subject.TICKETS, Subject.ACTIVITIES} and term.text.casefold() in {"total", "totals"}:
            measures.append((Measure.COUNT, None))
            return
        if self.heard.subject is Subject.ORDERS:
            if not any(measure is Measure.ORDER_VALUE for measure, _ in measures):
                measures.append((Measure.ORDER_VALUE, None))
            return
        last, implied = measures[-1] if measures else (None, None)
        if last is Measure.AMOUNT and None in {implied, term.value}:
            # "total revenue", "how much did we sell": one figure in two words.
            measures[-1] = (Measure.AMOUNT, implied or term.value)
        elif last is not Measure.WEIGHTED:
            measures.append((Measure.AMOUNT, term.value))

    def _take_population(self, term: Term) -> None:
        if self.heard.subject is not Subject.TICKETS:
            self.heard.populations.append(term.value)
            return
        said = term.text.casefold().split()
        if term.value is Deals.WON and said[-1] in {"close", "closed"}:
            # "Did I close", "closed": of tickets, those that are solved.
            self.heard.own = self.heard.own or "i" in said
            self.heard.values += [(value, self.negated) for value in self.vocabulary.values.get(("closed",), ())]
            return
        named = self.vocabulary.values.get((term.text.casefold(),), ())
        if term.value is Deals.OPEN and not said[-1].startswith("clos"):
            named = named or self.vocabulary.values.get(("open",), ())  # "still open", "outstanding"
        status = next((value for value in named if value.dimension is Dimension.STATUS), None)
        if self._kind(self._next(self.terms.index(term))) in {K.TOP, K.LOWEST}:
            return  # "which customers open the most tickets"
        # "how many tickets did Initech open" is about opening them.
        before = {each.text.casefold().split()[0] for each in self.terms if each.start < term.start}
        if status is not None and not before & {"did", "do", "does", "has", "have"}:
            self.heard.values.append((status, self.negated))

    def _read_how_long(self, place: int) -> None:
        """ "how long does it take to close a deal", "how fast do we answer tickets": by the verb that follows."""
        following = self.terms[place:] if self._says_what_takes_long(place) else self.terms
        kinds = {term.kind for term in following}
        if K.ANSWERING in kinds:
            self.heard.measures.append((Measure.FIRST_RESPONSE, None))
        elif K.SOLVING in kinds or self.heard.subject is Subject.TICKETS:
            self.heard.measures.append((Measure.RESOLUTION, None))
        elif kinds & {K.CLOSE, K.DEALS, K.DEAL_NOUN} or any(term.value is Measure.CYCLE for term in following):
            self.heard.measures.append((Measure.CYCLE, None))
        else:
            raise CannotRead(Why.NO_MEASURE, self.terms[place].text)

    def _says_what_takes_long(self, place: int) -> bool:
        """Whether the verb follows: "how long to answer", and not "are we answering faster"."""
        return any(term.kind in {K.ANSWERING, K.SOLVING, K.CLOSE, K.DEALS} for term in self.terms[place:])

    # Groups ----------------------------------------------------------------------------------------------------

    def _read_by(self, place: int) -> int:
        """ "by rep and month", "per account"; "by revenue" after "top 5" says what the top is of."""
        following = self._next(place, over=_PASSED_OVER | {K.DEALS})
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
        if kind is K.VALUE and self.terms[following].value[0].dimension in {Dimension.REP, Dimension.TEAM}:
            return following  # "solved by Sam"
        if kind in {K.BY, K.WIDE} or (
            kind in _OF_MEASURES and (self.heard.ranked or self.heard.compares or self.goes_on)
        ):
            return self._next(place)  # "by new pipeline"
        if kind in {K.DEAL_NOUN, K.TICKETS, K.ORDERS} and (self.heard.average or self.heard.board):
            return following  # "average value per deal", "leaderboard by deals"
        if kind is K.DEAL_NOUN and self.terms[place].text.casefold() in {"every", "each"}:
            return following  # "every deal above 50k"
        raise CannotRead(Why.UNKNOWN_GROUPING, self._text_from(following) or self.terms[place].text)

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
            ranked = self._next(place, over=_PASSED_OVER | _WHOSE | {K.TOP, K.LOWEST, K.NUMBER})
            if self._kind(ranked - 1) in {K.TOP, K.LOWEST, K.NUMBER} and self._kind(ranked) is K.DIMENSION:
                return place + 1  # "who is our best customer"
            self.heard.wide = True
            self.heard.group(Dimension.REP)
            return place + 1
        following = self._next(place)
        grouped = self._next(place, over=_PASSED_OVER | _WHOSE)
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
        heard.lowest = heard.lowest or self.terms[place].kind is K.LOWEST
        heard.ranked = True
        heard.speed = heard.speed or self.terms[place].text.casefold() in _SPEEDS
        following = self._next(place)
        if self._kind(following) is K.NUMBER:
            heard.top = self.terms[following].value
            place = following
            following = self._next(place)
        over = _PASSED_OVER | {K.DOING}
        if self._kind(self._next(place, over=over)) is K.DIMENSION:
            following = self._next(place, over=over)  # "worst performing region"
        if self._groups_by(following):
            return following + 1
        if self._kind(following) in {K.TICKETS, K.ORDERS} and self._groups_by(self._next(following)):
            return self._next(following) + 1  # "slowest ticket categories"
        heard.lists = heard.lists or (self._leads_to_deals(following) and not heard.by)
        return place + 1

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
        if dimension is Dimension.REASON and self.heard.lists:
            return place + 1  # "the 3 largest lost deals with reasons": a list has them
        if self._kind(self._next(place)) in {K.TOP, K.LOWEST} and self._groups_by(place):
            self.heard.ranked = True  # "agent with the most open tickets"
            return place + 1
        if place + 1 < len(self.terms) and self.terms[place + 1].text.casefold().startswith(_DIVISION):
            self.heard.group(dimension)  # "stage breakdown", "sources of our won deals"
            return place + 1
        if term.text.casefold() in BY_THEMSELVES or dimension is Dimension.REASON:
            self.heard.group(dimension)
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

    # Conditions and comparisons --------------------------------------------------------------------------------

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
