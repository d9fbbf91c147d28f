"""Which task or reminder is meant: the one on a button, in the list just shown, by its words, or talked about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz
from sqlalchemy import select

from actions.errors import Ambiguous, UnknownName, refused
from actions.one_at_a_time import require_one
from actions.resolving import by_ref, listed_meant
from actions.turn import Turn
from crm_store.models import Task
from nlu.values import find_values

_SIMILAR = 70
""""Call Bob" and "Call Jane about the redesign" share a verb only (67)."""
_AS_GOOD = 5
_MOST_READ = 200
_MOST_OFFERED = 5
_SPEAKS_OF_THEM = re.compile(r"\b(?:reminders?|remind(?:ing|ed)?|tasks?|to-?dos?)\b", re.IGNORECASE)
# "stop reminding me to [call Bob]", "no more reminders about [expenses]", "delete the task for [Globex]"
_AFTER = re.compile(
    r"\b(?:remind(?:ing)?\s+(?:me|us)|reminders?|tasks?|to-?dos?)\s+(?:(?:any ?more|again|ever)\s+)?"
    r"(?:to|about|of|for|on|that says|called|named|which says)\s+(?:the\s+|my\s+)?(?P<what>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
# "cancel the [expenses] reminder", "I don't need the [Samira] task anymore"
_BEFORE = re.compile(
    r"\b(?:the|my|that|this|any)\s+(?P<what>\S+(?:\s+\S+){0,4}?)\s+(?:reminders?|tasks?|to-?dos?|ones?)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s,]*\b(?:any ?more|any longer|please|pls|plz|thanks|thx|now|ok(?:ay)?)?[\s.!?]*$", re.IGNORECASE)
_NO_NAME = frozenset(
    {"last", "first", "second", "third", "next", "new", "other", "same", "one", "all", "current", "old", "daily"}
)


def speaks_of_tasks(text: str) -> bool:
    """Whether a message names a task or reminder as such."""
    return _SPEAKS_OF_THEM.search(text) is not None


def task_meant(turn: Turn) -> Task:
    """The open task of the one who speaks that is meant; raises Ambiguous, UnknownName or Refused."""
    referenced = by_ref(turn, turn.call.first("ref"), Task.kind)
    if isinstance(referenced, Task):
        return referenced
    require_one(turn)
    listed = listed_meant(turn, Task.kind)
    if isinstance(listed, Task):
        return listed
    tasks = open_tasks(turn)
    subject = task_words(turn)
    if subject is not None:
        return _by_subject(tasks, subject)
    focused = turn.focused_id(Task.kind)
    task = turn.session.get(Task, focused) if focused is not None else None
    # "The first one" of no list means none in particular.
    if task is not None and task.done_at is None and turn.call.first("ordinal") is None:
        return task
    if len(tasks) == 1:
        return tasks[0]
    if not tasks:
        raise refused("utter_no_tasks")
    raise Ambiguous(Task.kind, turn.words.label("task"), tuple(tasks[:_MOST_OFFERED]))


def moves_a_task(turn: Turn) -> bool:
    """Whether a new day that names no deal is that of the reminder talked about: "push the NDA one to Wednesday"."""
    focus, said = turn.last_focus(), {each.entity for each in turn.call.entities}
    return focus is not None and focus.kind == Task.kind and "date" in said and said <= {"date", "subject", "ordinal"}


def open_tasks(turn: Turn) -> list[Task]:
    """What the one who speaks has still to do, the earliest due first."""
    return list(
        turn.session.scalars(
            select(Task)
            .where(Task.done_at.is_(None), Task.assignee_id == turn.colleague.id)
            .order_by(Task.due_at.is_(None), Task.due_at, Task.id)
            .limit(_MOST_READ)
        )
    )


def task_words(turn: Turn) -> str | None:
    """The words a task is called by; None when it is only pointed at ("stop that reminder")."""
    said = turn.call.first("subject") or _words_in(turn)
    return said or turn.call.first("account") or turn.call.first("contact")


def reminder_named(turn: Turn) -> Task | None:
    """The open task a message about reminders calls by its words, None when there is none; raises Ambiguous."""
    words = task_words(turn) if speaks_of_tasks(turn.call.text) else None
    if words is None:
        return None
    try:
        return _by_subject(open_tasks(turn), words)
    except UnknownName:
        return None


def _words_in(turn: Turn) -> str | None:
    for pattern in (_AFTER, _BEFORE):
        found = pattern.search(turn.call.text)
        words = _TAIL.sub("", found["what"]).strip(" .,!?'\"") if found is not None else ""
        times = find_values(words, turn.reading, kinds=frozenset({"date"}))
        # In "change the expenses reminder to Friday noon" a time stands where the words might.
        if words and words.casefold() not in _NO_NAME and not (times and times[0].start == 0):
            return words
    return None


def _by_subject(tasks: Sequence[Task], said: str) -> Task:
    scored = [(fuzz.token_set_ratio(said.casefold(), _searchable(task)), task) for task in tasks]
    good = [(score, task) for score, task in scored if score >= _SIMILAR]
    if not good:
        raise UnknownName(Task.kind, said)
    best = max(score for score, _ in good)
    top = [task for score, task in good if score >= best - _AS_GOOD]
    if len(top) > 1:
        raise Ambiguous(Task.kind, said, tuple(top[:_MOST_OFFERED]))
    return top[0]


def _searchable(task: Task) -> str:
    return f"{task.subject} {task.account.name if task.account else ''}".casefold()
