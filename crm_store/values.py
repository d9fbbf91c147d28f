"""Field values as canonical JSON, for the journal and for proposals, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, Time, inspect
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import Mapper

from crm_store.base import Record
from crm_store.types import ExactAmount, UtcDateTime

JsonValue = str | int | float | bool | None


def to_json(value: Any) -> JsonValue:
    """A column's value as JSON; equal values give equal JSON."""
    match value:
        case None | bool():
            return value
        case StrEnum():
            return value.value
        case str() | int() | float():
            return value
        case Decimal():
            return format(value.normalize(), "f")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date() | time():
            return value.isoformat()
    raise TypeError(f"no JSON form for {type(value).__name__}")


def from_json(record_class: type[Record], field: str, value: JsonValue) -> Any:
    """The column value whose JSON form is ``value``; raises KeyError for a field the record does not have."""
    mapper: Mapper[Any] = inspect(record_class)
    column = mapper.columns[field]
    if value is None:
        return None
    if isinstance(column.type, SqlEnum) and column.type.enum_class is not None:
        return column.type.enum_class(value)
    match column.type:
        case ExactAmount():
            return Decimal(str(value))
        case UtcDateTime():
            return datetime.fromisoformat(str(value))
        case Date():
            return date.fromisoformat(str(value))
        case Time():
            return time.fromisoformat(str(value))
    return value
