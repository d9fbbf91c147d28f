"""Safe copies of a SQLite database while it is in use, and putting one back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from crm_store.engine import to_sqlalchemy_url
from crm_store.errors import StoreError

_PAGES_AT_ONCE = 1_000


class BackupRefused(StoreError):
    """This cannot be backed up or restored here; the message says what to do instead."""


def back_up(url: str, target: Path, progress: Callable[[str, float], None]) -> None:
    """Copy the database to ``target``, which must not exist; consistent even while others write."""
    source = _sqlite_file(to_sqlalchemy_url(url))
    if target.exists():
        raise BackupRefused(f"{target} exists already")
    unfinished = target.with_name(target.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    _copy(source, unfinished, progress)
    unfinished.rename(target)


def restore(url: str, source: Path, progress: Callable[[str, float], None]) -> Path | None:
    """Put a backup in the database's place; returns where the former database was kept, None when there was none.

    The assistant must not be running. A file that is no intact SQLite database is refused and changes nothing.
    """
    target = _sqlite_file(to_sqlalchemy_url(url), must_exist=False)
    _require_intact(source)
    unfinished = target.with_name(target.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    _copy(source, unfinished, progress)
    kept = None
    if target.exists():
        kept = target.with_name(target.name + ".before-restore")
        target.replace(kept)
        for suffix in ("-wal", "-shm", "-journal"):
            leftover = target.with_name(target.name + suffix)
            if leftover.exists():
                leftover.replace(kept.with_name(kept.name + suffix))
    unfinished.replace(target)
    return kept


def _copy(source: Path, target: Path, progress: Callable[[str, float], None]) -> None:
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(
            copy,
            pages=_PAGES_AT_ONCE,
            progress=lambda _status, left, total: progress(target.stem, 1 - left / max(total, 1)),
        )


def _require_intact(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as err:
        raise BackupRefused(f"{path} is not a database ({err}); nothing was changed") from err
    if verdict != "ok" or "journal_entry" not in tables:
        raise BackupRefused(f"{path} is not an intact Rapport database; nothing was changed")


def _sqlite_file(url: URL, *, must_exist: bool = True) -> Path:
    if url.get_backend_name() != "sqlite" or not url.database:
        raise BackupRefused("this is a PostgreSQL database: use pg_dump and pg_restore")
    path = Path(url.database)
    if must_exist and not path.exists():
        raise BackupRefused(f"there is no database at {path}")
    return path
