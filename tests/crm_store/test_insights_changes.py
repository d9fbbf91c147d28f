"""What changed, on a company small enough to count by hand; fields come from the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from crm_store.insights.pipeline import open_total
from crm_store.insights.pipeline_changes import Movement, PipelineChanges, Stretch, changes_between
from crm_store.insights.selection import DealSelection
from crm_store.models import Account, Base, Deal, Pipeline, Role, Stage, StageType, User
from crm_store.money import Money
from crm_store.rates import Rates
from crm_store.store import Store
from crm_store.unit_of_work import UnitOfWork

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
THURSDAY = MONDAY + timedelta(days=3)
EVERYTHING = DealSelection()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'small.db'}")
    Base.metadata.create_all(opened.engine)
    long_ago = MONDAY - timedelta(days=30)
    with opened.unit_of_work(now=long_ago) as uow:
        pipeline = Pipeline(name="Sales", is_default=True)
        pipeline.stages = [
            Stage(name="Lead", position=1, probability=10),
            Stage(name="Proposal", position=2, probability=50),
            Stage(name="Won", position=3, probability=100, type=StageType.WON),
            Stage(name="Lost", position=4, probability=0, type=StageType.LOST),
        ]
        uow.session.add(pipeline)
        for handle in ("dana", "riley"):
            uow.add(User(handle=handle, name=handle.title(), email=f"{handle}@x.example", role=Role.REP))
        uow.add(Account(name="Initech"))
        uow.flush()
        for name, owner, amount in (("Alpha", "dana", 1000), ("Beta", "dana", 2000), ("Gamma", "riley", 4000)):
            _add_deal(uow, name, owner, amount)
        uow.commit()
    yield opened
    opened.close()


def _stage_id(uow: UnitOfWork, name: str) -> int:
    return uow.session.scalars(select(Stage.id).where(Stage.name == name)).one()


def _add_deal(uow: UnitOfWork, name: str, owner: str, amount: int) -> None:
    uow.add(
        Deal(
            name=name,
            account_id=1,
            owner_id=uow.session.scalars(select(User.id).where(User.handle == owner)).one(),
            stage_id=_stage_id(uow, "Lead"),
            amount=Decimal(amount),
            currency="USD",
            close_date=date(2026, 12, 1),
            stage_since=uow.now,
            last_activity_at=uow.now,
        )
    )


def _change(store: Store, when: datetime, deal: str, **fields: object) -> None:
    with store.unit_of_work(now=when) as uow:
        record = uow.session.scalars(select(Deal).where(Deal.name == deal)).one()
        stage = fields.pop("stage", None)
        if stage is not None:
            record.stage_id = _stage_id(uow, str(stage))
        for field, value in fields.items():
            setattr(record, field, value)
        uow.commit()


def _changes(store: Store, who: str, *, start: datetime = MONDAY, end: datetime = THURSDAY) -> PipelineChanges:
    with store.unit_of_work(now=end, read_only=True) as uow:
        actor = store.actor_for_user(uow.session, uow.session.scalars(select(User).where(User.handle == who)).one())
    with store.unit_of_work(now=end, actor=actor, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        return changes_between(
            uow.session, rates, EVERYTHING, Stretch(start=start, end=end), today=end.date(), limit=10
        )


def _open_value(store: Store) -> Decimal:
    with store.unit_of_work(now=THURSDAY, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        return open_total(uow.session, rates, EVERYTHING, today=THURSDAY.date()).amount


def test_nothing_happened_in_a_quiet_week(store: Store) -> None:
    changes = _changes(store, "dana")
    assert (changes.created.count, changes.moved, changes.amounts, changes.close_dates) == (0, {}, [], [])
    assert changes.net_value == 0


def test_only_ones_own_deals_are_read_from_the_journal(store: Store) -> None:
    _change(store, MONDAY + timedelta(hours=1), "Gamma", amount=Decimal(9000))

    assert [move.deal.name for move in _changes(store, "riley").amounts] == ["Gamma"]
    assert _changes(store, "dana").amounts == []


def test_an_amount_is_compared_with_what_it_was_when_the_stretch_began(store: Store) -> None:
    _change(store, MONDAY + timedelta(hours=1), "Alpha", amount=Decimal(1500))
    _change(store, MONDAY + timedelta(hours=2), "Alpha", amount=Decimal(3000))
    _change(store, MONDAY + timedelta(hours=3), "Beta", amount=Decimal(5000))
    _change(store, MONDAY + timedelta(hours=4), "Beta", amount=Decimal(2000))

    (move,) = _changes(store, "dana").amounts

    assert (move.deal.name, move.before, move.after) == (
        "Alpha",
        Money(Decimal(1000), "USD"),
        Money(Decimal(3000), "USD"),
    )


def test_a_close_date_that_slipped_is_found(store: Store) -> None:
    _change(store, MONDAY + timedelta(hours=1), "Alpha", close_date=date(2027, 1, 15))

    (move,) = _changes(store, "dana").close_dates

    assert (move.before, move.after) == (date(2026, 12, 1), date(2027, 1, 15))


def test_the_net_change_is_the_difference_between_the_pipelines(store: Store) -> None:
    before = _open_value(store)
    hour = timedelta(hours=1)
    _change(store, MONDAY + hour, "Alpha", stage="Proposal")
    _change(store, MONDAY + 2 * hour, "Alpha", amount=Decimal(1200))
    _change(store, MONDAY + 3 * hour, "Alpha", stage="Won")
    _change(store, MONDAY + 4 * hour, "Beta", stage="Lost", lost_reason="price")
    _change(store, MONDAY + 5 * hour, "Beta", stage="Proposal")
    _change(store, MONDAY + 6 * hour, "Gamma", amount=Decimal(4500))
    with store.unit_of_work(now=MONDAY + 7 * hour) as uow:
        _add_deal(uow, "Delta", "riley", 700)
        uow.commit()
    _change(store, MONDAY + 8 * hour, "Delta", amount=Decimal(800))

    dana, riley = _changes(store, "dana"), _changes(store, "riley")

    assert {movement: deals.count for movement, deals in dana.moved.items()} == {
        Movement.FORWARD: 1,
        Movement.WON: 1,
        Movement.LOST: 1,
        Movement.REOPENED: 1,
    }
    assert riley.created.amount == Decimal(800)
    assert dana.net_value + riley.net_value == _open_value(store) - before == Decimal(300)


def test_what_happened_before_the_stretch_is_not_in_it(store: Store) -> None:
    _change(store, MONDAY - timedelta(seconds=1), "Alpha", stage="Proposal", amount=Decimal(1))
    changes = _changes(store, "dana")
    assert (changes.moved, changes.amounts) == ({}, [])
