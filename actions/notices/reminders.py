"""Reminders in words: the task's card with Done and Snooze, or a list when many come at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from actions.cards import show_task
from actions.describing import describe_briefly
from actions.formatting import moment_text
from actions.notices.meant import meant_for
from actions.reply import Table
from actions.resolving import by_ref
from actions.turn import Turn
from crm_store.models import Notice, Task

LATE_AFTER = timedelta(minutes=5)
_CARDS = 3
"""So many reminders are said with their cards; more become a list."""
_BUTTONS = 5
_ROWS = 20


def say_reminders(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """Remind of what is still to be done; what was ticked off or put off since it came due is left out.

    A repeating task of which several times were missed is said once, with the first of them.
    """
    to_say = [(notice, task) for notice in notices if (task := _still_to_do(turn, notice)) is not None]
    pairs = list({task.id: (notice, task) for notice, task in reversed(to_say)}.values())[::-1]
    if len(pairs) <= _CARDS:
        for notice, task in pairs:
            late = turn.uow.now - notice.say_at > LATE_AFTER
            turn.say(_wording(task, late), subject=task.subject, when=moment_text(notice.due_at, turn.reading))
            show_task(turn, task, with_buttons=len(pairs) == 1 and meant_for(notice) == notice.user_id)
    else:
        _show_list(turn, [task for _, task in pairs])
    # Who stands in is told; only whose task it is can settle it.
    own = not any(notice.user_id != meant_for(notice) for notice, _ in pairs)
    if len(pairs) > 1 and own:
        for _, task in pairs[:_BUTTONS]:
            turn.offer(_done_label(turn, task), "complete_task", ref=str(task.ref))
        for _, task in pairs[:_CARDS]:
            turn.offer(turn.words.say("utter_button_snooze_task", task=_short(task)), "snooze_task", ref=str(task.ref))
    if pairs and not turn.conversation.pending:
        # "done" and "tomorrow morning" said next are about what was just reminded of.
        turn.focus_on(pairs[-1][1])
    return [notice for notice, _ in to_say]


def _wording(task: Task, late: bool) -> str:
    if task.unless_answered:
        return "utter_reminder_unanswered_late" if late else "utter_reminder_unanswered"
    return "utter_reminder_late" if late else "utter_reminder"


def _still_to_do(turn: Turn, notice: Notice) -> Task | None:
    task = by_ref(turn, notice.ref, Task.kind)
    if not isinstance(task, Task) or task.done_at is not None or task.assignee_id != meant_for(notice):
        return None
    if task.due_at is not None and task.due_at > notice.due_at:
        return None
    return task


def _show_list(turn: Turn, tasks: Sequence[Task]) -> None:
    label, left_out = turn.words.label, len(tasks) - _ROWS
    turn.show(
        Table(
            title=turn.words.say("utter_reminders_title", tasks=turn.words.counted("reminder", len(tasks))),
            columns=((label("task"), "text"), (label("due"), "text"), (label("account"), "text")),
            rows=tuple(
                (
                    task.subject,
                    moment_text(task.due_at, turn.reading) if task.due_at else label("no_date"),
                    task.account.name if task.account else "",
                )
                for task in tasks[:_ROWS]
            ),
            note=turn.words.say("utter_more_left_out", n=str(left_out)) if left_out > 0 else "",
        )
    )


def _done_label(turn: Turn, task: Task) -> str:
    return turn.words.say("utter_button_done", task=_short(task))


def _short(task: Task) -> str:
    text = describe_briefly(task)
    return text if len(text) <= 40 else text[:39] + "…"
