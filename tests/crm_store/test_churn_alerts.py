"""The recency rule behind churn alerts: late by a customer's own measure, told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from crm_store.insights.churn_alerts import THRESHOLD, ChurnRisk, RecencyScores
from crm_store.insights.due_nudges import churn_risks
from crm_store.models import Account, Contact, Order, OrderStatus, Role, User
from crm_store.schema import upgrade
from crm_store.store import Store

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'rapport.db'}"
    upgrade(url)
    store = Store(url)
    yield store
    store.close()


def ordered(store: Store, *days_ago: int, status: OrderStatus = OrderStatus.DELIVERED) -> None:
    """A customer with an owner who ordered so many days ago."""
    with store.unit_of_work(now=NOW) as uow:
        owner = uow.add(User(handle="kim", name="Kim", email="kim@x.example", role=Role.REP))
        account = uow.add(Account(name="Globex", owner_id=owner.id))
        contact = uow.add(Contact(name="Jane", account_id=account.id))
        for number, days in enumerate(days_ago):
            uow.add(
                Order(
                    number=f"ORD-{number}",
                    account_id=account.id,
                    contact_id=contact.id,
                    status=status,
                    placed_at=NOW - timedelta(days=days),
                    currency="USD",
                    total=Decimal(10),
                )
            )
        uow.commit()


def risks(store: Store, now: datetime = NOW) -> list[ChurnRisk]:
    with store.unit_of_work(now=now, read_only=True) as uow:
        return list(RecencyScores().risks(uow.session, now=now))


def test_a_punctual_customer_is_no_risk(store: Store) -> None:
    ordered(store, 110, 80, 50, 20)
    (risk,) = risks(store)
    assert (risk.score, risk.days_quiet, risk.usual_days) == (0.0, 20, 30)


@pytest.mark.parametrize(("quiet", "score"), [(30, 0.0), (60, 0.5), (120, 0.75), (300, 0.9), (600, 0.0)])
def test_the_risk_grows_with_the_time_beyond_the_usual_gap(store: Store, quiet: int, score: float) -> None:
    ordered(store, quiet + 90, quiet + 60, quiet + 30, quiet)
    (risk,) = risks(store)
    assert risk.score == pytest.approx(score)


def test_few_orders_and_cancelled_ones_say_nothing(store: Store) -> None:
    ordered(store, 360, 330, 300)
    assert risks(store) == []


def test_cancelled_orders_do_not_count(store: Store) -> None:
    ordered(store, 390, 360, 330, 300, status=OrderStatus.CANCELLED)
    assert risks(store) == []


def test_it_is_the_same_news_until_the_next_order(store: Store) -> None:
    ordered(store, 210, 180, 150, 120)
    found = []
    for day in (0, 1, 30):
        now = NOW + timedelta(days=day)
        with store.unit_of_work(now=now, read_only=True) as uow:
            found += list(churn_risks(uow.session, RecencyScores(), now))
    assert len(found) == 3
    assert len({(each.ref, each.occurrence) for each in found}) == 1
    assert THRESHOLD <= 0.75
