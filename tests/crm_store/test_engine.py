"""Which SQLite mode is chosen, and what a database that is locked, replaced or gone comes to."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from crm_store import engine as engine_module
from crm_store.engine import choose_sqlite_mode, open_engine, to_sqlalchemy_url
from crm_store.errors import DatabaseUnavailable
from crm_store.models import Account, Deal
from crm_store.store import Store
from tests.crm_store.small_company import NOW, Company


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 34, 0), "TRUNCATE"),
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_wal_is_used_only_where_it_loses_nothing(version: tuple[int, int, int], mode: str) -> None:
    assert choose_sqlite_mode(version).journal_mode == mode


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 3)])
def test_every_connection_is_set_up_for_the_librarys_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    wanted = choose_sqlite_mode(version)
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    for _ in range(2):
        with engine.execution_options(rapport_read_only=True).connect() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one().upper() == wanted.journal_mode
            synchronous = connection.execute(text("PRAGMA synchronous")).scalar_one()
            assert synchronous == {"NORMAL": 1, "FULL": 2}[wanted.synchronous]
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        engine.dispose()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_uses_the_driver_we_ship(scheme: str) -> None:
    url = to_sqlalchemy_url(f"{scheme}://ann:s%40cret@db.example/crm")
    assert (url.drivername, url.password) == ("postgresql+psycopg", "s@cret")


def test_foreign_keys_are_checked(company: Company) -> None:
    with company.acting() as uow, pytest.raises(Exception, match=r"(?i)foreign key"):
        uow.add(Account(name="Nobody's", owner_id=999_999))


def _impatient(url: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_MS", 20)
    return Store(url)


def _rename(store: Store, deal_id: int, name: str, *, before_commit: Callable[[], None] = lambda: None) -> None:
    with store.unit_of_work(now=NOW) as uow:
        uow.session.get_one(Deal, deal_id).name = name
        uow.flush()
        before_commit()
        uow.commit()


def _name_of_deal(store: Store, deal_id: int) -> str:
    with store.unit_of_work(now=NOW) as uow:
        return uow.session.get_one(Deal, deal_id).name


def test_a_database_that_stays_locked_is_unavailable_and_nothing_is_lost(
    sqlite_company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal_id = sqlite_company.id_of("Acme fleet")
    store = _impatient(str(sqlite_company.store.engine.url), monkeypatch)
    with sqlite_company.acting() as uow:
        uow.session.get_one(Deal, deal_id).name = "Renamed"
        with pytest.raises(DatabaseUnavailable, match="locked"), store.unit_of_work(now=NOW) as second:
            second.session.get(Deal, deal_id)
        uow.commit()
    assert _name_of_deal(store, deal_id) == "Renamed"
    store.close()


def test_a_file_replaced_behind_our_back_is_noticed_and_the_new_one_used_afterwards(
    sqlite_company: Company, tmp_path: Path
) -> None:
    store, path = sqlite_company.store, Path(sqlite_company.store.engine.url.database or "")
    deal_id = sqlite_company.id_of("Acme fleet")
    shutil.copy(path, tmp_path / "kept.db")
    if choose_sqlite_mode(sqlite3.sqlite_version_info[:3]).journal_mode == "WAL":
        pytest.skip("SQLite notices a replaced file with a rollback journal only")
    path.unlink()
    with pytest.raises(DatabaseUnavailable):
        _rename(store, deal_id, "Written into a deleted file")
    (tmp_path / "kept.db").replace(path)
    assert _name_of_deal(store, deal_id) == "Acme fleet"


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"no database at all" * 100)
    store = Store(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match="not a database"), store.unit_of_work(now=NOW) as uow:
        uow.session.scalars(select(Deal)).all()
    store.close()


def test_a_directory_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/gone/x.db")
    with pytest.raises(DatabaseUnavailable), store.unit_of_work(now=NOW) as uow:
        uow.session.scalars(select(Deal)).all()
    store.close()


def test_postgresql_that_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"postgresql://nobody@/crm?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable), store.unit_of_work(now=NOW) as uow:
        uow.session.scalars(select(Deal)).all()
    store.close()


def test_postgresql_that_hangs_up_is_unavailable_and_used_again_when_it_is_back(postgres_company: Company) -> None:
    store, deal_id = postgres_company.store, postgres_company.id_of("Acme fleet")
    other = Store(store.engine.url.render_as_string(hide_password=False))

    def hang_up() -> None:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        with other.engine.begin() as connection:
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))

    with pytest.raises(DatabaseUnavailable):
        _rename(store, deal_id, "Half done", before_commit=hang_up)
    assert _name_of_deal(store, deal_id) == "Acme fleet"
    other.close()


def test_a_reader_takes_no_write_lock(sqlite_company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    store = _impatient(str(sqlite_company.store.engine.url), monkeypatch)
    with (
        store.unit_of_work(now=NOW, read_only=True) as one,
        store.unit_of_work(now=NOW, read_only=True) as two,
    ):
        assert one.session.scalars(select(Deal.id)).all() == two.session.scalars(select(Deal.id)).all()
    store.close()


def test_a_write_transaction_locks_from_its_start(sqlite_company: Company) -> None:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(sqlite_company.store.engine, "before_cursor_execute", note)
    with sqlite_company.acting() as uow:
        uow.session.scalars(select(Deal.id)).all()
    assert statements[0] == "BEGIN IMMEDIATE"


def test_the_file_holds_what_was_committed_when_the_process_opens_it_anew(sqlite_company: Company) -> None:
    path = sqlite_company.store.engine.url.database
    with sqlite_company.acting() as uow:
        uow.add(Account(name="Hooli"))
        uow.commit()
    with closing(sqlite3.connect(path or "")) as connection:
        assert connection.execute("SELECT count(*) FROM account WHERE name = 'Hooli'").fetchone() == (1,)


def test_a_writer_that_failed_leaves_the_way_free_for_the_next(
    sqlite_company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal_id = sqlite_company.id_of("Acme fleet")
    waits: list[bool] = []
    acquire = threading.Semaphore.acquire

    def noting(self: threading.Semaphore, *_arguments: object, **_options: object) -> bool:
        waits.append(acquire(self, blocking=False))
        return waits[-1]

    monkeypatch.setattr(threading.Semaphore, "acquire", noting)
    store = _impatient(str(sqlite_company.store.engine.url), monkeypatch)
    with sqlite_company.acting() as uow:
        uow.session.get_one(Deal, deal_id)
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable), store.unit_of_work(now=NOW) as second:
                second.session.get(Deal, deal_id)
    _rename(store, deal_id, "Renamed")
    assert waits == [True] * len(waits)
    assert len(waits) >= 5
    store.close()


def test_a_commit_that_could_not_be_made_leaves_nothing_open(
    sqlite_company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_MS", 50)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))  # readers do not keep writers waiting in WAL mode
    url = sqlite_company.store.engine.url
    sqlite_company.store.close()
    with closing(Store(str(url))) as store, closing(sqlite3.connect(str(url.database), isolation_level=None)) as reader:

        def add(name: str) -> None:
            with store.unit_of_work(now=NOW) as uow:
                uow.add(Account(name=name))
                uow.commit()

        reader.execute("BEGIN")
        reader.execute("SELECT * FROM account").fetchall()
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable, match="database is locked"):
                add("Kept waiting")
        reader.execute("ROLLBACK")
        add("Served")
        with store.unit_of_work(now=NOW, read_only=True) as uow:
            names = set(uow.session.scalars(select(Account.name)))
        assert "Served" in names
        assert "Kept waiting" not in names
