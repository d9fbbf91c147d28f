"""Two or three questions about figures in one message, each with its own time or of its own records.

"Won deals this quarter and lost deals last quarter" is two figures: one list over both times would answer neither. What
is said once holds for both where only one says it: the time, the names, the form, and the groups named at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from actions.asking.answering import answer_query, is_for_asker, may_ask, question_of
from actions.asking.errors import CannotRead
from actions.asking.grammar import Question, checked, read_question
from actions.asking.heard import Heard, subject_said
from actions.asking.parting import part_at
from actions.asking.walking import walk
from actions.turn import Turn
from crm_store.insights.query.layer import Dimension
from crm_store.insights.query.report_query import ReportQuery, Show

_MOST = 3
_PEOPLE = frozenset({Dimension.REP, Dimension.TEAM})
_SHARED = _PEOPLE | {
    Dimension.REGION,
    Dimension.COUNTRY,
    Dimension.INDUSTRY,
    Dimension.ACCOUNT,
    Dimension.PRODUCT,
    Dimension.SOURCE,
}
"""Whom and what figures are of; kinds, states and reasons belong to the figure they stand beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    heard: Heard
    query: ReportQuery


def answered_apart(turn: Turn) -> bool:
    """Answer a message that asks for figures of several times or records, one after the other; whether it was one."""
    if not may_ask(turn) or turn.call.words.startswith("/"):
        return False
    queries = read_apart(question_of(turn))
    if not queries or not all(is_for_asker(turn, each) for each in queries):
        return False
    for place, query in enumerate(queries, start=1):
        answer_query(turn, query, offers=place == len(queries))
    return True


def read_apart(question: Question) -> tuple[ReportQuery, ...]:
    """The queries of a message that holds several, empty for any other message, or when one of them cannot be read."""
    try:
        if part_at(question.terms(), subject_said) is None:
            return ()
        parts = _parts(question, _MOST)
    except CannotRead:
        return ()
    return tuple(_with_shared(part, [each for each in parts if each is not part], parts[-1]) for part in parts)


def _parts(question: Question, most: int) -> list[_Part]:
    text, terms = question.spelled()
    joint = part_at(terms, subject_said) if most > 1 else None
    if joint is None:
        return [_Part(heard=walk(terms, question.vocabulary), query=read_question(question))]
    left, right = (replace(question, text=each) for each in (text[: joint.start], text[joint.end :]))
    return [*_parts(left, 1), *_parts(right, most - 1)]


def _with_shared(part: _Part, others: Sequence[_Part], last: _Part) -> ReportQuery:
    """A query with what only the other parts say, as far as its figures have it."""
    query, heard = part.query, part.heard
    dated = next((each for each in others if each.heard.dates), None)
    if not heard.dates and not heard.all_time and dated is not None:
        query = replace(query, period=dated.query.period)
    if not heard.values or {value.dimension for value, _ in heard.values}.isdisjoint(_SHARED):
        for other in others:
            for condition in other.query.conditions:
                named = any(value.dimension is condition.dimension for value, _ in other.heard.values)
                whose = condition.dimension in _PEOPLE and (heard.wide or heard.own)
                if named and condition.dimension in _SHARED and not whose:
                    query = _if_possible(query, query.with_condition(condition))
    if not query.by and part is not last and last.query.by:
        query = _if_possible(query, replace(query, by=last.query.by))
    if query.show is Show.TABLE:
        shows = [each.query.show for each in others if each.query.show is not Show.TABLE]
        query = replace(query, show=shows[0]) if shows else query
    return query


def _if_possible(query: ReportQuery, changed: ReportQuery) -> ReportQuery:
    try:
        return checked(changed)
    except CannotRead:
        return query
