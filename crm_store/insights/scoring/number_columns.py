"""Columns of whole numbers out of the database as arrays, without ever holding all rows as Python objects."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from crm_store.insights.scoring.events import Ints

_CHUNK = 50_000


def number_columns(session: Session, query: Any) -> Ints:
    """All rows of a query for whole numbers (row, column)."""
    width = len(query.selected_columns)
    result = session.execute(query.execution_options(yield_per=_CHUNK))
    parts = [np.array([tuple(row) for row in rows], dtype=np.int64) for rows in result.partitions(_CHUNK)]
    return np.concatenate([np.zeros((0, width), dtype=np.int64), *(part.reshape(-1, width) for part in parts)])
