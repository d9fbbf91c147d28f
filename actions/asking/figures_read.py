"""What the terms of a question say of its figures: measures, which deals, how long something takes."""

from __future__ import annotations

from actions.asking.errors import CannotRead, Why
from actions.asking.places import Places
from actions.asking.terms import Term
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import Show

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
    K.CHANGE: "changed",
    K.ALONE: "alone",
}
"""Terms that only say something by being there, and the field of Heard each sets."""


class FiguresRead(Places):
    """Takes in terms about figures."""

    __slots__ = ()

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
