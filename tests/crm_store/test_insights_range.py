"""The forecast's range: its win rates are the deals' own history, and its spread is that of the possible outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from crm_store.actors import SYSTEM
from crm_store.demo import seed
from crm_store.engine import open_engine
from crm_store.insights.calendar_buckets import midnight
from crm_store.insights.forecast import Forecast, ForecastPeriod, forecast_by_owner
from crm_store.insights.forecast_range import StageRecord, forecast_range, play, stage_records
from crm_store.insights.selection import DealSelection
from crm_store.models import Stage, StageType
from crm_store.rates import Rates
from crm_store.schema import upgrade
from crm_store.store import Store

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
SURE = StageRecord(won=0, reached=0, stated=1.0)
NEVER = StageRecord(won=0, reached=0, stated=0.0)
EVEN = StageRecord(won=100_000, reached=200_000, stated=0.5)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path_factory.mktemp('range') / 'demo.db'}"
    engine = open_engine(url)
    upgrade(engine)
    seed(engine, now=NOW)
    engine.dispose()
    opened = Store(url)
    yield opened
    opened.close()


def _quarter() -> ForecastPeriod:
    first, last = date(2026, 10, 1), date(2026, 12, 31)
    return ForecastPeriod(
        first_day=first, last_day=last, start=midnight(first, ZONE), end=midnight(last + timedelta(days=1), ZONE)
    )


def test_the_win_rates_are_those_of_the_rows(store: Store) -> None:
    counted = text("""
        SELECT c.to_stage_id, count(DISTINCT d.id), count(DISTINCT CASE WHEN s.type = 'won' THEN d.id END)
        FROM stage_change c JOIN deal d ON d.id = c.deal_id JOIN stage s ON s.id = d.stage_id
        WHERE s.type IN ('won', 'lost') AND d.deleted_at IS NULL AND d.closed_at >= :since AND d.closed_at < :now
        GROUP BY c.to_stage_id""")
    with store.unit_of_work(now=NOW, actor=SYSTEM, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        records, total = stage_records(uow.session, rates, now=NOW)
        since = uow.session.execute(
            counted, {"since": _stored(NOW - timedelta(days=365)), "now": _stored(NOW)}
        ).all()  # fmt: skip
        open_stages = set(uow.session.scalars(select(Stage.id).where(Stage.type == StageType.OPEN)))
    rows = {stage: (reached, won) for stage, reached, won in since if stage in open_stages}
    assert rows
    assert {stage: (each.reached, each.won) for stage, each in records.items() if each.reached} == rows
    assert total >= max(reached for reached, _ in rows.values())


def _stored(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def test_the_range_starts_from_what_is_closed_and_ends_at_all_open_deals(store: Store) -> None:
    with store.unit_of_work(now=NOW, actor=SYSTEM, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        by_owner = forecast_by_owner(uow.session, rates, DealSelection(), _quarter(), today=NOW.date())
        total = sum(by_owner.values(), Forecast())
        found = forecast_range(
            uow.session, rates, DealSelection(), _quarter(), closed=total.closed.amount, now=NOW
        )  # fmt: skip
    assert found is not None
    assert found.deals == total.open.counted
    assert total.closed.amount <= found.low < found.middle < found.high <= total.closed.amount + total.open.amount
    assert abs(found.mean - found.middle) < (found.high - found.low) / 4


def test_sure_deals_leave_no_range_and_hopeless_ones_bring_nothing() -> None:
    totals = play([(1, 100.0), (2, 900.0)], {1: SURE, 2: NEVER}, runs=50)
    assert set(totals.tolist()) == {100.0}


def test_two_even_deals_have_four_outcomes_equally_often() -> None:
    totals = play([(1, 1.0), (1, 2.0)], {1: EVEN}, runs=20_000)
    for outcome in (0.0, 1.0, 2.0, 3.0):
        assert np.mean(totals == outcome) == pytest.approx(0.25, abs=0.015)


def test_a_thin_record_leaves_a_wider_range_than_a_thick_one_of_the_same_rate() -> None:
    deals = [(1, 1.0)] * 400
    thin, thick = StageRecord(won=2, reached=4, stated=0.5), EVEN
    wide, narrow = play(deals, {1: thin}), play(deals, {1: thick})
    assert np.quantile(wide, 0.9) - np.quantile(wide, 0.1) > 2 * (np.quantile(narrow, 0.9) - np.quantile(narrow, 0.1))


def test_a_record_is_drawn_to_the_stated_probability_until_it_is_long() -> None:
    assert StageRecord(won=0, reached=0, stated=0.4).rate == pytest.approx(0.4)
    assert StageRecord(won=10, reached=10, stated=0.4).rate == pytest.approx(0.7)
    assert StageRecord(won=900, reached=1000, stated=0.4).rate == pytest.approx(904 / 1010)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.floats(0, 1e7)), min_size=1, max_size=30))
def test_every_run_lies_between_nothing_and_everything_and_runs_can_be_repeated(deals: list[tuple[int, float]]) -> None:
    records = {1: StageRecord(won=3, reached=9, stated=0.2), 2: EVEN}
    totals = play(deals, records, runs=100)
    everything = sum(amount for _, amount in deals)
    assert totals.min() >= 0
    assert totals.max() <= everything * (1 + 1e-9)
    assert (totals == play(deals, records, runs=100)).all()


def test_without_open_deals_there_is_no_range(store: Store) -> None:
    with store.unit_of_work(now=NOW, actor=SYSTEM, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        nobody = DealSelection(owner_ids=frozenset({-1}))
        assert forecast_range(uow.session, rates, nobody, _quarter(), closed=Decimal(5), now=NOW) is None
