"""When a report of its own kind (the pipeline, results, activities) is asked for more than it has."""

from __future__ import annotations

import re
from collections.abc import Callable

from rapidfuzz.distance import OSA

from actions.asking.analyses import named_analysis_said
from actions.asking.answering import (
    answer_query,
    is_for_asker,
    keep_query,
    kept_at,
    kept_query,
    may_ask,
    own_records,
    query_said,
    question_of,
)
from actions.asking.boards import board_wish_heard
from actions.asking.chat_spelling import respelled
from actions.asking.errors import CannotRead, Why
from actions.asking.grammar import read_question
from actions.asking.heard_alike import heard_alike, is_in_words
from actions.asking.refining import refine
from actions.asking.refusing import say_cannot
from actions.asking.several import answered_apart
from actions.registry import SALES, audience_of, skill_for
from actions.report_follow_up import call_again
from actions.turn import Turn
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import ReportQuery, Show

_FORMER = frozenset(
    {
        Dimension.STAGE,
        Dimension.REP,
        Dimension.TEAM,
        Dimension.MONTH,
        Dimension.QUARTER,
        Dimension.YEAR,
        Dimension.SOURCE,
        Dimension.PRODUCT,
        Dimension.ACCOUNT,
        Dimension.REASON,
    }
)
_BY_NAME = frozenset({Dimension.REP, Dimension.TEAM, Dimension.ACCOUNT, Dimension.STAGE})
_REFINES = re.compile(
    r"\W*(?:and|but|just|only|now|then|by|per|as|for|in|split|group|same|without|excluding|what about|how about)\b",
    re.IGNORECASE,
)
"""How a message begins that is about the report before it."""
_REFUSING = frozenset({"action_show_results", "action_show_pipeline"})
_SAY_UNREAD = frozenset({"action_show_results", "action_show_pipeline", "action_team_activity"})
_SHORT = 3
_HALF_HEARD = frozenset({Why.UNKNOWN_GROUPING, Why.CANNOT_COMBINE, Why.UNSUPPORTED, Why.SEVERAL})
_COUNTED = re.compile(r"\b(?:how (?:much|many)|number of)\b", re.IGNORECASE)
_FIGURES = re.compile(
    r"\b(?:deals|opportunities|opps|total|average|avg|how (?:much|many|long|fast)|number of|revenues?|sales|bookings?"
    r"|spent|spend|win rate|conversion|wins|losses|quota|attainment|commissions?|calls|e-?mails|meetings|activities"
    r"|touches|touchpoints|tickets|orders|pipeline|pipe|weighted|cycle|response|reply times?|resolution|tix|winrate"
    r"|turnover|rev|close rate|hit rate|sold|longer|faster|slower|quicker|win percent|aov)\b|\bwin\s?%",
    re.IGNORECASE,
)
_LONG_FIGURES = (
    "revenue", "pipeline", "turnover", "bookings", "tickets", "orders", "meetings", "average", "commission",
    "conversion", "opportunities", "activities", "weighted", "attainment", "response", "resolution",
)  # fmt: skip
_OF_ACTIVITIES = frozenset({"action_log_activity", "action_show_tasks"})
_ACTIVITIES = re.compile(r"\bactivit(?:y|ies)\b|\btouch(?:es|points)\b", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:calls|e-?mails|meetings|notes|activities|touches|touchpoints|how many)\b", re.IGNORECASE)
_SEVERAL_DEALS = re.compile(r"\b(?:wins|losses)\b", re.IGNORECASE)
_SEVERAL_ORDERS = re.compile(r"\borders\b", re.IGNORECASE)
_TELLS = re.compile(r"\b(?:log\w*|had|sent|made|wrote|called|just|add|record|note that|spoke|met)\b", re.IGNORECASE)
_CLOSED = frozenset({Deals.WON, Deals.LOST, Deals.CLOSED})


def asked_for_more(turn: Turn, covered: Callable[[ReportQuery], bool]) -> bool:
    """Answer the question from the layer of meaning when it goes beyond what the report of its own shows; whether so.

    A question that the report of its own would answer as if half of it had not been said is refused with its reason.
    Else the question is remembered, so that the talk can go on from it ("as a chart").
    """
    if not may_ask(turn) or not turn.call.words.strip() or turn.call.words.startswith("/"):
        return False
    if (turn.call.action in _REFUSING and named_analysis_said(turn)) or answered_apart(turn):
        return True
    try:
        query = read_question(question_of(turn))
    except CannotRead as error:
        if turn.call.action in _REFUSING and error.why in _HALF_HEARD and error.said != Dimension.STAGE:
            say_cannot(turn, error)
            return True
        _say_unread(turn, error)
        return False
    if not is_for_asker(turn, query):
        return False
    if not (covered(query) and heard_alike(turn, query)):
        answer_query(turn, query)
        return True
    keep_query(turn, query)
    return False


