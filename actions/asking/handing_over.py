"""When a report of its own kind (the pipeline, results, activities) is asked for more than it has."""

from __future__ import annotations

import re
from collections.abc import Callable

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
from actions.asking.mistaken import names_figure
from actions.asking.refining import refine
from actions.asking.refusing import say_cannot
from actions.asking.several import answered_apart
from actions.registry import SALES, audience_of, skill_for
from actions.report_filters import fields_without
from actions.report_follow_up import call_again
from actions.turn import Turn
from crm_store.insights.query.layer import Dimension, Measure, Subject
from crm_store.insights.query.report_query import ReportQuery, Show
from crm_store.models import Role

_REFINES = re.compile(
    r"\W*(?:and|but|just|only|now|then|by|per|as|for|in|split|group|same|without|excluding|what about|how about)\b",
    re.IGNORECASE,
)
"""How a message begins that is about the report before it."""
_REFUSING = frozenset({"action_show_results", "action_show_pipeline"})
_SAY_UNREAD = frozenset({"action_show_results", "action_show_pipeline", "action_team_activity"})
_SHORT = 3
_TICKETS = re.compile(r"\btickets\b", re.IGNORECASE)
_IN_LISTS = re.compile(r"assigned|sla|overdue", re.IGNORECASE)
_OF_MANY = re.compile(
    r"\b(?:by|per)\s+\w+|\b(?:last|this|next)\s+(?:week|month|quarter|year)\b|\bq[1-4]\b|\b[wmqy]td\b", re.IGNORECASE
)
_OF_THE_SAME = re.compile(r"\b(?:same|instead|too|as well|also|those|these|them|that|it)\b", re.IGNORECASE)
_ENOUGH_SAID = 2
"""So many of a time, groups, names and bounds make a question that needs nothing of the one before."""
_NOT = re.compile(
    r"\b(?:no|not|never|none|nobody|without|w/o|except|excluding|excl|minus|(?:have|has|did|do|does|was|were|are|is)n'?t)\b",
    re.IGNORECASE,
)
_WHO_DID_NOT = re.compile(r"^\W*(?:who|which (?:rep|colleague|salesperson))\b", re.IGNORECASE)
_HALF_HEARD = frozenset({Why.UNKNOWN_GROUPING, Why.CANNOT_COMBINE, Why.UNSUPPORTED, Why.SEVERAL, Why.NO_COMPARISON})
_COUNTED = re.compile(r"\b(?:how (?:much|many)|number of)\b", re.IGNORECASE)


def asked_for_more(turn: Turn, covered: Callable[[ReportQuery], bool]) -> bool:
    """Answer the question from the layer of meaning when it goes beyond what the report of its own shows; whether so.

    A question that the report of its own would answer as if half of it had not been said is refused with its reason.
    Else the question is remembered, so that the talk can go on from it ("as a chart").
    """
    if not may_ask(turn) or not turn.call.words.strip() or turn.call.words.startswith("/"):
        return False
    if (turn.call.action in _SAY_UNREAD and named_analysis_said(turn)) or answered_apart(turn):
        return True
    try:
        query = read_question(question_of(turn))
    except CannotRead as error:
        if turn.call.action in _REFUSING and error.why in _HALF_HEARD and error.said != Dimension.STAGE:
            say_cannot(turn, error)
            return True
        if turn.call.action in _SAY_UNREAD and (
            error.why is Why.UNKNOWN_GROUPING or _leaves_a_not_unread(turn, error) or _counts_the_unread(turn, error)
        ):
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


def _lists_tickets_of_a_time(turn: Turn) -> bool:
    """Whether a colleague wants the tickets of a time: what of the words is not in the list has to be said."""
    words = turn.call.words
    return turn.actor.is_staff and turn.call.first("date") is not None and _TICKETS.search(words) is not None


def _leaves_a_not_unread(turn: Turn, error: CannotRead) -> bool:
    """Whether what could not be read says what is *not* so: a report without that would show the very opposite.

    Fields that are missing ("without a close date") and people who did nothing are in the reports of their own.
    """
    words = turn.call.words
    return (
        error.why in {Why.UNKNOWN_WORDS, Why.UNSUPPORTED}
        and _NOT.search(words) is not None
        and not fields_without(words)
        and not _WHO_DID_NOT.search(words)
    )


def _counts_the_unread(turn: Turn, error: CannotRead) -> bool:
    """ "How many customers did we win": a report without the customers would count something else."""
    first = error.said.split(", ")[0]
    return error.why is Why.UNKNOWN_WORDS and bool(
        re.search(rf"\b(?:how many|number of)\s+(?:\w+\s+)?{re.escape(first)}\b", turn.call.words, re.IGNORECASE)
    )


def _say_unread(turn: Turn, error: CannotRead) -> None:
    """Name the words that nothing is known of, and that the engine marked nothing in: they are left out."""
    listed = turn.call.action == "action_show_tickets" and _lists_tickets_of_a_time(turn)
    if error.why is Why.UNSUPPORTED and listed and not _IN_LISTS.search(error.said):
        turn.say("utter_report_left_unread", said=error.said[:80])
        return
    if error.why is not Why.UNKNOWN_WORDS or not (listed or turn.call.action in _SAY_UNREAD):
        return
    marked = {
        word for entity in turn.call.entities if entity.entity != "words" for word in entity.text.casefold().split()
    }
    unread = [word for word in error.said.split(", ") if word.isalpha() and len(word) > _SHORT]
    unread = [word for word in unread if word.casefold() not in marked]
    if unread:
        turn.say("utter_report_left_unread", said=", ".join(unread)[:80])


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
    if query.figures[0].measure in {Measure.FIRST_RESPONSE, Measure.RESOLUTION}:
        counted = True  # "average first response last week": one figure, not all of them
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
    if not (dated or names_figure(turn.call.text)) and went_on_from_report(turn):
        return True  # "who won them", "who's the worst": of the figure before
    if query is None or not (named or names_figure(turn.call.text)):
        return went_on_from_report(turn) or said_to_have_no_figures(turn)
    answer_query(turn, query)
    return True


def is_question_of_its_own(turn: Turn) -> bool:
    """Whether a message taken for going on from a report asks for another one: it names a figure and says of what.

    "Monthly revenue 2025 line chart" after a report on EMEA is about all regions.
    """
    words = turn.call.words
    if _REFINES.match(words) or _OF_THE_SAME.search(words) or not names_figure(words):
        return False
    query = query_said(turn)
    if query is None or not is_for_asker(turn, query):
        return False
    bounded = query.least is not None or query.most is not None
    dated = query.period is not None and is_in_words(turn, query.period)
    return sum((dated, bool(query.by), bounded, _names_a_condition(turn, query))) >= _ENOUGH_SAID


def _names_a_condition(turn: Turn, query: ReportQuery) -> bool:
    own = own_records(turn)
    return any(each != own for each in query.conditions)


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


def said_to_have_no_figures(turn: Turn) -> bool:
    """Say that there are no figures for what a message asks for by a grouping or for a time; whether it does.

    "CSAT by month" is no value nobody asked for, and "refunds last month" is nobody's complaint.
    """
    if audience_of(turn) not in SALES | {Role.SUPPORT.value} or turn.was_asking:
        return False
    try:
        read_question(question_of(turn))
    except CannotRead as error:
        if error.why is not Why.UNSUPPORTED or not _OF_MANY.search(turn.call.words):
            return False
        say_cannot(turn, error)
        return True
    return False


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
