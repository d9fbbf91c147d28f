"""Opening a database so that it keeps what it promised.

SQLite 3.7.0 to 3.51.2 (but 3.44.6 and 3.50.7) can lose commits in WAL mode when a write meets a checkpoint, so the
journal mode follows from the library's version. Every write transaction starts with BEGIN IMMEDIATE: with pysqlite's
own transactions, concurrent read-modify-writes lose updates.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, ExceptionContext, make_url
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for its turn. SQLite's waiting is not fair: among busy writers one can wait for seconds."""
_PASSED = "rapport_passed_turnstile"
_FIXED_BACKPORTS = ((3, 44, 6), (3, 50, 7))
_FIXED_SINCE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class SqliteMode:
    """Which journal mode is in force, and why."""

    journal_mode: str
    synchronous: str
    reason: str


def choose_sqlite_mode(version: tuple[int, int, int]) -> SqliteMode:
    """WAL where this SQLite is free of the WAL-reset bug, else a rollback journal with full synchronisation."""
    if version >= _FIXED_SINCE or version in _FIXED_BACKPORTS:
        return SqliteMode("WAL", "NORMAL", "this SQLite is free of the WAL-reset bug")
    # A rollback journal that is emptied instead of deleted spares every commit two changes of the directory.
    return SqliteMode("TRUNCATE", "FULL", "this SQLite has the WAL-reset bug (fixed in 3.51.3), so no WAL")


def to_sqlalchemy_url(url: str) -> URL:
    """The URL with the driver we ship: psycopg 3 for any spelling of PostgreSQL."""
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def open_engine(url: str) -> Engine:
    """An engine for ``url``; nothing is connected yet."""
    parsed = to_sqlalchemy_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        _prepare_sqlite(engine)
        return engine
    # What people said stands in no error message, and so in no log.
    return create_engine(parsed, hide_parameters=True, pool_pre_ping=True)


def _prepare_sqlite(engine: Engine) -> None:
    mode = choose_sqlite_mode(sqlite3.sqlite_version_info[:3])

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA journal_mode={mode.journal_mode}")
        cursor.execute(f"PRAGMA synchronous={mode.synchronous}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-32000")
        cursor.close()

    @event.listens_for(engine, "handle_error")
    def forget_connections_to_a_replaced_file(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlite_errorname", "") == "SQLITE_READONLY_DBMOVED":
            context.is_disconnect = True

    # Writers of this process queue here, since those SQLite makes wait sleep up to a tenth of a second at a time. It
    # is a courtesy only: who waits in vain goes on to SQLite's own lock, which is the one that counts.
    turnstile = threading.Semaphore()
    patience = BUSY_TIMEOUT_MS / 1000

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("rapport_read_only", False):
            connection.exec_driver_sql("BEGIN")
            return
        if not connection.info.get(_PASSED):
            connection.info[_PASSED] = turnstile.acquire(timeout=patience)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def let_the_next_one_pass(connection: Any, record: ConnectionPoolEntry) -> None:
        # A commit that waited in vain for readers leaves its transaction open, and the session takes it for ended.
        if connection is not None and connection.in_transaction:
            connection.rollback()
        if record.info.pop(_PASSED, False):
            turnstile.release()
