"""Companies and contacts: adding them, and deleting records of any kind."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from actions.cards import show_account, show_contact
from actions.errors import Missing, SlotRejected, refused
from actions.one_at_a_time import require_one
from actions.proposing import propose_changes, require_permission
from actions.registry import SALES, STAFF, reads_slot, skill
from actions.resolving import by_name, by_ref, resolve_contact, resolve_deal
from actions.skills.showing import open_deals_of
from actions.tasks_meant import speaks_of_tasks, task_meant, task_words
from actions.turn import Turn
from crm_store.changes import FieldChange
from crm_store.finding import find_by_name
from crm_store.models import Account, Contact, Deal, Record, Stage, StageType, Task
from crm_store.values import to_json
from nlu.values import read_email, read_phone

MAX_NAME = 200
_POINTS = re.compile(r"\b(?:that|this|it)\b", re.IGNORECASE)


@reads_slot("contact_name")
def read_contact_name(_turn: Turn, said: str) -> str:
    """A person's name as written."""
    name = " ".join(said.split())[:MAX_NAME]
    if not any(char.isalpha() for char in name):
        raise SlotRejected("utter_unreadable_name", {"said": said[:60]})
    return name


@reads_slot("contact_account")
def read_contact_account(turn: Turn, said: str) -> str:
    """An account by name or reference, as a reference; a new name offers to create it."""
    return str(by_name(turn, Account, said, entity="account", creatable=True).ref)


@skill("action_add_account", audience=SALES)
def add_account(turn: Turn) -> None:
    """A new company; asks first when one of that name is there already."""
    name = turn.call.first("account")
    if name is None:
        raise Missing("account", "utter_ask_account_name", free_text=True)
    name = " ".join(name.split())[:MAX_NAME]
    same = find_by_name(turn.session, Account, name).exact
    if same:
        turn.focus_on(same[0])
        turn.say("utter_account_exists", account=same[0].name)
        show_account(turn, same[0], **open_deals_of(turn, same[0]))
        return
    account = turn.uow.add(Account(name=name, owner_id=turn.colleague.id, phone=_phone(turn), email=_email(turn)))
    turn.focus_on(account)
    turn.say("utter_account_added", account=account.name)
    show_account(turn, account, open_deals=0, open_total=None)
    turn.offer_undo()


@skill("action_add_contact", audience=SALES)
def add_contact(turn: Turn) -> None:
    """Save the contact the form has collected; an e-mail address or name that is there already is shown instead."""
    slots = turn.call.slots
    name = slots.get("contact_name") or ""
    turn.slots.update(dict.fromkeys((slot for slot in slots if slot.startswith("contact_")), None))
    account = by_ref(turn, slots.get("contact_account"), Account.kind)
    email = read_email(slots.get("contact_email") or "") or _email(turn)
    phone = read_phone(slots.get("contact_phone") or "", locale=turn.reading.locale) or _phone(turn)
    known = _known_contact(turn, name, account.id if account else None, email)
    if known is not None:
        turn.focus_on(known)
        turn.say("utter_contact_exists", contact=known.name)
        show_contact(turn, known)
        return
    contact = turn.uow.add(
        Contact(name=name, account_id=account.id if account else None, email=email, phone=phone, locale="en_US")
    )
    turn.focus_on(contact)
    turn.say("utter_contact_added", contact=contact.name)
    show_contact(turn, contact)
    turn.offer_undo()


@skill("action_delete_record", audience=STAFF)
def delete_record(turn: Turn) -> None:
    """Delete a record; always after a confirmation, and undoable."""
    record = _record_to_delete(turn)
    turn.focus_on(record)
    require_permission(turn, record)
    if isinstance(record, Account):
        still_open = turn.session.scalar(
            select(func.count(Deal.id)).join(Stage).where(Deal.account_id == record.id, Stage.type == StageType.OPEN)
        )
        if still_open:
            raise refused("utter_account_has_deals", account=record.name, n=str(still_open))
    change = FieldChange(ref=record.ref, field="deleted_at", before=None, after=to_json(turn.uow.now))
    summary = turn.words.say("utter_summary_delete", record=_name(record))
    propose_changes(turn, [change], summary=summary, sort="delete" if isinstance(record, Deal | Account) else "")


def _record_to_delete(turn: Turn) -> Record:
    call = turn.call
    referenced = by_ref(turn, call.first("ref"))
    if referenced is not None:
        return referenced
    kind = (call.first("record_kind") or "").casefold()
    if kind.startswith(("task", "reminder", "to")) or (not kind and speaks_of_tasks(call.text)):
        pointed = by_ref(turn, f"{Task.kind}:{turn.focused_id(Task.kind)}", Task.kind)
        if pointed is None and _POINTS.search(call.text) and task_words(turn) is None:
            raise refused("utter_nothing_to_cancel")
        return task_meant(turn)
    require_one(turn)
    account_said = call.first("account")
    names_no_deal = call.first("deal") is None and not kind.startswith(("deal", "opportunit"))
    if account_said is not None and names_no_deal and call.first("contact") is None:
        return by_name(turn, Account, account_said, entity="account")
    contact = resolve_contact(turn)
    if contact is not None:
        return contact
    focus = turn.last_focus()
    if focus is not None and not call.entities:
        record = by_ref(turn, str(focus))
        if record is not None:
            return record
    return resolve_deal(turn, include_closed=True)


def _known_contact(turn: Turn, name: str, account_id: int | None, email: str | None) -> Contact | None:
    if email is not None:
        found = turn.session.scalar(select(Contact).where(func.lower(Contact.email) == email.casefold()).limit(1))
        if found is not None:
            return found
    same = find_by_name(turn.session, Contact, name).exact
    return next((contact for contact in same if contact.account_id == account_id), None)


def _email(turn: Turn) -> str | None:
    said = turn.call.first("email")
    return read_email(said) if said else None


def _phone(turn: Turn) -> str | None:
    said = turn.call.first("phone")
    return read_phone(said, locale=turn.reading.locale) if said else None


def _name(record: Record) -> str:
    return str(getattr(record, "name", None) or getattr(record, "subject", None) or record.ref)
