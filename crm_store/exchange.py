"""Records as flat rows, for people's spreadsheets and scripts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm_store.errors import StoreError
from crm_store.models import RECORDS, Record
from crm_store.values import JsonValue, to_json

_POINTERS = {"account_id": "account", "contact_id": "contact", "owner_id": "owner", "stage_id": "stage"}
_POINTERS |= {"assignee_id": "assignee", "creator_id": "creator", "deal_id": "deal", "order_id": "order"}
_POINTERS |= {"team_id": "team", "manager_id": "manager"}
_LEFT_OUT = frozenset({"name_key", "version"})
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, JsonValue]


class UnknownKind(StoreError):
    """There are no records of this kind."""

    def __init__(self, said: str) -> None:
        super().__init__(f"there are no {said!r}; choose from {', '.join(sorted(plural(kind) for kind in RECORDS))}")
        self.said = said


def plural(kind: str) -> str:
    """What several records of a kind are called on the command line."""
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def kind_called(said: str) -> type[Record]:
    """The class of records called ``said`` ("deals", "deal"); raises UnknownKind."""
    for kind, record_class in RECORDS.items():
        if said.casefold() in {kind, plural(kind)}:
            return record_class
    raise UnknownKind(said)


def export_rows(session: Session, record_class: type[Record], *, limit: int | None) -> Iterator[Row]:
    """All visible records as flat rows: the oldest first, or the ``limit`` newest, newest first.

    Pointers become the name of what they point at; amounts are decimal text, times ISO 8601 in UTC.
    """
    order = record_class.id if limit is None else record_class.id.desc()
    query = select(record_class).order_by(order).limit(limit)
    columns = [attribute.key for attribute in inspect(record_class).column_attrs if attribute.key not in _LEFT_OUT]
    for record in session.scalars(query.execution_options(yield_per=500)):
        yield {_POINTERS.get(column, column): _value(record, column) for column in columns}


def write_csv(rows: Iterable[Row], file: TextIO) -> int:
    """Write rows as CSV and return how many; cells a spreadsheet would run as a formula are defused with a quote."""
    writer: csv.DictWriter[str] | None = None
    count = 0
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(file, fieldnames=list(row))
            writer.writeheader()
        writer.writerow({name: defused(value) for name, value in row.items()})
        count += 1
    return count


def defused(value: JsonValue) -> JsonValue:
    """A cell that a spreadsheet shows instead of running."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _value(record: Record, column: str) -> JsonValue:
    if column not in _POINTERS:
        return to_json(getattr(record, column))
    target = getattr(record, _POINTERS[column], None)
    if target is None:
        return None
    return str(getattr(target, "name", None) or getattr(target, "number", None) or getattr(target, "subject", ""))
