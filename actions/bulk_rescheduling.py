"""Putting off several of one's own tasks at once, after a confirmation: "move all my overdue tasks to tomorrow"."""

from __future__ import annotations

import re
from datetime import datetime

from actions.due_dates import due_from
from actions.formatting import moment_text
from actions.periods import end_of
from actions.proposing import propose_changes
from actions.said import said_date
from actions.tasks_meant import open_tasks
from actions.turn import Turn
from crm_store.changes import describe_changes
from crm_store.models import Task
from nlu.values import read_when

_MANY = re.compile(
    r"\b(?:all|every|each|both)\b.*?\b(?:tasks?|reminders?|to-?dos?|overdue(?: ones)?)\b"
    r"|\b(?:my|the) overdue (?:tasks|ones|stuff|reminders)\b"
    r"|\b(?:today|tomorrow)'?s (?:tasks|reminders|to-?dos)\b|\beverything (?:overdue|due today|for today)\b",
    re.IGNORECASE,
)
_MOVING = re.compile(
    r"\b(?:move|push|shift|postpone|snooze|put off|delay|reschedule|bump|defer|bring)\b.*"
    r"\b(?:to|until|till|til|for|by)\b",
    re.IGNORECASE,
)
_OVERDUE = re.compile(r"\boverdue|\blate\b", re.IGNORECASE)
_TODAY = re.compile(r"\btoday\b|\btoday's\b|\btodays\b", re.IGNORECASE)
_MOST = 50


def moves_many(text: str) -> bool:
    """Whether a message puts several tasks off."""
    return _MANY.search(text) is not None and _MOVING.search(text) is not None


def propose_moving(turn: Turn) -> bool:
    """Propose the new time for every task meant: those overdue, those of today, or all with a date; False: no time."""
    said = said_date(turn) if len(turn.call.all("date")) == 1 else _last_date(turn)
    if said is None:
        return False
    due, recurrence = due_from(turn, said)
    if recurrence is not None or due <= turn.reading.now:
        return False
    tasks = [task for task in open_tasks(turn) if _is_meant(turn, task)][:_MOST]
    if not tasks:
        turn.say("utter_no_tasks")
        return True
    changes = [
        change for task in tasks for change in describe_changes(task, due_at=due, remind_at=due, reminded_at=None)
    ]
    counted = turn.words.counted("task", len(tasks))
    summary = turn.words.say("utter_summary_move_tasks", tasks=counted, when=moment_text(due, turn.reading))
    propose_changes(turn, changes, summary=summary)
    return True


def _last_date(turn: Turn) -> str | None:
    dates = [each for each in turn.call.entities if each.entity == "date"]
    return (dates[-1].text or dates[-1].value) if dates else None


def _is_meant(turn: Turn, task: Task) -> bool:
    if task.due_at is None or task.anchor_days is not None or task.recurrence is not None:
        return False
    if _OVERDUE.search(turn.call.text):
        return task.due_at < turn.reading.now
    if _TODAY.search(turn.call.text):
        return task.due_at < _end_of_today(turn)
    return True


def _end_of_today(turn: Turn) -> datetime:
    today = read_when("today", turn.reading)
    return end_of(today, turn.reading) if today is not None else turn.reading.now
