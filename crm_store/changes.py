"""Differences as data: what a proposal would do, applying it, and taking an act back.

A difference names the value it expects to find. Applying it to a record that has moved on raises Conflict and changes
nothing, so a late confirmation or an undo never overwrites somebody else's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm_store.errors import Conflict, NothingToUndo, RecordNotFound
from crm_store.journal import journaled_fields, last_change_of_field
from crm_store.models import RECORDS, JournalEntry, Record
from crm_store.refs import RecordRef
from crm_store.unit_of_work import UnitOfWork
from crm_store.values import JsonValue, from_json, to_json

_FOLLOWING = frozenset({"stage_since", "last_activity_at", "closed_at", "updated_at"})
"""Fields the store derives; they never stand in the way of taking the fields they follow from back."""

_REMINDING = frozenset({"remind_at", "reminded_at"})
"""Fields a reminder moves when it goes out; a task that has reminded can still be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of one record, from a value to another (canonical JSON values)."""

    ref: RecordRef
    field: str
    before: JsonValue
    after: JsonValue

    def to_json(self) -> dict[str, JsonValue]:
        """The form kept in a proposal."""
        return {"ref": str(self.ref), "field": self.field, "before": self.before, "after": self.after}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FieldChange:
        """Read what ``to_json`` wrote; raises ValueError for anything else."""
        ref = RecordRef.from_text(str(data["ref"]))
        if ref is None:
            raise ValueError(f"not a record: {data['ref']!r}")
        return cls(ref=ref, field=str(data["field"]), before=data["before"], after=data["after"])


def describe_changes(record: Record, **fields: Any) -> tuple[FieldChange, ...]:
    """What setting ``fields`` on ``record`` would change, without changing it."""
    return tuple(
        FieldChange(ref=record.ref, field=field, before=to_json(getattr(record, field)), after=to_json(value))
        for field, value in fields.items()
        if to_json(getattr(record, field)) != to_json(value)
    )


def apply_changes(uow: UnitOfWork, changes: Iterable[FieldChange]) -> tuple[Record, ...]:
    """Apply all ``changes`` or none; raises Conflict, RecordNotFound or NotAllowed. Returns the records touched."""
    touched: dict[RecordRef, Record] = {}
    planned: list[tuple[Record, FieldChange]] = []
    for change in changes:
        record = touched.get(change.ref) or _load_even_deleted(uow, change.ref)
        _require_value(uow, record, change)
        touched[change.ref] = record
        planned.append((record, change))
    for record, change in planned:
        setattr(record, change.field, from_json(type(record), change.field, change.after))
    uow.flush()
    return tuple(touched.values())


def last_undoable_entry(uow: UnitOfWork, *, conversation_id: int, nth: int = 0) -> JournalEntry:
    """The actor's latest act in this conversation that was not taken back and is no taking-back itself."""
    entry = uow.session.scalar(
        select(JournalEntry)
        .where(
            JournalEntry.actor == str(uow.actor),
            JournalEntry.conversation_id == conversation_id,
            JournalEntry.reversed_by_id.is_(None),
            JournalEntry.reverses_id.is_(None),
        )
        .order_by(JournalEntry.id.desc())
        .offset(nth)
        .limit(1)
        .options(selectinload(JournalEntry.changes))
    )
    if entry is None:
        raise NothingToUndo
    return entry


def undo_entry(uow: UnitOfWork, entry: JournalEntry) -> tuple[FieldChange, ...]:
    """Take one act back. Raises Conflict when one of its fields was changed since; returns what was restored.

    A created record is marked deleted, unless anything about it was changed since. Raises NothingToUndo for somebody
    else's act and for one that was taken back or is itself a taking-back.
    """
    if entry.reversed_by_id is not None or entry.reverses_id is not None or entry.actor != str(uow.actor):
        raise NothingToUndo
    changes = _inverse(entry, uow)
    if not changes:
        raise NothingToUndo
    apply_changes(uow, changes)
    uow.journal.mark_reversal(entry.id)
    uow.session.expire(entry, ["reversed_by_id"])
    return tuple(change for change in changes if change.before != change.after)


def _inverse(entry: JournalEntry, uow: UnitOfWork) -> Sequence[FieldChange]:
    inverse: list[FieldChange] = []
    made = {RecordRef(c.record_kind, c.record_id): dict(c.after) for c in entry.changes if c.operation == "create"}
    for change in entry.changes:
        # What the same act did to a record it had just made (a ticket is assigned, say) is part of making it.
        if change.operation != "create":
            made.get(RecordRef(change.record_kind, change.record_id), {}).update(change.after)
    for change in reversed(entry.changes):
        ref = RecordRef(change.record_kind, change.record_id)
        if change.operation != "create" and ref in made:
            continue
        if change.operation == "create":
            # A created record is taken back by marking it deleted. Every field must be as it was made, the empty ones
            # too: what somebody filled in since is their work.
            inverse.append(FieldChange(ref=ref, field="deleted_at", before=None, after=to_json(uow.now)))
            inverse.extend(
                FieldChange(ref=ref, field=field, before=made[ref].get(field), after=made[ref].get(field))
                for field in journaled_fields(RECORDS[change.record_kind])
                if field not in _FOLLOWING | _REMINDING and field != "deleted_at"
            )
            continue
        inverse.extend(
            FieldChange(ref=ref, field=field, before=change.after[field], after=change.before.get(field))
            for field in change.after
            if field not in _FOLLOWING
        )
    return inverse


def _load_even_deleted(uow: UnitOfWork, ref: RecordRef) -> Record:
    record_class = RECORDS.get(ref.kind)
    record = uow.get_even_deleted(record_class, ref.id) if record_class else None
    if record is None:
        raise RecordNotFound(ref.kind, str(ref))
    return record


def _require_value(uow: UnitOfWork, record: Record, change: FieldChange) -> None:
    found = to_json(getattr(record, change.field))
    if found == change.before:
        return
    culprit = last_change_of_field(uow.session, record, change.field)
    raise Conflict(
        record.ref,
        change.field,
        _text(change.before),
        _text(found),
        changed_by=culprit.actor if culprit else None,
        changed_at=culprit.at if culprit else None,
    )


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)
