"""Rows on their way into the database: numbered at once, so that rows can refer to each other, written in bulk."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from crm_store.models import Base
from crm_store.names import name_key

_CHUNK = 5_000


class Rows:
    """Collects rows and writes them with Core inserts, without the journal. Begins its numbers at 1.

    ``written`` counts the rows per table. Rows are written in the order of the foreign keys between tables, and in the
    order of adding within one table.
    """

    def __init__(self, connection: Connection, *, buffered: int = 50_000) -> None:
        self._connection = connection
        self._buffered = buffered
        self._waiting: dict[Table, list[dict[str, Any]]] = {}
        self._templates: dict[Table, dict[str, Any]] = {}
        self._next_ids: Counter[Table] = Counter()
        self.written: Counter[str] = Counter()

    def add(self, model: type[Base] | Table, **values: Any) -> int:
        """Take a row for writing and give back its number (0 for tables without numbers)."""
        table = model if isinstance(model, Table) else cast(Table, model.__table__)
        template = self._templates.get(table)
        if template is None:
            template = self._templates[table] = _template(table)
            self._waiting[table] = []
        row = template.copy()
        row.update(values)
        if "name_key" in row:
            row["name_key"] = name_key(row["name"])
        self._waiting[table].append(row)
        if "id" not in row:
            return 0
        self._next_ids[table] += 1
        row["id"] = self._next_ids[table]
        return row["id"]  # type: ignore[no-any-return]  # it is the counter's value

    def next_id(self, model: type[Base]) -> int:
        """The number the next row of this table will get."""
        return self._next_ids[cast(Table, model.__table__)] + 1

    def write_when_many(self) -> None:
        """Write what is waiting once it is much; call it where every added row's references are added too."""
        if sum(len(rows) for rows in self._waiting.values()) >= self._buffered:
            self.write()

    def write(self) -> None:
        """Write everything that is waiting."""
        for table in Base.metadata.sorted_tables:
            rows = self._waiting.get(table, [])
            for start in range(0, len(rows), _CHUNK):
                self._connection.execute(insert(table), rows[start : start + _CHUNK])
            self.written[table.name] += len(rows)
            rows.clear()

    def advance_sequences(self) -> None:
        """Let PostgreSQL's own numbering go on after the numbers given here; SQLite needs no telling."""
        if self._connection.dialect.name != "postgresql":
            return
        for table, last in self._next_ids.items():
            self._connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))


def _template(table: Table) -> dict[str, Any]:
    """All columns with their defaults: the rows of one bulk insert must have the same keys."""
    return {
        column.name: column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
        for column in table.columns
    }
