"""Inserting rows that may already be there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm_store.base import Base


def insert_new(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert ``rows``, leaving out those whose unique key another row already has. Not for records: no journal."""
    if not rows:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.connection().execute(insert(table.__table__).on_conflict_do_nothing(), list(rows))  # type: ignore[arg-type]
