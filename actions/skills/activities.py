"""Activities: calls, e-mails, meetings and notes that happened."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select

from actions.cards import show_activity
from actions.due_dates import due_for
from actions.errors import Missing
from actions.formatting import date_text, moment_text
from actions.registry import STAFF, skill
from actions.resolving import by_name, by_ref, resolve_account, resolve_contact
from actions.turn import Turn
from crm_store.access import Permission
from crm_store.finding import find_by_name
from crm_store.models import Account, Activity, ActivityKind, Contact, Deal, Stage, StageType, Task
from nlu.parse import Entity
from nlu.values import find_values, read_when

_KINDS = {
    ActivityKind.CALL: ("call", "phone", "rang", "spoke", "voicemail", "dial", "ring", "talk"),
    ActivityKind.EMAIL: ("mail", "e-mail", "email", "wrote", "message", "sent"),
    ActivityKind.MEETING: ("meet", "met", "demo", "lunch", "coffee", "visit", "workshop", "dinner", "onsite", "zoom"),
}
_WITH = re.compile(
    r"\b(?:with|w/|met|saw|called|rang|phoned|spoke to|talked to|from|to)\s*([^\W\d_]{3,})", re.IGNORECASE
)
_UNTIL = re.compile(r"\b(by|before|until|till|no later than|due)\s+((the )?(end|close) of )?$", re.IGNORECASE)
_FOLLOW_UP = re.compile(
    r"\b(?P<what>follow[- ]?up|check in|check back|touch base|call (?:him|her|them) back)\b"
    r"(?!\s+(?:call|meeting|demo|visit|e-?mail|mail)\b)",
    re.IGNORECASE,
)
_FAR = 60
"""So many characters ("with her on the new quote") stand between a follow-up and its day at most."""
_NEAR = 12
"""So many characters ("by the end of") stand between a note and its deadline at most."""


@skill("action_log_activity", audience=STAFF)
def log_activity(turn: Turn) -> None:
    """Keep what happened, tied to the contact, company and open deal it is about."""
    contact = resolve_contact(turn) or _contact_named(turn)
    account = _account_for(turn, contact)
    deal = _deal_for(turn, account)
    if account is None and contact is None:
        raise Missing("account", "utter_ask_activity_about", free_text=True)
    activity = turn.uow.add(
        Activity(
            activity_kind=_kind(turn),
            at=_happened_at(turn),
            owner_id=turn.colleague.id,
            account_id=account.id if account else None,
            contact_id=contact.id if contact else None,
            deal_id=deal.id if deal else None,
            note=(_note_said(turn) or _plain_note(turn))[:4000],
        )
    )
    for record in (account, contact, deal, activity):
        if record is not None:
            turn.focus_on(record)
    turn.say("utter_activity_logged", kind=turn.words.label(f"logged_{activity.activity_kind.value}"))
    show_activity(turn, activity)
    turn.offer_undo()
    if not _set_follow_up(turn, activity):
        _offer_reminder(turn, activity)


def _contact_named(turn: Turn) -> Contact | None:
    """Somebody on record whose name the engine took for another word: "had a call with esther, wants more seats"."""
    if turn.call.first("account") is not None or turn.call.first("ref") is not None:
        return None
    for found in _WITH.finditer(turn.call.text):
        if find_by_name(turn.session, Contact, found[1]).best:
            return by_name(turn, Contact, found[1], entity="contact")
    return None


def _account_for(turn: Turn, contact: Contact | None) -> Account | None:
    if contact is not None and turn.call.first("account") is None:
        return contact.account
    return resolve_account(turn)


def _deal_for(turn: Turn, account: Account | None) -> Deal | None:
    named = by_ref(turn, turn.call.first("ref"), Deal.kind)
    if isinstance(named, Deal):
        return named
    if account is None:
        return None
    deals = [
        deal
        for deal in turn.session.scalars(
            select(Deal).join(Stage).where(Deal.account_id == account.id, Stage.type == StageType.OPEN)
        )
        if turn.uow.permission(deal) is Permission.YES
    ]
    focused = turn.focused_id(Deal.kind)
    by_focus = next((deal for deal in deals if deal.id == focused), None)
    return by_focus or (deals[0] if len(deals) == 1 else None)


def _kind(turn: Turn) -> ActivityKind:
    said = (turn.call.first("activity_kind") or "").casefold()
    for kind, words in _KINDS.items():
        if any(word in said for word in words):
            return kind
    return ActivityKind.NOTE


def _happened_at(turn: Turn) -> datetime:
    said = next((e.value for e in turn.call.entities if e.entity == "date" and e is not _deadline(turn)), None)
    when = read_when(said, turn.reading, prefer="past") if said else None
    if when is None:
        return turn.reading.now
    moment = when.instant(turn.reading.now.astimezone(turn.reading.zone).time())
    return min(moment, turn.reading.now)


def _deadline(turn: Turn) -> Entity | None:
    """The date something is wanted by ("she wants a quote by Thursday"), which is not when it was said."""
    dates = (e for e in turn.call.entities if e.entity == "date")
    return next((e for e in dates if _UNTIL.search(turn.call.text[: e.start]) or _UNTIL.match(f"{e.text} ")), None)


def _note_said(turn: Turn) -> str | None:
    """What was said in one's own words, with the deadline that follows, which belongs to what is wanted."""
    notes = [e for e in turn.call.entities if e.entity == "note"]
    if not notes:
        return None
    first, last = notes[0], notes[-1]
    deadline = _deadline(turn)
    if deadline is not None and last.end <= deadline.start <= last.end + _NEAR:
        return turn.call.text[first.start : deadline.end]
    # What stands between two notes belongs to them: nothing of what was said is left out.
    return first.value if first is last else turn.call.text[first.start : last.end]


