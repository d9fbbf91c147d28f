"""Walking through the terms of a question: what each says, in view of those around it."""

from __future__ import annotations

from actions.asking.conditions_read import ConditionsRead
from actions.asking.errors import CannotRead, Why
from actions.asking.groups_read import GroupsRead
from actions.asking.heard import Heard, subject_said
from actions.asking.names import Vocabulary
from actions.asking.terms import Term
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject

_DONE = frozenset({"did", "has", "have", "had", "didn't"})


def walk(terms: list[Term], vocabulary: Vocabulary, *, about: Subject | None = None) -> Heard:
    """Hear all terms in order; ``about`` is the subject when they do not say one. Raises CannotRead."""
    said = subject_said(terms)
    heard = Heard(said or about or Subject.DEALS, said_subject=said is not None)
    if any(term.kind is K.BOARD for term in terms):
        # Of people, best first; whose is not asked, for it is of all who are on it.
        heard.board = heard.wide = heard.ranked = True
        heard.group(Dimension.REP)
    nothing = _said_not_to_be_done(terms)
    if nothing is not None:
        raise CannotRead(Why.UNSUPPORTED, nothing)
    heard.past = any(_DONE & set(term.text.casefold().split()) for term in terms)
    walker = _Walker(terms, vocabulary, heard, goes_on=about is not None)
    place = 0
    while place < len(terms):
        place = walker.read(place)
    return walker.heard


def _said_not_to_be_done(terms: list[Term]) -> str | None:
    """ "No activity", "without calls": who or what has had none is in no figure; None where nothing of it is said."""
    for place, term in enumerate(terms):
        following = terms[place + 1] if place + 1 < len(terms) else None
        if term.kind is not K.NOT or term.text.casefold() not in {"no", "without", "not"} or following is None:
            continue
        kinds = following.kind is K.VALUE and following.value[0].dimension is Dimension.KIND
        if following.kind is K.ACTIVITIES or (kinds and not any(each.kind is K.ACTIVITIES for each in terms)):
            return f"{term.text} {following.text}"
    return None


class _Walker(GroupsRead, ConditionsRead):
    __slots__ = ()

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
                if term.value is Measure.WEIGHTED and self._follows_open(place):
                    heard.measures.append((Measure.AMOUNT, Deals.OPEN))  # "open and weighted pipeline": both
                heard.measures.append((term.value, None))
            case K.WORTH:
                self._take_worth(term)
            case K.COUNT:
                heard.measures.append((Measure.COUNT, None))
            case K.DEALS:
                heard.together = heard.together or self._joins_populations(place)
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
        return self._read_not(place)
