"""Whether a message is a question about figures, whatever the engine took it for: its words alone tell."""

from __future__ import annotations

import re

from rapidfuzz.distance import OSA

from actions.asking.analyses import named_analysis_said
from actions.asking.answering import answer_query, is_for_asker, may_ask, query_said
from actions.asking.heard_alike import is_in_words
from actions.asking.several import answered_apart
from actions.registry import SALES, audience_of
from actions.turn import Turn
from crm_store.insights.query.layer import Deals, Dimension, Subject
from crm_store.insights.query.report_query import ReportQuery

_COUNTED = re.compile(r"\b(?:how (?:much|many)|number of)\b", re.IGNORECASE)
_FIGURES = re.compile(
    r"\b(?:deals|opportunities|opps|total|average|avg|how (?:much|many|long|fast)|number of|revenues?|sales|bookings?"
    r"|spent|spend|win rate|conversion|wins|losses|quota|attainment|commissions?|calls|e-?mails|meetings|activities"
    r"|touches|touchpoints|tickets|orders|notes|pipeline|pipe|weighted|cycle|response|reply times?|resolution|tix"
    r"|winrate|turnover|rev|close rate|hit rate|sold|longer|faster|slower|quicker|win percent|aov)\b|\bwin\s?%"
    r"|\b(?:biggest|largest|smallest)\s+(?:win|loss|deal)\b",
    re.IGNORECASE,
)
_LONG_FIGURES = (
    "revenue", "pipeline", "turnover", "bookings", "tickets", "orders", "meetings", "average", "commission",
    "conversion", "opportunities", "activities", "weighted", "attainment", "response", "resolution",
)  # fmt: skip
_OF_STAGES = frozenset({"action_move_deal", "action_ask_question"})
_OF_ACTIVITIES = frozenset({"action_log_activity", "action_show_tasks"})
_ACTIVITIES = re.compile(r"\bactivit(?:y|ies)\b|\btouch(?:es|points)\b", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:calls|e-?mails|meetings|notes|activities|touches|touchpoints|how many)\b", re.IGNORECASE)
_THE_BIGGEST = re.compile(
    r"\b(?:biggest|largest|smallest|highest|lowest|best)\s+(?:\w+\s+)?(?:win|loss|deal|opportunity|opp)\b",
    re.IGNORECASE,
)
_TELLS_OF_A_WIN = re.compile(
    r"\b(?:we|i)(?:'ve| have| just)*\s+(?:won|closed|signed|landed|got)\b|^\W*(?:won|closed|signed)\b", re.IGNORECASE
)
_SEVERAL_DEALS = re.compile(r"\b(?:wins|losses)\b", re.IGNORECASE)
_NEW_DEALS = re.compile(r"\b(?:deals|opps|opportunities|how (?:much|many))\b", re.IGNORECASE)
_ADDS = re.compile(
    r"^\W*(?:pls |please |can you )?(?:log|add|create|enter|record|make|put|open|start)\b", re.IGNORECASE
)
_SEVERAL_ORDERS = re.compile(r"\borders\b", re.IGNORECASE)
_TELLS = re.compile(
    r"\b(?:log|logs|logged|logging|had|sent|made|wrote|called|just|add|record|note that|spoke|met)\b(?!\s+by\b)",
    re.IGNORECASE,
)


def asked_for_figures(turn: Turn, *, narrowed: bool = True) -> bool:
    """Answer a message that reads word for word as a question about figures, whatever it was taken for; whether so.

    For skills that change or show one record: "deals lost because of timing" loses no deal. ``narrowed``: only one
    with a time, a grouping, a reason or "how many", which no record is told by.
    """
    if turn.was_asking:
        return False
    if turn.call.action in _OF_STAGES and audience_of(turn) in SALES and named_analysis_said(turn):
        return True
    query = figures_said(turn, narrowed=narrowed)
    if query is None:
        return names_figure(turn.call.words) and answered_apart(turn)
    answer_query(turn, query)
    return True


def figures_said(turn: Turn, *, narrowed: bool = True) -> ReportQuery | None:
    """The query in a message that reads word for word as a question about figures; None for any other message."""
    words = turn.call.words
    if not may_ask(turn) or words.startswith("/") or not names_figure(words):
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
    told_apart = told_apart or _SEVERAL_DEALS.search(words) is not None or _THE_BIGGEST.search(words) is not None
    told_apart = told_apart or (
        _SEVERAL_ORDERS.search(words) is not None and query.condition_on(Dimension.STATUS) is not None
    )
    looks_back = _SEVERAL_DEALS.search(words) is not None or _THE_BIGGEST.search(words) is not None
    if turn.call.action == "action_win_deal" and (not looks_back or _TELLS_OF_A_WIN.search(words)):
        return None
    if turn.call.action == "action_log_deal" and (not _NEW_DEALS.search(words) or _ADDS.search(words)):
        return None
    of_tickets = query.subject is Subject.TICKETS and not _TELLS.search(words)  # "tix opened today"
    if turn.call.action in _OF_ACTIVITIES and not (
        of_tickets or (query.subject is Subject.ACTIVITIES and _is_looking_back(turn, query))
    ):
        return None
    if (narrowed and not told_apart) or (query.figures[0].deals is Deals.OPEN and not query.by):
        return None
    return query


def names_figure(words: str) -> bool:
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
