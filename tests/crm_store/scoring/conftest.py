"""The demo company with a night's scores, made once."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_store.store import Store


@pytest.fixture
def scored(tmp_path: Path, scored_database: Path) -> Iterator[Store]:
    """A store of the test's own with the demo company and its scores."""
    shutil.copy(scored_database, tmp_path / "scored.db")
    store = Store(f"sqlite:///{tmp_path / 'scored.db'}")
    yield store
    store.close()


@pytest.fixture
def sql(scored: Store, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The same database below everything of ours, to count again by hand."""
    connection = sqlite3.connect(tmp_path / "scored.db")
    yield connection
    connection.close()
