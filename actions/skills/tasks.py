"""Tasks and reminders: making, listing, finishing and putting them off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from actions.answers_awaited import Awaited, awaited_answer
from actions.cards import SNOOZES, show_task
from actions.describing import describe_briefly
from actions.due_dates import Due, due_as_said, due_for, due_from
from actions.errors import Ambiguous, Missing, SlotRejected, UnknownName, refused
from actions.formatting import moment_text
from actions.listing import remember_listed
from actions.one_at_a_time import require_one
from actions.periods import end_of
from actions.registry import CUSTOMER, STAFF, reads_slot, skill
from actions.reply import Table
from actions.report_output import lines_before, page_title
from actions.resolving import by_ref, listed_meant, resolve_account, resolve_contact, resolve_user
from actions.saying_changes import say_changes
from actions.turn import Turn
from crm_store.changes import describe_changes
from crm_store.models import Account, Contact, Deal, Stage, StageType, Task, User
from nlu.values import read_recurrence, read_when

_HER = re.compile(r"\b(?:her|him)\b(?! \w+ing\b)", re.IGNORECASE)
_SIMILAR = 60
MAX_LISTED = 15
MAX_READ = 200


@reads_slot("task_subject")
def read_task_subject(_turn: Turn, said: str) -> str:
    """What is to be done, as said."""
    subject = " ".join(said.split())[:500]
    if not any(char.isalnum() for char in subject):
        raise SlotRejected("utter_ask_create_task_form_task_subject", {})
    return subject


@reads_slot("task_due")
def read_task_due(turn: Turn, said: str) -> str:
    """When, as said; checked to be readable and not in the past. A repetition stays a repetition."""
    return due_as_said(turn, said)


@skill("action_create_task", audience=STAFF)
def create_task(turn: Turn) -> None:
    """Save the task the form has collected; with a date it is also a reminder."""
    slots = turn.call.slots
    turn.slots.update(dict.fromkeys((slot for slot in slots if slot.startswith("task_")), None))
    subject, due_said = _named_subject(turn, slots.get("task_subject") or ""), slots.get("task_due")
    awaited = awaited_answer(turn, subject)
    if awaited is not None:
        subject = awaited.task or turn.words.say("utter_subject_unanswered", who=awaited.customer.name)
    due = due_for(turn, due_said) if due_said else None
    assignee = _assignee(turn)
    contact, account = _customer(turn, awaited)
    deal = (due.deal if due is not None else None) or _open_deal(turn, account)
    task = turn.uow.add(
        Task(
            subject=subject,
            assignee_id=assignee.id,
            creator_id=turn.colleague.id,
            due_at=due.at if due is not None else None,
            remind_at=due.at if due is not None else None,
            recurrence=due.recurrence if due is not None else None,
            anchor_days=due.anchor_days if due is not None else None,
            unless_answered=awaited is not None,
            account_id=account.id if account else (deal.account_id if deal else None),
            contact_id=contact.id if contact else None,
            deal_id=deal.id if deal else None,
            conversation_id=turn.conversation.id,
        )
    )
    turn.focus_on(task)
    _say_created(turn, task, due, assignee)
    show_task(turn, task)
    turn.offer_undo()


def _customer(turn: Turn, awaited: Awaited | None) -> tuple[Contact | None, Account | None]:
    if awaited is not None:
        if isinstance(awaited.customer, Contact):
            return awaited.customer, awaited.customer.account
        return None, awaited.customer
    contact = resolve_contact(turn) if turn.call.first("contact") else None
    account = resolve_account(turn) if turn.call.first("account") else (contact.account if contact else None)
    return contact, account


def _say_created(turn: Turn, task: Task, due: Due | None, assignee: User) -> None:
    subject = task.subject
    if due is None:
        turn.say("utter_task_created", subject=subject)
        return
    when = moment_text(due.at, turn.reading)
    if assignee.id != turn.colleague.id:
        turn.say("utter_task_given", subject=subject, person=assignee.name, when=when)
    elif task.unless_answered:
        turn.say("utter_reminder_set_unanswered", subject=subject, when=when)
    elif due.deal is not None:
        turn.say("utter_reminder_set_closing", subject=subject, when=when, deal=due.deal.name)
    else:
        turn.say("utter_reminder_set", subject=subject, when=when)


@skill("action_show_tasks", audience=STAFF, instead={CUSTOMER: "action_show_tickets"})
def show_tasks(turn: Turn) -> None:
    """Open tasks, the overdue first; of a day or period when one is named."""
    said = turn.call.first("date")
    when = read_when(said, turn.reading, prefer="future") if said else None
    person = turn.call.first("person")
    owner = resolve_user(turn, person) if person else turn.colleague
    query = (
        select(Task)
        .where(Task.done_at.is_(None), Task.assignee_id == owner.id)
        .options(joinedload(Task.account))
        .order_by(Task.due_at.is_(None), Task.due_at, Task.id)
    )
    if when is not None:
        query = query.where(Task.due_at < end_of(when, turn.reading))
    tasks = list(turn.session.scalars(query.limit(MAX_READ)))
    if not tasks:
        turn.say("utter_no_tasks")
        return
    before = lines_before(turn.call.page, MAX_LISTED, len(tasks))
    page = tasks[before : before + MAX_LISTED]
    overdue = sum(1 for task in tasks if task.due_at is not None and task.due_at < turn.reading.now)
    counted, left_out = turn.words.counted("task", len(tasks)), len(tasks) - before - len(page)
    title = turn.words.say("utter_tasks_title", person=owner.name, tasks=counted, overdue=str(overdue))
    label = turn.words.label
    turn.show(
        Table(
            title=page_title(turn, title, before, len(page)) if before else title,
            columns=((label("task"), "text"), (label("due"), "text"), (label("account"), "text")),
            rows=tuple(_row(turn, task) for task in page),
            note=turn.words.say("utter_more_left_out", n=str(left_out)) if left_out > 0 else "",
        )
    )
    remember_listed(turn, page)
    for task in page[:3]:
        turn.offer(
            turn.words.say("utter_button_done", task=_short(task)), "complete_task", once=True, ref=str(task.ref)
        )
    if left_out > 0:
        turn.offer_command(turn.words.label("more"), turn.call.next_page())


@skill("action_complete_task", audience=STAFF, instead={CUSTOMER: "action_close_ticket"})
def complete_task(turn: Turn) -> None:
    """Mark a task as done; a repeating one moves on to its next time."""
    task = _task_meant(turn)
    turn.focus_on(task)
    if task.done_at is not None:
        raise refused("utter_task_already_done", subject=task.subject)
    following = _next_time(turn, task)
    if following is not None:
        task.due_at = task.remind_at = following
        task.reminded_at = None
        turn.say("utter_task_done_next", subject=task.subject, when=moment_text(following, turn.reading))
    else:
        task.done_at = turn.uow.now
        turn.say("utter_task_done", subject=task.subject)
    turn.offer_undo()


@skill("action_snooze_task", audience=STAFF)
def snooze_task(turn: Turn) -> None:
    """Put a task off: by a length of time, or to a day."""
    task = _task_meant(turn)
    turn.focus_on(task)
    said = turn.call.first("date")
    if said is None:
        choices = tuple((turn.words.label(key), turn.words.label(key)) for key in SNOOZES)
        raise Missing("date", "utter_ask_snooze_until", choices, free_text=True)
    due, _ = due_from(turn, said)
    if due <= turn.reading.now:
        raise SlotRejected("utter_task_date_in_past", {"said": said, "when": moment_text(due, turn.reading)})
    changes = describe_changes(task, due_at=due)
    task.due_at = task.remind_at = due
    task.reminded_at = task.anchor_days = None
    turn.uow.flush()
    say_changes(turn, changes, record=task.subject)
    turn.offer_undo()


def _task_meant(turn: Turn) -> Task:
    referenced = by_ref(turn, turn.call.first("ref"), Task.kind)
    if isinstance(referenced, Task):
        return referenced
    require_one(turn)
    listed = listed_meant(turn, Task.kind)
    if isinstance(listed, Task):
        return listed
    tasks = list(
        turn.session.scalars(
            select(Task)
            .where(Task.done_at.is_(None), Task.assignee_id == turn.colleague.id)
            .order_by(Task.due_at.is_(None), Task.due_at, Task.id)
            .limit(200)
        )
    )
    subject = turn.call.first("subject") or turn.call.first("account") or turn.call.first("contact")
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
    raise Ambiguous(Task.kind, turn.words.label("task"), tuple(tasks[:5]))


def _by_subject(tasks: Sequence[Task], said: str) -> Task:
    scored = [(fuzz.token_set_ratio(said.casefold(), _searchable(task)), task) for task in tasks]
    good = [(score, task) for score, task in scored if score >= _SIMILAR]
    if not good:
        raise UnknownName(Task.kind, said)
    best = max(score for score, _ in good)
    top = [task for score, task in good if score >= best - 5]
    if len(top) > 1:
        raise Ambiguous(Task.kind, said, tuple(top[:5]))
    return top[0]


def _searchable(task: Task) -> str:
    return f"{task.subject} {task.account.name if task.account else ''}".casefold()


def _next_time(turn: Turn, task: Task) -> datetime | None:
    if task.recurrence is None:
        return None
    recurrence = read_recurrence(task.recurrence, turn.reading)
    return recurrence.next_after(max(turn.reading.now, task.due_at or turn.reading.now)) if recurrence else None


def _named_subject(turn: Turn, subject: str) -> str:
    """ "call her" with the name of whom was talked about, so that it still makes sense next week."""
    focused = turn.focused_id(Contact.kind)
    contact = turn.session.get(Contact, focused) if focused is not None else None
    return _HER.sub(contact.name, subject, count=1) if contact is not None else subject


def _assignee(turn: Turn) -> User:
    said = turn.call.first("person")
    return resolve_user(turn, said) if said else turn.colleague


def _open_deal(turn: Turn, account: Account | None) -> Deal | None:
    if account is None:
        return None
    deals = turn.session.scalars(
        select(Deal).join(Stage).where(Deal.account_id == account.id, Stage.type == StageType.OPEN).limit(2)
    ).all()
    return deals[0] if len(deals) == 1 else None


def _row(turn: Turn, task: Task) -> tuple[str, str, str]:
    due = moment_text(task.due_at, turn.reading) if task.due_at else turn.words.label("no_date")
    if task.due_at is not None and task.due_at < turn.reading.now:
        due = turn.words.say("utter_overdue_since", when=due)
    return task.subject, due, task.account.name if task.account else ""


def _short(task: Task) -> str:
    text = describe_briefly(task)
    return text if len(text) <= 40 else text[:39] + "…"
