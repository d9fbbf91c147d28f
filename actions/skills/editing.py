"""Changing the facts of companies and people: an address, a number, a title, a name, an employer."""

from __future__ import annotations

import re

from actions.cards import show_account, show_contact
from actions.errors import Missing, SlotRejected
from actions.proposing import propose_changes, require_permission
from actions.registry import STAFF, skill
from actions.resolving import by_name, by_ref, listed_meant, resolve_contact
from actions.saying_changes import change_texts, say_changes
from actions.skills.showing import open_deals_of
from actions.turn import Turn
from crm_store.changes import describe_changes
from crm_store.insights.birthdays import birthday_text
from crm_store.models import Account, Contact, Deal
from nlu.values import UnreadableValue, read_email, read_phone, read_when

_FIELDS = {
    "email": re.compile(r"e-?mail|mail address", re.IGNORECASE),
    "phone": re.compile(r"phone|mobile|cell|tel|number", re.IGNORECASE),
    "title": re.compile(r"title|job|role|position", re.IGNORECASE),
    "website": re.compile(r"web|site|url|homepage", re.IGNORECASE),
    "industry": re.compile(r"industry|sector|branch", re.IGNORECASE),
    "region": re.compile(r"region|territory", re.IGNORECASE),
    "employees": re.compile(r"employees|headcount|staff|size", re.IGNORECASE),
    "birthday": re.compile(r"b-?day|birth", re.IGNORECASE),
    "name": re.compile(r"name", re.IGNORECASE),
    "account": re.compile(r"company|account|employer", re.IGNORECASE),
}
_SHE = re.compile(r"\b(?:s?he|her|his|him)(?:'?s)?\b", re.IGNORECASE)
_RENAMING = re.compile(r"\brenam|\bspell|\bcalled\b|\bmarried\b", re.IGNORECASE)
_OF_CONTACTS = frozenset({"email", "phone", "title", "name", "birthday"})
_BIRTHDAY = re.compile(r"\bb-?day|\bbirthday|\bborn\b", re.IGNORECASE)
_OF_ACCOUNTS = frozenset({"email", "phone", "website", "industry", "region", "employees", "name"})
_LONGEST = 200


@skill("action_update_record", audience=STAFF)
def update_record(turn: Turn) -> None:
    """Set facts of a contact or a company, at once or as a proposal where it is somebody else's."""
    record = _meant(turn)
    turn.focus_on(record)
    fields = _contact_fields(turn) if isinstance(record, Contact) else _account_fields(turn)
    if not fields:
        raise Missing("change", "utter_ask_new_value", free_text=True)
    changes = describe_changes(record, **fields)
    if not changes:
        turn.say("utter_nothing_changes", record=record.name)
        _show(turn, record)
        return
    if not require_permission(turn, record):
        lines = "; ".join(change_texts(turn, changes))
        summary = turn.words.say("utter_summary_change", record=record.name, changes=lines)
        propose_changes(turn, changes, summary=summary)
        return
    name = record.name
    for field, value in fields.items():
        setattr(record, field, value)
    turn.uow.flush()
    say_changes(turn, changes, record=name)
    _show(turn, record)
    turn.offer_undo()


def _meant(turn: Turn) -> Contact | Account:
    named = by_ref(turn, turn.call.first("ref")) or listed_meant(turn)
    if isinstance(named, Contact | Account):
        return named
    contact = resolve_contact(turn)
    if contact is not None:
        return contact
    person = turn.call.first("person")
    if person is not None:
        # A first name may be a colleague's and a customer's; only customers' facts are kept here.
        return by_name(turn, Contact, person, entity="contact")
    account = turn.call.first("account")
    if account is not None:
        return by_name(turn, Account, account, entity="account")
    focus, talked_about = turn.last_focus(), turn.focused_id(Contact.kind)
    record = by_ref(turn, str(focus)) if focus is not None else None
    if talked_about is not None and _SHE.search(turn.call.text):
        record = turn.session.get(Contact, talked_about)
    elif isinstance(record, Deal):
        record = record.account
    if isinstance(record, Contact | Account):
        return record
    raise Missing("contact", "utter_ask_which_customer", free_text=True)


def _contact_fields(turn: Turn) -> dict[str, object]:
    first = turn.call.first
    if _BIRTHDAY.search(turn.call.text) or _field_said(turn, _OF_CONTACTS) == "birthday":
        return {"birthday": _birthday(turn)}
    fields = _reached_at(turn)
    text, field = first("subject"), _field_said(turn, _OF_CONTACTS | {"account"})
    if text is not None and field != "account":
        fields["name" if field == "name" or _RENAMING.search(turn.call.text) else "title"] = text[:_LONGEST]
    elif not fields and first("account") is not None:
        fields["account_id"] = by_name(turn, Account, first("account") or "", entity="account", creatable=True).id
    return fields


def _birthday(turn: Turn) -> str:
    said = turn.call.first("date") or turn.call.first("subject")
    if said is None:
        raise Missing("date", "utter_ask_birthday", free_text=True)
    day = read_when(said, turn.reading)
    if day is None or day.is_range:
        raise SlotRejected("utter_unreadable_date", {"said": said[:60]})
    return birthday_text(day.first_day)


def _account_fields(turn: Turn) -> dict[str, object]:
    fields = _reached_at(turn)
    text, field = turn.call.first("subject"), _field_said(turn, _OF_ACCOUNTS)
    if text is None:
        return fields
    if field is None:
        field = "name" if _RENAMING.search(turn.call.text) else None
    if field == "employees":
        number = re.sub(r"[^\d]", "", text)
        if not number or len(number) > 8:
            raise SlotRejected("utter_unreadable_number", {"said": text[:60]})
        fields["employees"] = int(number)
    elif field is not None:
        fields[field] = text[:_LONGEST]
    return fields


def _reached_at(turn: Turn) -> dict[str, object]:
    """The e-mail address and the number said; raises SlotRejected for what was called one and is none."""
    fields: dict[str, object] = {}
    email, phone = turn.call.first("email"), turn.call.first("phone")
    if email is not None:
        fields["email"] = read_email(email)
    if phone is not None:
        fields["phone"] = read_phone(phone, locale=turn.reading.locale)
    unread = turn.call.first("subject")
    if unread is None or fields:
        return {field: value for field, value in fields.items() if value is not None}
    field = _field_said(turn, frozenset({"email", "phone"}))
    if field == "email":
        raise SlotRejected("utter_unreadable_email", {"said": unread[:60]})
    if field == "phone":
        try:
            number = read_phone(unread, locale=turn.reading.locale)
        except UnreadableValue:
            number = None
        if number is None:
            raise SlotRejected("utter_unreadable_phone", {"said": unread[:60]})
        fields["phone"] = number
    return fields


def _field_said(turn: Turn, allowed: frozenset[str]) -> str | None:
    said = turn.call.first("field")
    if said is None:
        return None
    return next((name for name, pattern in _FIELDS.items() if name in allowed and pattern.search(said)), None)


def _show(turn: Turn, record: Contact | Account) -> None:
    if isinstance(record, Contact):
        show_contact(turn, record)
    else:
        show_account(turn, record, **open_deals_of(turn, record))
