"""Which figures a question is about: measures, and of which deals."""

from __future__ import annotations

from datetime import date

from actions.asking.errors import CannotRead, Why
from actions.asking.heard import Heard
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import Figure, Period, Show

_AVERAGES = {Measure.AMOUNT: Measure.AVERAGE, Measure.COUNT: Measure.AVERAGE}
_FILES = frozenset({Show.CSV, Show.PDF})
_OF_PEOPLE = frozenset({Subject.QUOTA, Subject.COMMISSION})
_MEANS = frozenset({Measure.CYCLE, Measure.FIRST_RESPONSE, Measure.RESOLUTION, Measure.AVERAGE_ORDER, Measure.WIN_RATE})
_OTHERS: dict[Subject, tuple[Measure, frozenset[Measure]]] = {
    Subject.TICKETS: (Measure.TICKETS, frozenset({Measure.FIRST_RESPONSE, Measure.RESOLUTION})),
    Subject.ORDERS: (Measure.ORDERS, frozenset({Measure.ORDER_VALUE, Measure.AVERAGE_ORDER})),
    Subject.ACTIVITIES: (Measure.ACTIVITIES, frozenset()),
    Subject.QUOTA: (Measure.ATTAINMENT, frozenset()),
    Subject.COMMISSION: (Measure.COMMISSION, frozenset()),
}


def figures_of(heard: Heard, period: Period | None, *, looks_ahead: bool, today: date) -> tuple[Figure, ...]:
    """The figures; ``period`` is the one named, ``looks_ahead``: it begins after today. Raises CannotRead."""
    if heard.subject is not Subject.DEALS:
        return _of_others(heard)
    ends_ahead = period is not None and period.last is not None and period.last > today
    named = _named_deals(heard, looks_ahead=(looks_ahead or ends_ahead) and not heard.past)
    bought = any(implied is Deals.WON for _, implied in heard.measures)
    if bought and named is Deals.NEW and not heard.deal_noun:
        raise CannotRead(Why.UNKNOWN_WORDS, "new")  # "new revenue": of whom?
    by_worth = heard.deal_noun and heard.top is not None and heard.measures == [(Measure.AMOUNT, None)]
    if heard.ranked and not (heard.by or heard.average or heard.share) and (by_worth or not heard.measures):
        heard.lists, heard.measures = True, []  # "biggest win", "top 20 deals by value"
    if heard.lists and not (
        heard.ranked or heard.deal_noun or heard.populations or heard.values or heard.dates or heard.measures
    ):
        raise CannotRead(Why.NO_MEASURE)  # "list reps"
    if heard.show in _FILES and heard.deal_noun and not (heard.by or heard.measures or heard.average or heard.share):
        heard.lists = True  # "the deals won in October as csv"
    if heard.lists and not heard.by and not heard.measures:
        heard.top = heard.top or (1 if heard.single else None)
        return (Figure(Measure.LIST, named or _meant_deals(heard, Measure.LIST, period, today)),)
    found: list[Figure] = []
    averaged = _averaged(heard)
    for place, (measure, implied) in enumerate(_measures(heard)):
        if place == averaged and measure is Measure.AMOUNT and implied is Deals.WON and not heard.deal_noun:
            raise CannotRead(Why.UNSUPPORTED, "average")  # of the sums of what?
        kind = _AVERAGES.get(measure, measure) if place == averaged else measure
        said = set(heard.populations)
        both = {Deals.WON, Deals.LOST} <= said
        created = (heard.compares or heard.together) and Deals.NEW in said and bool(said & {Deals.WON, Deals.LOST})
        if len(kind.of_deals) == 1:
            deals = tuple(kind.of_deals)
        elif created:
            deals = tuple(each for each in (Deals.NEW, Deals.WON, Deals.LOST) if each in said)
        elif both:
            deals = (Deals.WON, Deals.LOST)
        else:
            sold = Deals.WON if bought and kind is Measure.COUNT else None
            deals = (named or implied or sold or _meant_deals(heard, kind, period, today),)
        found += [Figure(kind, each) for each in deals]
    return tuple(dict.fromkeys(found))


