"""Tasks and reminders: making, listing, finishing and putting them off."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from actions.answers_awaited import Awaited, awaited_answer
from actions.bulk_rescheduling import moves_many, propose_moving
from actions.cards import SNOOZES, show_task
from actions.describing import describe_briefly
from actions.due_dates import Due, due_as_said, due_for
from actions.errors import Missing, SlotRejected, refused
from actions.formatting import moment_text
from actions.listing import remember_listed
from actions.periods import end_of, start_of
from actions.registry import CUSTOMER, STAFF, reads_slot, skill
from actions.reply import Table
from actions.report_output import lines_before, page_title
from actions.rescheduling import rescheduled
from actions.resolving import resolve_account, resolve_contact, resolve_user
from actions.said import said_date
from actions.saying_changes import say_changes
from actions.score_words import joined
from actions.task_assignees import assignees_said
from actions.tasks_meant import task_meant
from actions.turn import Turn
from crm_store.changes import describe_changes
from crm_store.models import Account, Contact, Deal, Stage, StageType, Task, User
from nlu.values import find_values, read_recurrence, read_when

_HER = re.compile(r"\b(?:her|him)\b(?! \w+ing\b)", re.IGNORECASE)
_OF_THAT_DAY = re.compile(r"\b(?:for|on) ", re.IGNORECASE)
MAX_LISTED = 15
MAX_READ = 200


@reads_slot("task_subject")
def read_task_subject(turn: Turn, said: str) -> str:
    """What is to be done, as said."""
    subject = " ".join(said.split())[:500]
    if not any(char.isalnum() for char in subject) or _is_only_a_time(turn, subject):
        raise SlotRejected("utter_ask_create_task_form_task_subject", {})
    return subject


def _is_only_a_time(turn: Turn, subject: str) -> bool:
    """ "What should I remind you of?" - "tomorrow": that is when, not what."""
    if turn.call.requested_slot != "task_subject" or turn.call.intent == "create_task":
        return False
    found = find_values(subject, turn.reading, kinds=frozenset({"date"}))
    return len(found) == 1 and found[0].text == subject.strip(" .!?")


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
    assignees = assignees_said(turn)
    contact, account = _customer(turn, awaited)
    deal = (due.deal if due is not None else None) or _open_deal(turn, account)
    tasks = [
        turn.uow.add(
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
        for assignee in assignees
    ]
    turn.focus_on(tasks[0])
    if len(tasks) > 1:
        when = moment_text(due.at, turn.reading) if due is not None else turn.words.label("no_date")
        people = joined([assignee.name for assignee in assignees])
        turn.say("utter_task_given_to_all", people=people, subject=subject, when=when)
    else:
        _say_created(turn, tasks[0], due, assignees[0])
        show_task(turn, tasks[0])
    if awaited is None:
        _say_left_out(turn, due_said)
    turn.offer_undo()


def _say_left_out(turn: Turn, due_said: str | None) -> None:
    """A second thing to be reminded of in one message is told, since it was not set: "... and to buy flowers"."""
    others = [each.text or each.value for each in turn.call.entities if each.entity == "subject"][1:]
    if others and due_said and turn.call.intent == "create_task":
        turn.say("utter_reminder_left_out", subject=others[0])


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
    if moves_many(turn.call.text) and propose_moving(turn):
        return
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
        if when.first_day > turn.reading.today and not when.is_range and _OF_THAT_DAY.search(turn.call.text):
            query = query.where(Task.due_at >= start_of(when, turn.reading))
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
    task = task_meant(turn)
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
    """Put a task off, by a length of time or to a day, or change how it repeats; several only once confirmed."""
    if moves_many(turn.call.text) and propose_moving(turn):
        return
    task = task_meant(turn)
    turn.focus_on(task)
    said = said_date(turn)
    if said is None:
        choices = tuple((turn.words.label(key), turn.words.label(key)) for key in SNOOZES)
        raise Missing("date", "utter_ask_snooze_until", choices, free_text=True)
    due, recurrence = rescheduled(turn, task, said)
    if due <= turn.reading.now:
        raise SlotRejected("utter_task_date_in_past", {"said": said, "when": moment_text(due, turn.reading)})
    repeats_anew = recurrence != task.recurrence
    changes = describe_changes(task, due_at=due)
    task.due_at = task.remind_at = due
    task.recurrence = recurrence
    task.reminded_at = task.anchor_days = None
    turn.uow.flush()
    say_changes(turn, changes, record=task.subject)
    if repeats_anew:
        show_task(turn, task, with_buttons=False)
    turn.offer_undo()


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
