"""Correcting what was just said or saved: "no, make it 60k", "actually end of April", "I meant Acme Logistics"."""

from __future__ import annotations

import re

from actions.amount_steps import stepped_amount
from actions.asking.handing_over import went_on_from_report
from actions.cards import show_activity, show_contact, show_task
from actions.errors import Missing, refused
from actions.registry import SALES, STAFF, skill
from actions.rescheduling import corrected
from actions.resolving import by_name, by_ref, resolve_deal, resolve_stage, resolve_user
from actions.saying_changes import say_changes
from actions.sign_in_first import CLIENTS
from actions.skills.changed_wishes import change_wish
from actions.skills.deals import amount_fields, change_deal, closing_day, revised_new_deal
from actions.skills.undoing import undo
from actions.turn import Turn
from crm_store.changes import describe_changes
from crm_store.models import Account, Activity, Contact, Deal, Record, StageType, Task
from nlu.values import read_email, read_phone

_BARE_HOUR = re.compile(r"\b(?:make (?:it|that)|at|rather|better)\s+(\d{1,2})(?:[:.](\d{2}))?\s*[.!]*$", re.IGNORECASE)
_NOON = 12
_BIG = 5_000
_INSTEAD = re.compile(r"\b(?:not|instead of|rather than)\s+$", re.IGNORECASE)
_NAMING = re.compile(r"\b(?:call|name|rename|title|titled|called)\b", re.IGNORECASE)


_SORRY = re.compile(
    r"\W*(?:(?:oh|ah|oops|ok|so|i'?m|my)\s+)*(?:sorry|apologies|my bad|bad)(?:\s+about that)?\W*", re.IGNORECASE
)
_HOW_MANY = re.compile(r"\W*(?:no,?\s+)?(?:make|do)\s+(?:it|that)\s+(?:the\s+)?(?:top\s+)?\d{1,2}\W*", re.IGNORECASE)
_TAKING_BACK = re.compile(
    r"\b(?:put|take|move|change|set|turn|switch)\s+(?:it|that|this)\s+(?:all\s+)?back\b|\b(?:undo|revert)\b",
    re.IGNORECASE,
)


@skill("action_correct", audience=STAFF | CLIENTS)
def correct(turn: Turn) -> None:
    """Change the record just talked about in every field the message gives a new value for.

    "Put it back" undoes; an apology without a new value needs nothing. What a customer corrects joins their request.
    """
    if not turn.actor.is_staff:
        change_wish(turn)
        return
    if _HOW_MANY.fullmatch(turn.call.text) and turn.last_focus() is None and went_on_from_report(turn):
        return
    if not turn.call.entities:
        if _SORRY.fullmatch(turn.call.text):
            turn.say("utter_no_harm_done")
            return
        if _TAKING_BACK.search(turn.call.text):
            undo(turn)
            return
    if turn.call.intent == "correct" and turn.colleague.role.value in SALES and revised_new_deal(turn):
        return
    focus = turn.last_focus()
    record = by_ref(turn, str(focus)) if focus is not None else None
    match record:
        case Deal():
            _correct_deal(turn, record)
        case Task():
            _correct(turn, record, _task_fields(turn, record))
            show_task(turn, record, with_buttons=False)
        case Activity():
            _correct(turn, record, _activity_fields(turn))
            show_activity(turn, record)
        case Contact():
            _correct(turn, record, _contact_fields(turn))
            show_contact(turn, record)
        case Account() if any(_new(turn, each) is not None for each in ("amount", "date", "stage")):
            # The company was shown; what has an amount and a date is its deal.
            _correct_deal(turn, resolve_deal(turn))
        case _:
            raise refused("utter_nothing_to_correct")


def is_step_of_deal(turn: Turn) -> bool:
    """Whether the message changes the amount of the deal just talked about by a step: "20% off that"."""
    focus = turn.last_focus()
    record = by_ref(turn, str(focus), Deal.kind) if focus is not None and turn.actor.is_staff else None
    return isinstance(record, Deal) and stepped_amount(turn, record.amount) is not None


