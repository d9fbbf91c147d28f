"""The journal's two halves: writing down every change of every record, and taking an act back.

The store writes it itself when a session flushes, so no handler can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, inspect, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import History

from crm_store.base import Record
from crm_store.models.journal import JournalChange, JournalEntry
from crm_store.values import to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a change comes from: the message, what it was understood as, and who confirmed it."""

    conversation_id: int | None = None
    inbox_id: int | None = None
    intent: str | None = None
    confidence: float | None = None
    confirmed_by: str | None = None


class JournalWriter:
    """Collects the changes of one unit of work and writes them into the same transaction, under one entry."""

    def __init__(self, session: Session, *, actor: str, now: datetime, origin: Origin) -> None:
        self.origin = origin
        self.entry_id: int | None = None
        self._actor = actor
        self._now = now
        self._pending: list[tuple[Record, str, dict[str, Any], dict[str, Any]]] = []
        self._session = session

    def start_entry(self, origin: Origin) -> None:
        """What follows is an act of its own, to be undone by itself."""
        self.origin = origin
        self.entry_id = None
        self._pending.clear()

    def confirm(self, *, by: str) -> None:
        """What follows was confirmed by this actor."""
        self.origin = replace(self.origin, confirmed_by=by)

    def collect(self, changed: Iterable[object], created: Iterable[object]) -> None:
        """Note what a flush is about to write. Called before the flush, while the old values are still known."""
        for item in created:
            if isinstance(item, Record):
                self._pending.append((item, "create", {}, {}))
        for item in changed:
            if isinstance(item, Record):
                before, after = _difference(item)
                if after:
                    self._pending.append((item, "update", before, after))

    def write(self) -> bool:
        """Write what was collected; whether there was anything. Called after the flush: new records have numbers."""
        pending, self._pending = self._pending, []
        if not pending:
            return False
        connection = self._session.connection()
        if self.entry_id is None:
            result = connection.execute(
                insert(JournalEntry).values(
                    at=self._now,
                    actor=self._actor,
                    conversation_id=self.origin.conversation_id,
                    inbox_id=self.origin.inbox_id,
                    intent=self.origin.intent,
                    confidence=self.origin.confidence,
                    confirmed_by=self.origin.confirmed_by,
                )
            )
            key = result.inserted_primary_key
            self.entry_id = int(key[0]) if key is not None else None
        connection.execute(
            insert(JournalChange),
            [
                {
                    "entry_id": self.entry_id,
                    "record_kind": record.kind,
                    "record_id": record.id,
                    "operation": operation,
                    "before": before,
                    "after": after if operation == "update" else _snapshot(record),
                }
                for record, operation, before, after in pending
            ],
        )
        return True

    def mark_reversal(self, reversed_entry_id: int) -> None:
        """Tie this unit of work's entry to the one it took back."""
        connection = self._session.connection()
        connection.execute(
            update(JournalEntry).where(JournalEntry.id == self.entry_id).values(reverses_id=reversed_entry_id)
        )
        connection.execute(
            update(JournalEntry).where(JournalEntry.id == reversed_entry_id).values(reversed_by_id=self.entry_id)
        )


def last_change_of_field(session: Session, record: Record, field: str) -> JournalEntry | None:
    """The most recent act that changed ``field`` of ``record``."""
    rows = session.execute(
        select(JournalEntry, JournalChange)
        .join(JournalChange, JournalChange.entry_id == JournalEntry.id)
        .where(JournalChange.record_kind == record.kind, JournalChange.record_id == record.id)
        .order_by(JournalChange.id.desc())
        .limit(200)
    )
    return next((entry for entry, change in rows if field in change.after), None)


def journaled_fields(record_class: type[Record]) -> tuple[str, ...]:
    """The fields of a kind of record whose changes are written down."""
    return tuple(
        attribute.key
        for attribute in inspect(record_class).column_attrs
        if attribute.key not in record_class.unjournaled
    )


def _difference(record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    state = inspect(record)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key in journaled_fields(type(record)):
        history: History = state.attrs[key].history
        if not history.has_changes():
            continue
        old = to_json(history.deleted[0]) if history.deleted else None
        new = to_json(history.added[0]) if history.added else None
        if old != new:
            before[key], after[key] = old, new
    return before, after


def _snapshot(record: Record) -> dict[str, Any]:
    values = {key: to_json(getattr(record, key)) for key in journaled_fields(type(record))}
    return {key: value for key, value in values.items() if value is not None}
