"""The fields rules speak of: whether there is one, what it holds, and comparing it with what a rule names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Date, inspect
from sqlalchemy.orm import Mapper, object_session

from crm_store.base import Record
from crm_store.models import RECORDS
from crm_store.money import Money
from crm_store.names import name_key
from crm_store.rates import Rates
from crm_store.types import UtcDateTime
from crm_store.values import JsonValue, from_json

_STEPS = 3
_DERIVED = frozenset({"id", "version", "created_at", "deleted_at", "name_key", "number", "stage_since", "closed_at"})
_MANY = (list, tuple)


def check_field(kind: str, path: str, *, date: bool = False, settable: bool = False) -> None:
    """Raise ValueError unless records of ``kind`` have the field; ``date``: one that holds a day or a moment."""
    mapper: Mapper[Any] = inspect(RECORDS[kind])
    steps = path.split(".")
    if len(steps) > _STEPS or (settable and len(steps) > 1):
        raise ValueError(f"{path!r} leads too far")
    for step in steps[:-1]:
        if step not in mapper.relationships or mapper.relationships[step].uselist:
            raise ValueError(f"a {kind} has no {path!r}")
        mapper = mapper.relationships[step].mapper
    last = steps[-1]
    is_pointer = last in mapper.relationships and not mapper.relationships[last].uselist
    if last not in mapper.column_attrs and not is_pointer:
        raise ValueError(f"a {kind} has no {path!r}")
    if date and (is_pointer or not isinstance(mapper.columns[last].type, UtcDateTime | Date)):
        raise ValueError(f"{path!r} is no date")
    if settable and last in _DERIVED:
        raise ValueError(f"{path!r} follows by itself and cannot be set")


def value_of(record: Record, path: str, overrides: Mapping[str, JsonValue] | None = None) -> Any:
    """What ``path`` leads to, None where it leads nowhere; ``overrides`` are earlier values of the record's columns."""
    found: Any = record
    for step in path.split("."):
        if found is record and overrides and step in overrides:
            found = from_json(type(record), step, overrides[step])
        elif found is record and overrides and f"{step}_id" in overrides:
            found = _pointed_at(record, step, overrides[f"{step}_id"])
        else:
            found = getattr(found, step, None)
        if found is None:
            return None
    return found


def _pointed_at(record: Record, step: str, number: JsonValue) -> Any:
    session, target = object_session(record), inspect(type(record)).relationships[step].mapper.class_
    return session.get(target, number) if session is not None and number is not None else None


def compare(found: Any, op: str, value: Any, *, rates: Rates, today: date) -> bool:
    """Whether a field's value stands in this relation to what the rule names. What is not there is only "empty"."""
    if op in {"empty", "filled"}:
        return (found is None or found == "") is (op == "empty")
    if op == "one of":
        return any(_equal(found, each, rates, today) for each in value)
    if op in {"equal to", "not"}:
        return _equal(found, value, rates, today) is (op == "equal to")
    if found is None:
        return False
    if op == "containing":
        return str(value).casefold() in _text(found).casefold()
    left, right = _ordered(found, value, rates, today)
    if left is None or right is None:
        return False
    return bool({"above": left > right, "below": left < right, "at least": left >= right, "at most": left <= right}[op])


def _equal(found: Any, value: Any, rates: Rates, today: date) -> bool:
    if found is None or value is None:
        return found is None and value is None
    if isinstance(found, bool):
        return found is value or str(value).casefold() == str(found).casefold()
    if isinstance(found, Money | Decimal | int | float | date):
        left, right = _ordered(found, value, rates, today)
        return left is not None and left == right
    texts = {name_key(_text(found)), name_key(str(getattr(found, "handle", None) or ""))} - {""}
    return name_key(str(value)) in texts


def _ordered(found: Any, value: Any, rates: Rates, today: date) -> tuple[Any, Any]:
    """Both as things that have an order, (None, None) when they have none together."""
    match found:
        case Money():
            try:
                return rates.convert(found, today).amount, Decimal(str(value))
            except (InvalidOperation, LookupError):
                return None, None
        case datetime():
            found = found.date()
        case date():
            pass
        case bool() | int() | float() | Decimal():
            try:
                return Decimal(str(found)), Decimal(str(value))
            except InvalidOperation:
                return None, None
        case _:
            return _text(found).casefold(), str(value).casefold()
    try:
        return found, date.fromisoformat(str(value)[:10])
    except ValueError:
        return None, None


def _text(found: Any) -> str:
    if isinstance(found, _MANY):
        return " ".join(_text(each) for each in found)
    return str(getattr(found, "name", found))
