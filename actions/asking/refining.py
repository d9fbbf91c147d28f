"""Going on from a report: "as a chart", "only EMEA", "compare with last quarter", "drill into Q2", "by rep instead"."""

from __future__ import annotations

import re
from dataclasses import replace

from actions.asking.dates import period_read
from actions.asking.errors import CannotRead, Why
from actions.asking.figures import figures_of
from actions.asking.grammar import Question, bounds_of, checked, conditions_of, read_period, read_question
from actions.asking.heard import Heard
from actions.asking.walking import walk
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject, dimensions_of
from crm_store.insights.query.report_query import Condition, Figure, Period, ReportQuery, Shift

_PEOPLE = frozenset({Dimension.REP, Dimension.TEAM})
_TOLD_FROM_TODAY = re.compile(
    r"\b(?:last|this|next|previous|past|prior|current|ago|today|yesterday|to date|[wmqy]td)\b", re.I
)
_FINER = {
    Dimension.YEAR: Dimension.QUARTER,
    Dimension.QUARTER: Dimension.MONTH,
    Dimension.MONTH: Dimension.WEEK,
    Dimension.WEEK: Dimension.DAY,
}
_NEXT = {
    Dimension.TEAM: Dimension.REP,
    Dimension.REGION: Dimension.COUNTRY,
    Dimension.COUNTRY: Dimension.ACCOUNT,
    Dimension.INDUSTRY: Dimension.ACCOUNT,
    Dimension.REP: Dimension.ACCOUNT,
}


def refine(base: ReportQuery, question: Question, *, me: Condition) -> ReportQuery:
    """The report changed as asked; ``me`` is the condition for the asker's own records. Raises CannotRead.

    A question about other records is a new question.
    """
    heard = walk(question.terms(), question.vocabulary, about=base.subject)
    if heard.top is not None and not heard.ranked and base.top is None:
        raise CannotRead(Why.UNKNOWN_WORDS, str(heard.top))  # "make it 10": how many of what?
    if heard.said_subject and heard.subject is not base.subject:
        return read_question(question)
    query = _with_figures(base, heard, question)
    query = _with_conditions(query, heard, me)
    if heard.board != base.board and heard.board:
        return read_question(question)
    least, most = bounds_of(heard.bounds, question.to_company)
    query = replace(query, least=least if heard.bounds else query.least, most=most if heard.bounds else query.most)
    query = _with_periods(query, heard, question)
    if heard.alone:
        query = replace(query, against=None)
    if heard.drills:
        query = _drilled(query, heard)
    elif heard.by:
        kept = query.by if heard.adds else ()
        query = replace(query, by=tuple(dict.fromkeys((*kept, *heard.by)))[-2:])
        query = _counted_if_listed(query)
    if heard.top is not None or heard.ranked:
        query = replace(query, top=heard.top or query.top, lowest=heard.lowest if heard.ranked else query.lowest)
    if heard.said_show:
        query = (
            _counted_if_listed(replace(query, show=heard.show))
            if heard.show.is_picture
            else replace(query, show=heard.show)
        )
    if query == base and not (heard.said_show or heard.wide or heard.own):
        raise CannotRead(Why.NOTHING_CHANGED)
    return checked(query)


def _with_figures(base: ReportQuery, heard: Heard, question: Question) -> ReportQuery:
    if heard.lists and base.subject is Subject.DEALS and not heard.measures and not heard.by:
        deals = heard.populations[-1] if heard.populations else base.figures[0].deals
        return replace(base, figures=(Figure(Measure.LIST, deals),), by=(), against=None)
    if not (heard.measures or heard.populations or heard.average):
        return base
    measures: list[tuple[Measure, Deals | None]] = [
        (figure.measure, None) for figure in base.figures if figure.measure is not Measure.LIST
    ]
    if not heard.measures and base.subject is Subject.DEALS:
        heard.measures = measures or [(Measure.COUNT, None)]
    if not heard.populations and base.figures[0].deals is not None:
        of = base.figures[0].deals
        heard.populations = [Deals.WON if of is Deals.CLOSED else of]
    found = figures_of(heard, base.period, looks_ahead=False, today=question.reading.today)
    return replace(base, figures=found)


def _with_conditions(query: ReportQuery, heard: Heard, me: Condition) -> ReportQuery:
    if heard.wide or heard.own:
        query = replace(query, conditions=tuple(c for c in query.conditions if c.dimension not in _PEOPLE))
    if heard.own:
        query = query.with_condition(me)
    for condition in conditions_of(heard):
        query = query.with_condition(condition)
    return query


def _with_periods(query: ReportQuery, heard: Heard, question: Question) -> ReportQuery:
    is_open = query.figures[0].deals is Deals.OPEN
    read = [read_period(term, question.reading, prefer="future" if is_open else "past") for term in heard.dates]
    beside_each_other = heard.compares and heard.by and not read and heard.shift is None  # "compare dana and marcus"
    if (heard.compares and not beside_each_other) or heard.shift is not None or heard.last:
        against: Period | Shift = read[-1] if read else heard.shift or Shift.PREVIOUS
        period = read[0] if len(read) == 2 else query.period
        return replace(query, period=period, against=against)
    if not read:
        return query
    within = _within(read[0], query.period, question)
    return replace(query, period=within, against=query.against if isinstance(query.against, Shift) else None)


def _within(period: Period, base: Period | None, question: Question) -> Period:
    """ "Q2" of a report on 2025 is that of 2025."""
    if _TOLD_FROM_TODAY.search(period.said):
        return period  # "last quarter" is that before this one, whatever the report is about
    if base is None or base.first is None or base.last is None or _lies_in(period, base):
        return period
    for year in range(base.first.year, base.last.year + 1):
        of_year = period_read(f"{period.said} {year}", question.reading, prefer="past")
        if of_year is not None and _lies_in(of_year, base):
            return of_year
    return period


def _lies_in(period: Period, base: Period) -> bool:
    if period.first is None or period.last is None or base.first is None or base.last is None:
        return False
    return base.first <= period.first and period.last <= base.last


def _drilled(query: ReportQuery, heard: Heard) -> ReportQuery:
    """One step deeper: a time in finer steps, a region by country, a team by rep; what has no finer step as a list."""
    by = list(query.by)
    for dimension in {value.dimension for value, _ in heard.values} & set(by):
        by[by.index(dimension)] = _NEXT.get(dimension, Dimension.REP)
    if heard.dates:
        by = [_FINER.get(each, each) for each in by]
    if heard.by:
        by = list(heard.by)
    figure = query.figures[0]
    allowed = dimensions_of(figure.measure, figure.deals)
    return replace(query, by=tuple(dict.fromkeys(each for each in by if each in allowed)), top=None, lowest=False)


def _counted_if_listed(query: ReportQuery) -> ReportQuery:
    """A list cannot be grouped or drawn: its deals are counted instead."""
    if query.figures[0].measure is not Measure.LIST:
        return query
    return replace(query, figures=(Figure(Measure.COUNT, query.figures[0].deals),))
