"""Rows as a table on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from crm_store.values import JsonValue


def print_table(rows: Sequence[Mapping[str, JsonValue]]) -> None:
    """Print rows under the columns that are not empty everywhere."""
    console = Console()
    if not rows:
        console.print("none")
        return
    columns = [name for name in rows[0] if any(row[name] not in {None, ""} for row in rows)]
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    console.print(table, markup=False)
    console.print(f"{len(rows)} rows")
