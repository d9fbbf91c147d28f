"""Which revision of the schema a database is at, and which one this code knows; without loading Alembic.

Every start asks this, and only an upgrade needs the tool.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from crm_store.engine import open_engine

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"


def current_revision(database: Engine | str) -> str | None:
    """The revision the database is at; None when it was never upgraded."""
    with connected(database) as connection:
        if not inspect(connection).has_table(_VERSION_TABLE):
            return None
        found: str | None = connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608 - ours
        return found


def head_revision() -> str:
    """The newest revision this version of the code knows: revisions are numbered, and so are their files."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


@contextmanager
def connected(database: Engine | str) -> Iterator[Connection]:
    """A connection; an engine made here is disposed of again."""
    engine = database if isinstance(database, Engine) else open_engine(database)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        if engine is not database:
            engine.dispose()