def _set_follow_up(turn: Turn, activity: Activity) -> bool:
    """Set the reminder a note asks for with a day: "call with Jane, follow up on the quote next Tuesday"."""
    asked = _FOLLOW_UP.search(turn.call.text)
    if asked is None:
        return False
    rest = turn.call.text[asked.end() :]
    found = next((each for each in find_values(rest, turn.reading) if each.kind == "date"), None)
    when = read_when(found.canonical, turn.reading, prefer="future") if found is not None else None
    if found is None or when is None or found.start > _FAR or when.first_day <= turn.reading.today:
        return False
    due = due_for(turn, found.canonical)
    customer = activity.contact or activity.account
    who = customer.name if customer is not None else ""
    about = " ".join(rest[: found.start].split()).strip(" ,;:-")
    what = f"{asked['what']} {about}" if len(about.split()) > 1 else ""
    subject = turn.words.say("utter_follow_up_about", what=what[:1].upper() + what[1:], who=who) if what else ""
    task = turn.uow.add(
        Task(
            subject=(subject or turn.words.say("utter_follow_up_with", who=who))[:200],
            assignee_id=turn.colleague.id,
            creator_id=turn.colleague.id,
            due_at=due.at,
            remind_at=due.at,
            account_id=activity.account_id,
            contact_id=activity.contact_id,
            deal_id=activity.deal_id,
            conversation_id=turn.conversation.id,
        )
    )
    turn.say("utter_reminder_set", subject=task.subject, when=moment_text(due.at, turn.reading))
    return True


def _offer_reminder(turn: Turn, activity: Activity) -> None:
    deadline = _deadline(turn)
    when = read_when(deadline.value, turn.reading, prefer="future") if deadline else None
    if deadline is None or when is None or when.first_day < turn.reading.today or not activity.note:
        return
    label = turn.words.say("utter_label_remind_me", when=date_text(when.first_day, turn.reading))
    subject = f"{activity.contact.name}: {activity.note}" if activity.contact else activity.note
    turn.offer(label, "create_task", once=True, subject=subject[:200], date=when.first_day.isoformat())


def _plain_note(turn: Turn) -> str:
    # Without a recognised note, what follows a colon, or a longer message, is worth keeping as it was said.
    _, _, said = turn.call.text.partition(": ")
    if said.strip():
        return said.strip()
    return turn.call.text.strip() if len(turn.call.text.split()) > 6 else ""
