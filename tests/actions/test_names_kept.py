"""The names questions may hold are read again when they may have changed, and never told before they are committed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from actions.asking import names
from actions.asking.names import Vocabulary, vocabulary_of
from crm_store.models import Product, Team
from crm_store.store import Store
from tests.assistants import NOW, Rig

SONAR = ("sonar", "sx9")


def product() -> Product:
    return Product(name="Sonar SX9", sku="SX-9", price=Decimal(10), currency="USD", description="")


@pytest.fixture
def store(rig: Rig) -> Store:
    return rig.assistant.store


def known(store: Store) -> Vocabulary:
    with store.unit_of_work(now=NOW) as uow:
        return vocabulary_of(uow)


def test_names_are_read_once_while_nothing_changes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = known(store)
    monkeypatch.setattr(names, "_everything", lambda _session: pytest.fail("read again"))
    assert known(store) is first


def test_a_name_is_known_as_soon_as_it_is_committed(store: Store) -> None:
    assert SONAR not in known(store).values
    with store.unit_of_work(now=NOW) as uow:
        uow.add(product())
        assert SONAR in vocabulary_of(uow).values, "whoever adds it may name it at once"
        uow.commit()
    assert SONAR in known(store).values


def test_a_name_that_was_taken_back_is_told_nobody(store: Store) -> None:
    with store.unit_of_work(now=NOW) as uow:
        uow.add(product())
        assert SONAR in vocabulary_of(uow).values
    with store.unit_of_work(now=NOW) as uow:
        other = product()
        other.name, other.sku = "Radar RX1", "RX-1"
        uow.add(other)
        uow.commit()
    assert SONAR not in known(store).values
    assert ("radar", "rx1") in known(store).values


def test_a_team_renamed_is_known_by_its_new_name(store: Store) -> None:
    known(store)
    with store.unit_of_work(now=NOW) as uow:
        team = uow.session.scalars(select(Team).order_by(Team.id)).first()
        assert team is not None
        team.name = "Northern Lights"
        uow.commit()
    assert ("northern", "lights") in known(store).values
