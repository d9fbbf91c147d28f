from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DBAPIError

from crm_store.engine import open_engine
from crm_store.models import Base
from crm_store.revisions import current_revision, head_revision
from crm_store.schema import downgrade, upgrade


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/crm.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    yield engine
    engine.dispose()


def test_models_and_migrations_agree(empty_database: Engine) -> None:
    upgrade(empty_database)
    with empty_database.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": Base.metadata}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_difference_between_models_and_migrations_is_seen(empty_database: Engine) -> None:
    upgrade(empty_database)
    with empty_database.begin() as connection:
        connection.execute(sa.text("DROP INDEX ix_deal_owner_stage"))
        assert [kind for kind, *_ in compare_metadata(MigrationContext.configure(connection), Base.metadata)] == [
            "add_index"
        ]


def test_upgrade_brings_an_empty_database_to_the_newest_revision(empty_database: Engine) -> None:
    assert current_revision(empty_database) is None
    upgrade(empty_database)
    assert current_revision(empty_database) == head_revision()
    assert set(inspect(empty_database).get_table_names()) == set(Base.metadata.tables) | {"alembic_version"}


def test_the_newest_revision_is_what_the_migration_tool_takes_for_it(empty_database: Engine) -> None:
    upgrade(empty_database)
    with empty_database.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == head_revision()


def test_upgrading_twice_changes_nothing(empty_database: Engine) -> None:
    upgrade(empty_database)
    before = inspect(empty_database).get_table_names()
    upgrade(empty_database)
    assert inspect(empty_database).get_table_names() == before
    assert current_revision(empty_database) == head_revision()


def test_downgrade_to_base_leaves_no_table(empty_database: Engine) -> None:
    upgrade(empty_database)
    downgrade(empty_database, "base")
    assert inspect(empty_database).get_table_names() == ["alembic_version"]
    assert current_revision(empty_database) is None
    upgrade(empty_database)
    assert current_revision(empty_database) == head_revision()


def test_a_failing_upgrade_leaves_the_database_as_it_was(empty_database: Engine) -> None:
    with empty_database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE ticket (something INTEGER)"))
    with pytest.raises(DBAPIError, match="ticket"):
        upgrade(empty_database)
    assert inspect(empty_database).get_table_names() == ["ticket"]


def test_an_engine_that_begins_no_transactions_of_its_own_is_upgraded_all_or_nothing_too(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/plain.db")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE ticket (something INTEGER)"))
    with pytest.raises(DBAPIError, match="ticket"):
        upgrade(engine)
    assert inspect(engine).get_table_names() == ["ticket"]
    engine.dispose()


def test_an_unknown_revision_is_refused(empty_database: Engine) -> None:
    with pytest.raises(CommandError):
        upgrade(empty_database, "9999")
    assert inspect(empty_database).get_table_names() == []


def test_a_url_is_as_good_as_an_engine(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/crm.db"
    upgrade(url)
    assert current_revision(url) == head_revision()


def test_foreign_keys_are_checked_again_after_an_upgrade(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/crm.db")
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    engine.dispose()