def _measures(heard: Heard) -> list[tuple[Measure, Deals | None]]:
    """The measures named, or the one that is meant without a word for it."""
    if heard.share:
        if heard.measures or set(heard.populations) != {Deals.WON}:
            raise CannotRead(Why.UNSUPPORTED, heard.share)
        heard.populations = []
        return [(Measure.WIN_RATE, None)]  # "what percentage of deals did we win"
    if heard.vague and Dimension.REASON in heard.by and heard.measures == [(Measure.AMOUNT, None)]:
        return [(Measure.COUNT, None)]  # "what did we lose and why"
    if heard.measures:
        return heard.measures
    if heard.speed and heard.by and not heard.changed:
        return [(Measure.CYCLE, None)]  # "slowest reps to close"
    if heard.average:
        return [(Measure.AMOUNT, None)]
    if heard.pipeline or (heard.board and not heard.populations and not heard.deal_noun):
        return [(Measure.AMOUNT, None)]
    if heard.populations or heard.deal_noun or heard.closes or Dimension.REASON in heard.by:
        return [(Measure.COUNT, None)]
    if (heard.ranked or heard.changed) and heard.by:
        return [(Measure.AMOUNT, Deals.WON)]  # "top accounts in healthcare"
    if Dimension.STAGE in heard.by:
        return [(Measure.AMOUNT, Deals.OPEN)]  # "stage split for the growth team"
    if (heard.doing or heard.beside) and (heard.values or heard.dates or heard.by):
        return [(Measure.AMOUNT, Deals.WON)]  # "how did EMEA do last quarter"
    if heard.compares and heard.by and heard.values:
        return [(Measure.AMOUNT, Deals.WON)]  # "compare dana and marcus"
    raise CannotRead(Why.NO_MEASURE)


def _averaged(heard: Heard) -> int:
    """The place of the measure that "average" belongs to: one that can be averaged and is no mean already."""
    if not heard.average:
        return -1
    measures = [measure for measure, _ in _measures(heard)]
    if len(measures) == 1 and measures[0] in _MEANS:
        return -1
    for wanted in (Measure.AMOUNT, Measure.COUNT):
        if wanted in measures:
            return measures.index(wanted)
    return -1


def _named_deals(heard: Heard, *, looks_ahead: bool) -> Deals | None:
    """The deals named: of several words the one that says most ("open deals closing in May" are open)."""
    named = set(heard.populations)
    for each in (Deals.LOST, Deals.NEW, Deals.OPEN, Deals.WON):
        if each in named and not (each is Deals.OPEN and Deals.WON in named and not heard.pipeline):
            return each
    if heard.names(Dimension.STAGE):
        return Deals.OPEN
    if heard.closes:
        return Deals.OPEN if looks_ahead else Deals.WON
    return Deals.LOST if heard.names(Dimension.REASON) else None


def _meant_deals(heard: Heard, measure: Measure, period: Period | None, today: date) -> Deals:
    """Without a word for it: deals of a time that is over were created (or, in money, won) then; else the open."""
    if heard.board:
        return Deals.WON
    if Dimension.REASON in heard.by:
        return Deals.LOST
    if Dimension.STAGE in heard.by:
        return Deals.OPEN
    if measure is Measure.AVERAGE and period is None:
        return Deals.WON
    if period is not None and (period.first is None or period.first <= today):
        return Deals.NEW if measure in {Measure.COUNT, Measure.LIST} else Deals.WON
    return Deals.OPEN


def _of_others(heard: Heard) -> tuple[Figure, ...]:
    """Figures of tickets, orders, activities and quotas."""
    usual, special = _OTHERS[heard.subject]
    if heard.share and heard.subject not in _OF_PEOPLE:
        raise CannotRead(Why.UNSUPPORTED, heard.share)
    if heard.ranked and not heard.by:
        raise CannotRead(Why.UNSUPPORTED, "top")  # of single tickets or orders
    found: list[Measure] = []
    if heard.subject is Subject.TICKETS and not heard.measures and heard.ranked and heard.by:
        # "slowest categories to resolve": how long it takes.
        timed = {
            Measure.RESOLUTION: heard.solving or (heard.speed and not heard.answering),
            Measure.FIRST_RESPONSE: heard.answering,
        }
        found += [measure for measure, said in timed.items() if said]
    for measure, _ in heard.measures:
        if measure in special:
            found.append(measure)
        elif measure is Measure.COUNT:
            found.append(usual)
        elif measure.subject is not heard.subject and heard.subject not in _OF_PEOPLE:
            raise CannotRead(Why.TOO_MUCH)
    found = found or [usual]
    if heard.average and found[0] is Measure.ORDER_VALUE:
        found[0] = Measure.AVERAGE_ORDER
    elif heard.average and not set(found) & (_MEANS | special):
        raise CannotRead(Why.UNSUPPORTED, "average")
    return tuple(Figure(measure) for measure in dict.fromkeys(found))