def _say_unread(turn: Turn, error: CannotRead) -> None:
    """Name the words that nothing is known of, and that the engine marked nothing in: they are left out."""
    if error.why is not Why.UNKNOWN_WORDS or turn.call.action not in _SAY_UNREAD:
        return
    marked = {
        word for entity in turn.call.entities if entity.entity != "words" for word in entity.text.casefold().split()
    }
    unread = [word for word in error.said.split(", ") if word.isalpha() and len(word) > _SHORT]
    unread = [word for word in unread if word.casefold() not in marked]
    if unread:
        turn.say("utter_report_left_unread", said=", ".join(unread)[:80])


def asked_for_figures(turn: Turn, *, narrowed: bool = True) -> bool:
    """Answer a message that reads word for word as a question about figures, whatever it was taken for; whether so.

    For skills that change or show one record: "deals lost because of timing" loses no deal. ``narrowed``: only one
    with a time, a grouping, a reason or "how many", which no record is told by.
    """
    if turn.was_asking:
        return False
    query = figures_said(turn, narrowed=narrowed)
    if query is None:
        return _names_figure(turn.call.words) and answered_apart(turn)
    answer_query(turn, query)
    return True


def figures_said(turn: Turn, *, narrowed: bool = True) -> ReportQuery | None:
    """The query in a message that reads word for word as a question about figures; None for any other message."""
    words = turn.call.words
    if not may_ask(turn) or words.startswith("/") or not _names_figure(words):
        return None
    query = query_said(turn)
    if query is None or not is_for_asker(turn, query):
        return None
    first = query.period.first if query.period is not None else None
    if first is not None and first > turn.reading.today and query.figures[0].deals is not Deals.OPEN:
        return None  # what is to come is no figure yet
    reasons = query.condition_on(Dimension.REASON) is not None
    dated = turn.call.first("date") is not None or (query.period is not None and is_in_words(turn, query.period))
    told_apart = bool(query.by) or reasons or dated or _COUNTED.search(words) is not None
    told_apart = told_apart or (turn.call.action == "action_ask_question" and bool(query.conditions))
    told_apart = told_apart or _SEVERAL_DEALS.search(words) is not None
    told_apart = told_apart or (
        _SEVERAL_ORDERS.search(words) is not None and query.condition_on(Dimension.STATUS) is not None
    )
    if turn.call.action == "action_win_deal" and _SEVERAL_DEALS.search(words) is None:
        return None
    if turn.call.action in _OF_ACTIVITIES and not (
        query.subject is Subject.ACTIVITIES and _is_looking_back(turn, query)
    ):
        return None
    if (narrowed and not told_apart) or (query.figures[0].deals is Deals.OPEN and not query.by):
        return None
    return query


def _names_figure(words: str) -> bool:
    """Whether a figure is named, also with a slip in its name ("monthly revnue"). Reading all the words decides."""
    if _FIGURES.search(words):
        return True
    said = re.findall(r"[a-z]{6,}", words.casefold())
    return any(OSA.distance(word, figure, score_cutoff=1) <= 1 for word in said for figure in _LONG_FIGURES)


def _is_looking_back(turn: Turn, query: ReportQuery) -> bool:
    """Whether activities are asked about, and not told or planned: "emails to Globex this quarter", by no verb."""
    period = query.period
    days = period.last - period.first if period is not None and period.first and period.last else None
    words = turn.call.words
    if turn.call.action == "action_show_tasks":
        return bool(_ACTIVITIES.search(words))
    return bool(days and _SEVERAL.search(words)) and not _TELLS.search(words)


def asked_about_tickets(turn: Turn) -> bool:
    """Answer a question about tickets or orders that says more than the report on support shows; whether so.

    The report has the usual figures of everybody and everything: groups, conditions and comparisons are not in it.
    """
    if not may_ask(turn) or turn.call.words.startswith("/") or not turn.call.words.strip():
        return False
    if answered_apart(turn):
        return True
    query = query_said(turn)
    if query is None or query.subject not in {Subject.TICKETS, Subject.ORDERS}:
        return False
    counted = _COUNTED.search(respelled(turn.call.words)) is not None
    if query.subject is Subject.TICKETS and not (
        counted or query.by or query.conditions or query.against or query.show.is_picture
    ):
        return False
    answer_query(turn, query)
    return True


