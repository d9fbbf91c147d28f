"""Bringing the database's schema to the newest revision, or another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from crm_store.engine import open_engine
from crm_store.revisions import MIGRATIONS, connected

_UPGRADE_LOCK = 0x52617070  # any number that no other program on this database takes; it spells "Rapp"


def upgrade(database: Engine | str, revision: str = "head") -> None:
    """Bring the database to ``revision``, from empty or from any earlier one; all of it happens, or nothing.

    A database that is there already is left as it is; of two processes that upgrade at once the second waits.
    Raises alembic.util.CommandError for an unknown revision.
    """
    with _alone(database) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Engine | str, revision: str) -> None:
    """Take the database back to an earlier ``revision`` ("base": no tables at all). Data of what is removed is lost."""
    with _alone(database) as connection:
        command.downgrade(_config(connection), revision)


def write_revision(message: str) -> Path:
    """Write a new revision that turns the newest schema into what the models say; for developers.

    It is a draft: read it, correct it (a renamed column looks like one dropped and one added) and format it.
    """
    engine = open_engine("sqlite://")
    with engine.begin() as connection:
        config = _config(connection)
        number = 1 + sum(1 for _ in ScriptDirectory.from_config(config).walk_revisions())
        command.upgrade(config, "head")
        script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
    engine.dispose()
    if script is None or isinstance(script, list):
        raise LookupError("the revisions have more than one head")
    return Path(script.path)


def _config(connection: Connection | None = None) -> Config:
    # No alembic.ini: the place of the scripts is known, and the connection is ours.
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(database: Engine | str) -> Iterator[Connection]:
    """A connection in a transaction in which nobody else changes the schema."""
    with connected(database) as connection:
        if connection.dialect.name == "sqlite":
            with _without_foreign_keys(connection), connection.begin():
                if not _driver_connection(connection).in_transaction:
                    # Python's driver begins a transaction before INSERT, but not before CREATE TABLE.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        else:
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
                yield connection


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite: batch mode drops a table and puts its copy there; references to it must not be checked in between.

    The check can be switched outside a transaction only, hence through the driver
    (https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes").
    """
    driver = _driver_connection(connection)
    (checked,) = driver.execute("PRAGMA foreign_keys").fetchone()
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA foreign_keys = {int(checked)}")


def _driver_connection(connection: Connection) -> SqliteConnection:
    return cast(SqliteConnection, connection.connection.driver_connection)
