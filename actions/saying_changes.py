"""What changed, field by field, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

from actions.formatting import birthday_shown, clock_text, date_text, moment_text, money_text
from actions.turn import Turn
from crm_store.changes import FieldChange
from crm_store.errors import Conflict
from crm_store.models import RECORDS, Account, Contact, Record, Stage, User
from crm_store.money import Money
from crm_store.values import JsonValue, from_json

_UNSPOKEN = frozenset(
    {
        *("currency", "closed_at", "stage_since", "last_activity_at", "deleted_at", "updated_at"),
        # A repetition is shown on the task's card by its next times.
        "recurrence",
        # What follows from a ticket's state by itself.
        *("taken_at", "first_response_at", "first_response_due_at", "next_response_due_at", "resolution_due_at"),
        *("resolution_left", "waiting_since", "solved_at", "solved_how", "merged_into_id"),
    }
)
_POINTERS = {
    "stage_id": Stage,
    "owner_id": User,
    "assignee_id": User,
    "creator_id": User,
    "account_id": Account,
    "contact_id": Contact,
}


def say_changes(turn: Turn, changes: Sequence[FieldChange], *, record: str) -> None:
    """One sentence naming the record, then one line per changed field: "Amount: 40,000 USD → 60,000 USD"."""
    lines = "\n".join(change_texts(turn, changes))
    turn.say("utter_changed", record=record, changes=lines)


def change_texts(turn: Turn, changes: Sequence[FieldChange]) -> list[str]:
    """Each change that people care about as "Field: before → after"."""
    currencies = {c.ref: (c.before, c.after) for c in changes if c.field == "currency"}
    texts = []
    for change in changes:
        if change.field in _UNSPOKEN or change.before == change.after:
            continue
        record = turn.uow.get_even_deleted(RECORDS[change.ref.kind], change.ref.id)
        before_currency, after_currency = currencies.get(change.ref, (None, None))
        before = _value_text(turn, record, change.field, change.before, before_currency)
        after = _value_text(turn, record, change.field, change.after, after_currency)
        texts.append(
            turn.words.say("utter_change_line", field=field_name(turn, change.field), before=before, after=after)
        )
    return texts


def field_name(turn: Turn, field: str) -> str:
    """A field as people call it; one that has no name of its own is spelled out."""
    name = _label(field)
    return turn.words.label(name) if turn.words.has(f"utter_label_{name}") else name.replace("_", " ")


def found_text(turn: Turn, conflict: Conflict) -> str:
    """What was found in the field of a conflict, in words; "-" where there is nothing."""
    if conflict.found is None:
        return "-"
    if conflict.field in _POINTERS and conflict.found.isdecimal():
        target = turn.session.get(_POINTERS[conflict.field], int(conflict.found))
        return str(getattr(target, "name", "")) or turn.words.label("unknown")
    return conflict.found


def _label(field: str) -> str:
    return field.removesuffix("_id").removesuffix("_at") if field not in {"created_at"} else field


def _value_text(turn: Turn, record: Record | None, field: str, value: JsonValue, currency: JsonValue) -> str:
    if value is None or record is None:
        return turn.words.label("none")
    if field in _POINTERS:
        target = turn.session.get(_POINTERS[field], int(value))
        return str(getattr(target, "name", "")) or turn.words.label("unknown")
    if field == "birthday":
        return birthday_shown(str(value), turn.reading)
    typed = from_json(type(record), field, value)
    match typed:
        case bool():
            return turn.words.label("yes" if typed else "no")
        case Decimal():
            return money_text(Money(typed, str(currency or getattr(record, "currency", ""))), turn.reading)
        case datetime():
            return moment_text(typed, turn.reading)
        case date():
            return date_text(typed, turn.reading)
        case time():
            return clock_text(typed, turn.reading)
    return str(typed)
