"""What can go wrong in the store. Every error carries data; the sentence for a person is chosen elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm_store.refs import RecordRef


class StoreError(Exception):
    """Base of all errors of the store."""


@dataclass(eq=False)
class RecordNotFound(StoreError):
    """No record of this kind is visible to the actor under this reference."""

    kind: str
    reference: str

    def __str__(self) -> str:
        return f"no {self.kind} found for {self.reference!r}"


@dataclass(eq=False)
class NotAllowed(StoreError):
    """The actor may not do this to the record."""

    operation: str
    ref: RecordRef

    def __str__(self) -> str:
        return f"not allowed to {self.operation} {self.ref}"


@dataclass(eq=False)
class Conflict(StoreError):
    """The record is no longer as it was when the change was decided."""

    ref: RecordRef
    field: str
    expected: str | None
    found: str | None
    changed_by: str | None = None
    changed_at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.ref}.{self.field} is {self.found!r}, expected {self.expected!r}"


@dataclass(eq=False)
class InvalidValue(StoreError):
    """A field cannot take this value."""

    field: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.value!r} is not possible ({self.reason})"


@dataclass(eq=False)
class RateMissing(StoreError):
    """There is no exchange rate between two currencies on or before a day."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"no rate from {self.source} to {self.target}"


@dataclass(eq=False)
class NothingToUndo(StoreError):
    """There is no change of this person in this conversation left to take back."""

    def __str__(self) -> str:
        return "nothing to undo"


@dataclass(eq=False)
class DatabaseUnavailable(StoreError):
    """The database cannot be reached, or stayed locked for longer than the busy timeout."""

    detail: str

    def __str__(self) -> str:
        return f"database unavailable: {self.detail}"
