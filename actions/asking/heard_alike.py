"""Whether the words of a message and what the engine marked in it say the same about a report.

A report of its own kind goes by what was marked; where the words, all of which are read, say more or something else
("pipline by stgae"), the words are followed.
"""

from __future__ import annotations

from actions.asking.chat_spelling import respelled
from actions.errors import Refused, SlotRejected
from actions.report_groups import grouping_said
from actions.report_output import output_said
from actions.report_periods import period_said
from actions.report_words import Output, read_kind
from actions.turn import Turn
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import Period, ReportQuery, Show

_MARKED = {Dimension.REP: "person", Dimension.ACCOUNT: "account", Dimension.STAGE: "stage"}
_OUTPUTS = {Show.TABLE: Output.TABLE, Show.CSV: Output.CSV, Show.PDF: Output.PDF}


def heard_alike(turn: Turn, query: ReportQuery) -> bool:
    """Whether grouping, form, time, names and amounts of a query were marked in its message."""
    try:
        grouping = grouping_said(turn)
    except Refused:
        return False
    marked = {grouping.value} if grouping is not None else set()
    if marked != {each.value for each in query.by} and not _ranks_people(query, marked):
        return False
    if query.show in {Show.LINE, Show.PIE} or output_said(turn) is not _OUTPUTS.get(query.show, Output.CHART):
        return False
    if (query.least is not None or query.most is not None) and turn.call.first("amount") is None:
        return False
    return _same_names(turn, query) and _same_period(turn, query)


def _ranks_people(query: ReportQuery, marked: set[str]) -> bool:
    """ "Who is behind quota", "who made calls": by person without a word for it."""
    return not marked and query.by == (Dimension.REP,) and query.subject in {Subject.ACTIVITIES, Subject.QUOTA}


def _same_names(turn: Turn, query: ReportQuery) -> bool:
    teams = query.condition_on(Dimension.TEAM)
    marked = " ".join(each.text.casefold() for each in turn.call.entities if each.entity != "words")
    if teams is not None and not all(name.casefold() in marked for _, name in teams.values):
        return False
    kinds = query.condition_on(Dimension.KIND)
    if kinds is not None and {name for _, name in kinds.values} != _kinds_marked(turn):
        return False
    own = {(turn.colleague.id, turn.colleague.name)}
    for dimension, entity in _MARKED.items():
        condition = query.condition_on(dimension)
        summed = query.by or query.figures[0].measure is Measure.AMOUNT
        if condition is None and dimension is Dimension.STAGE and summed:
            if turn.call.all(entity):
                return False  # "closed won $ last week" is a sum, no list of a stage
            continue
        if condition is None or (dimension is Dimension.REP and set(condition.values) == own):
            continue
        if len({name for _, name in condition.values}) != len(turn.call.all(entity)):
            return False
    return True


def _kinds_marked(turn: Turn) -> set[str]:
    return {kind.value for said in turn.call.all("activity_kind") if (kind := read_kind(said)) is not None}


def _same_period(turn: Turn, query: ReportQuery) -> bool:
    try:
        marked = period_said(turn, prefer="future" if query.figures[0].deals is Deals.OPEN else "past")
    except SlotRejected:
        return False
    period = query.period
    if marked is None or period is None:
        # Without a mark the report's own default holds, which is not said to be that of the words.
        return marked is None and (period is None or not is_in_words(turn, period))
    if (marked.first_day, marked.last_day) == (period.first, period.last):
        return True
    return marked.last_day is None and period.last == turn.reading.today and marked.first_day == period.first


def is_in_words(turn: Turn, period: Period) -> bool:
    """Whether a period was said and not assumed."""
    said, words = period.said.casefold(), turn.call.words
    return bool(said) and (said in words.casefold() or said in respelled(words).casefold())