def answered_with_figures(turn: Turn) -> bool:
    """Answer a message nobody else understood when it is a question about figures, or goes on from one; whether so."""
    if not may_ask(turn) or not turn.call.text.strip() or turn.call.text.startswith("/"):
        return False
    if audience_of(turn) in SALES and (board_wish_heard(turn) or named_analysis_said(turn)):
        return True
    if answered_apart(turn):
        return True
    query = query_said(turn)
    if query is not None and not is_for_asker(turn, query):
        return False
    dated = query is not None and query.period is not None and is_in_words(turn, query.period)
    named = dated or query is None or query.by or query.conditions or query.against or query.show is not Show.TABLE
    if query is None or not (named or _names_figure(turn.call.text)):
        return went_on_from_report(turn)
    answer_query(turn, query)
    return True


def went_on_from_report(turn: Turn) -> bool:
    """Show the last report of the last half hour otherwise, when the message says how; whether so."""
    if not may_ask(turn) or turn.was_asking or not turn.call.text.strip():
        return False
    if (_REFINES.match(turn.call.text) or _is_time_alone(turn)) and showed_own_report_again(turn):
        return True
    base = kept_query(turn, fresh=True)
    if base is None:
        return False
    try:
        query = refine(base, question_of(turn), me=own_records(turn))
    except CannotRead:
        return False
    if not is_for_asker(turn, query):
        return False
    answer_query(turn, query)
    return True


def _is_time_alone(turn: Turn) -> bool:
    """ "Last week?", said after a report."""
    return any(each.entity == "date" and each.text == turn.call.text.strip(" ?.!") for each in turn.call.entities)


def showed_own_report_again(turn: Turn) -> bool:
    """Show a report of its own kind once more, as this message wants it, if that was the last one shown; whether so.

    A message that is a question in itself ("won revenue by source") asks for another report.
    """
    if not _REFINES.match(turn.call.text) and query_said(turn) is not None:
        return False
    call = call_again(turn, later_than=kept_at(turn))
    shown = skill_for(call.action, audience_of(turn)) if call is not None else None
    if call is None or shown is None:
        return False
    turn.call = call
    shown.handler(turn)
    return True


def covered_by_pipeline(query: ReportQuery) -> bool:
    """Whether the pipeline report shows all of it: open deals in one grouping, without a comparison."""
    return query.figures[0].deals is Deals.OPEN and _is_plain(query) and query.show not in {Show.LINE, Show.PIE}


def covered_by_forecast(query: ReportQuery) -> bool:
    """Whether a forecast is meant: anything but open deals in groups, and what was won in groups or compared."""
    if query.figures[0].deals in _CLOSED:
        return not query.by and query.against is None and not query.show.is_picture
    if query.figures[0].deals is not Deals.OPEN:
        return True
    if query.figures[0].measure is Measure.COUNT and query.period is not None:
        return False  # "how many deals are expected to close this month"
    return not query.by or covered_by_pipeline(query)


def covered_by_results(query: ReportQuery) -> bool:
    """Whether the report on results shows all of it: won and lost deals and the rate in one grouping."""
    figures = {figure.measure for figure in query.figures}
    means = figures & {Measure.AVERAGE, Measure.CYCLE}
    closed = all(figure.deals in _CLOSED for figure in query.figures)
    return closed and _is_plain(query) and not (means and (query.by or query.show is not Show.TABLE))


def covered_by_activity(query: ReportQuery) -> bool:
    """Whether the report on activities shows all of it: kinds by person or time."""
    by = set(query.by) - {Dimension.REP, Dimension.MONTH, Dimension.QUARTER, Dimension.YEAR}
    conditions = {each.dimension for each in query.conditions} - {Dimension.REP, Dimension.TEAM, Dimension.KIND}
    return query.subject is Subject.ACTIVITIES and not by and not conditions and _is_simple(query) and len(query.by) < 2


def covered_by_quota(query: ReportQuery) -> bool:
    """Whether the quota report shows all of it: attainment by person."""
    return query.subject is Subject.QUOTA and _is_simple(query) and set(query.by) <= {Dimension.REP}


def covered_by_tickets(query: ReportQuery, *, counts: bool = False) -> bool:
    """Whether the list of tickets is what is meant: no figures in groups or of time; ``counts``: how many was asked."""
    counted = query.figures[0].measure is Measure.TICKETS and not query.by and query.against is None
    return query.subject is not Subject.TICKETS or (counted and not counts and query.show is Show.TABLE)


def covered_by_orders(query: ReportQuery) -> bool:
    """Whether one order's state is what is meant: anything but figures in groups, or of value."""
    return query.subject is not Subject.ORDERS or (query.figures[0].measure is Measure.ORDERS and not query.by)


def _is_plain(query: ReportQuery) -> bool:
    conditions = {each.dimension for each in query.conditions}
    excluded = any(each.excluded for each in query.conditions)
    return (
        conditions <= _BY_NAME and not excluded and set(query.by) <= _FORMER and len(query.by) < 2 and _is_simple(query)
    )


def _is_simple(query: ReportQuery) -> bool:
    return query.against is None and query.top is None and not query.lowest and not query.board
