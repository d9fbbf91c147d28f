"""A backup is whole even while others write, and restoring never makes things worse."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from crm_store.backup import BackupRefused, back_up, restore
from crm_store.models import Account, Deal, JournalChange
from crm_store.store import Store
from tests.crm_store.small_company import NOW, Company


def _quietly(_what: str, _done: float) -> None:
    return


def _url(company: Company) -> str:
    return str(company.store.engine.url)


def _path(company: Company) -> Path:
    return Path(company.store.engine.url.database or "")


def _accounts(path: Path) -> list[str]:
    store = Store(f"sqlite:///{path}")
    try:
        with store.unit_of_work(now=NOW, read_only=True) as uow:
            return list(uow.session.scalars(select(Account.name).order_by(Account.id)))
    finally:
        store.close()


def test_a_backup_holds_everything(sqlite_company: Company, tmp_path: Path) -> None:
    heard: list[float] = []
    back_up(_url(sqlite_company), tmp_path / "copy.db", lambda _what, done: heard.append(done))
    assert _accounts(tmp_path / "copy.db") == ["Acme Corp", "Globex GmbH", "Initech"]
    assert heard[-1] == 1
    assert list(tmp_path.glob("*.unfinished")) == []


@pytest.fixture
def writing(sqlite_company: Company) -> Iterator[threading.Event]:
    """Somebody writing acts of two records each, all the time."""
    started, stop = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with sqlite_company.acting(now=NOW) as uow:
                uow.session.add_all(
                    [Account(name=f"A{number}", created_at=NOW), Account(name=f"B{number}", created_at=NOW)]
                )
                uow.commit()
            number += 1
            started.set()

    thread = threading.Thread(target=write)
    thread.start()
    yield started
    stop.set()
    thread.join()


def test_a_backup_made_while_others_write_holds_whole_acts_only(
    sqlite_company: Company, writing: threading.Event, tmp_path: Path
) -> None:
    writing.wait()
    for number in range(3):
        path = tmp_path / f"copy{number}.db"
        back_up(_url(sqlite_company), path, _quietly)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = _accounts(path)
        assert sum(name.startswith("A") for name in names) - 1 == sum(name.startswith("B") for name in names)
        with Store(f"sqlite:///{path}").unit_of_work(now=NOW, read_only=True) as uow:
            journaled = uow.session.scalars(select(JournalChange).where(JournalChange.record_kind == "account")).all()
            assert len(journaled) == len(names)


def test_a_backup_overwrites_nothing(sqlite_company: Company, tmp_path: Path) -> None:
    target = tmp_path / "mine.txt"
    target.write_text("mine")
    with pytest.raises(BackupRefused, match="exists already"):
        back_up(_url(sqlite_company), target, _quietly)
    assert target.read_text() == "mine"


def test_restoring_brings_back_what_was_and_keeps_what_is(sqlite_company: Company, tmp_path: Path) -> None:
    copy = tmp_path / "copy #1?.db"
    back_up(_url(sqlite_company), copy, _quietly)
    with sqlite_company.acting() as uow:
        uow.add(Account(name="Hooli"))
        uow.commit()
    sqlite_company.store.close()
    kept = restore(_url(sqlite_company), copy, _quietly)
    assert _accounts(_path(sqlite_company)) == ["Acme Corp", "Globex GmbH", "Initech"]
    assert kept is not None
    assert _accounts(kept)[-1] == "Hooli"


def test_restoring_where_nothing_is_makes_a_database(sqlite_company: Company, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(_url(sqlite_company), copy, _quietly)
    assert restore(f"sqlite:///{tmp_path / 'new.db'}", copy, _quietly) is None
    assert len(_accounts(tmp_path / "new.db")) == 3


@pytest.mark.parametrize("rubbish", [b"", b"not a database", b"SQLite format 3\x00" + b"\x00" * 4000])
def test_rubbish_is_refused_and_changes_nothing(sqlite_company: Company, tmp_path: Path, rubbish: bytes) -> None:
    file = tmp_path / "rubbish.db"
    file.write_bytes(rubbish)
    before = _path(sqlite_company).read_bytes()
    with pytest.raises(BackupRefused, match="nothing was changed"):
        restore(_url(sqlite_company), file, _quietly)
    assert _path(sqlite_company).read_bytes() == before


def test_somebody_elses_database_is_refused(sqlite_company: Company, tmp_path: Path) -> None:
    file = tmp_path / "music.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE song (title TEXT)")
    with pytest.raises(BackupRefused, match="not an intact Rapport database"):
        restore(_url(sqlite_company), file, _quietly)


def test_a_damaged_backup_is_refused(sqlite_company: Company, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(_url(sqlite_company), copy, _quietly)
    damaged = bytearray(copy.read_bytes())
    damaged[4096 * 3 : 4096 * 9] = b"\xff" * (4096 * 6)
    copy.write_bytes(damaged)
    with pytest.raises(BackupRefused, match="nothing was changed"):
        restore(_url(sqlite_company), copy, _quietly)
    with sqlite_company.acting() as uow:
        assert len(uow.session.scalars(select(Deal)).all()) == 3


def test_postgresql_is_left_to_its_own_tools(tmp_path: Path) -> None:
    for attempt in (back_up, restore):
        with pytest.raises(BackupRefused, match="pg_dump"):
            attempt("postgresql://db.example/crm", tmp_path / "x.db", _quietly)


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match=r"no database at .*missing\.db"):
        back_up(f"sqlite:///{tmp_path / 'missing.db'}", tmp_path / "x.db", _quietly)