def _correct_deal(turn: Turn, deal: Deal) -> None:
    fields: dict[str, object] = {}
    amount, date, stage = _new(turn, "amount"), _new(turn, "date"), _new(turn, "stage")
    account, contact, person = _new(turn, "account"), _new(turn, "contact"), _new(turn, "person")
    title, subject = _new(turn, "deal"), _new(turn, "subject")
    stepped = stepped_amount(turn, deal.amount)
    if stepped is not None:
        fields["amount"] = stepped
    elif amount is not None:
        fields |= amount_fields(turn, deal, _in_thousands(amount, deal))
    if date is not None:
        fields["close_date"] = closing_day(turn, date)
    if stage is not None:
        meant = resolve_stage(turn, deal, stage)
        if meant.type is StageType.LOST:
            raise refused("utter_say_lost")
        fields["stage_id"] = meant.id
    if account is not None:
        fields["account_id"] = by_name(turn, Account, account, entity="account").id
    if contact is not None:
        fields["contact_id"] = by_name(turn, Contact, contact, entity="contact").id
    if person is not None:
        fields["owner_id"] = resolve_user(turn, person).id
    if title is not None and _NAMING.search(turn.call.text):
        fields["name"] = title[:200]
    elif subject is not None:
        fields["next_step"] = subject[:500]
    _require_some(fields)
    change_deal(turn, deal, fields)


def _in_thousands(said: str, deal: Deal) -> str:
    """ "Make it 90" of a deal of 80,000 means 90,000."""
    bare = re.fullmatch(r"\s*(\d{1,3}(?:\.\d)?)\s*", said)
    return f"{said}k" if bare is not None and deal.amount is not None and deal.amount >= _BIG else said


def _task_fields(turn: Turn, task: Task) -> dict[str, object]:
    fields: dict[str, object] = {}
    date, subject = _new(turn, "date") or _hour_said(turn, task), _new(turn, "subject")
    if date is not None:
        due, recurrence = corrected(turn, task, date)
        fields |= {"due_at": due, "remind_at": due, "recurrence": recurrence, "reminded_at": None}
        if task.anchor_days is not None:
            fields["anchor_days"] = None
    if subject is not None:
        fields["subject"] = subject[:500]
    return fields


def _hour_said(turn: Turn, task: Task) -> str | None:
    """ "Make it 11": a bare hour, in that half of the day that is nearer to the time there was."""
    found = _BARE_HOUR.search(turn.call.text)
    if found is None or task.due_at is None or not 1 <= int(found[1]) <= _NOON:
        return None
    before = task.due_at.astimezone(turn.reading.zone)
    hours = [int(found[1]) % _NOON, int(found[1]) % _NOON + _NOON]
    nearest = min(hours, key=lambda hour: abs(hour * 60 - before.hour * 60 - before.minute))
    return f"at {nearest % _NOON or _NOON}:{found[2] or '00'} {'am' if nearest < _NOON else 'pm'}"


def _activity_fields(turn: Turn) -> dict[str, object]:
    fields: dict[str, object] = {}
    contact, account = _new(turn, "contact"), _new(turn, "account")
    note = _new(turn, "note") or _new(turn, "subject")
    if contact is not None:
        meant = by_name(turn, Contact, contact, entity="contact")
        fields |= {"contact_id": meant.id, "account_id": meant.account_id}
    if account is not None:
        fields["account_id"] = by_name(turn, Account, account, entity="account").id
    if note is not None:
        fields["note"] = note[:4000]
    return fields


def _contact_fields(turn: Turn) -> dict[str, object]:
    fields: dict[str, object] = {}
    email, phone, account, name = (_new(turn, entity) for entity in ("email", "phone", "account", "contact"))
    if email is not None:
        fields["email"] = read_email(email)
    if phone is not None:
        fields["phone"] = read_phone(phone, locale=turn.reading.locale)
    if account is not None:
        fields["account_id"] = by_name(turn, Account, account, entity="account").id
    if name is not None:
        fields["name"] = name[:200]
    return {field: value for field, value in fields.items() if value is not None}


def _correct(turn: Turn, record: Record, fields: dict[str, object]) -> None:
    _require_some({field: value for field, value in fields.items() if value is not None})
    changes = describe_changes(record, **fields)
    for field, value in fields.items():
        setattr(record, field, value)
    turn.uow.flush()
    turn.session.refresh(record)
    say_changes(turn, changes, record=turn.words.label(record.kind))
    turn.offer_undo()


def _require_some(fields: dict[str, object]) -> None:
    if not fields:
        raise Missing("change", "utter_ask_what_to_correct", free_text=True)


def _new(turn: Turn, entity: str) -> str | None:
    """The value meant: "Acme, not Apex" names two, and the one after "not" is the old one."""
    said = [e for e in turn.call.entities if e.entity == entity and e.role != "from"]
    kept = [e for e in said if not _INSTEAD.search(turn.call.text[: e.start])]
    return kept[0].value if kept else None
