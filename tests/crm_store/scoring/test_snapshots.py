"""The pipeline day by day: what is written down, what is read back, and how good past forecasts were."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from crm_store.insights.deal_snapshots import moved_close_dates, pipeline_on, take_snapshot
from crm_store.insights.forecast import OPEN_CATEGORIES
from crm_store.insights.forecast_accuracy import past_forecasts
from crm_store.insights.selection import DealSelection
from crm_store.models import Deal, DealSnapshot, ForecastCategory, Stage, StageType
from crm_store.rates import Rates
from crm_store.store import Store
from tests.assistants import NOW
from tests.crm_store.small_company import Company

TODAY = NOW.date()
ALL = DealSelection()


def test_writing_down_the_same_pipeline_adds_nothing(scored: Store) -> None:
    assert take_snapshot(scored, now=NOW, today=TODAY) == 0
    assert take_snapshot(scored, now=NOW, today=TODAY) == 0


def test_a_moved_close_date_is_a_new_row_from_that_day_and_the_last_look_of_a_day_counts(scored: Store) -> None:
    take_snapshot(scored, now=NOW, today=TODAY)
    with scored.unit_of_work(now=NOW) as uow:
        query = select(Deal).join(Stage).where(Stage.type == StageType.OPEN, Deal.close_date.is_not(None))
        deal = uow.session.scalars(query.order_by(Deal.id)).first()
        assert deal is not None
        assert deal.close_date is not None
        number, planned = deal.id, deal.close_date
        deal.close_date = planned + timedelta(days=30)
        uow.commit()
    day = TODAY + timedelta(days=1)
    assert take_snapshot(scored, now=NOW, today=day) == 1
    with scored.unit_of_work(now=NOW) as uow:
        uow.session.get_one(Deal, number).close_date = planned + timedelta(days=45)
        uow.commit()
    assert take_snapshot(scored, now=NOW, today=day) == 1
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        moves = moved_close_dates(uow.session, rates, ALL, since=TODAY, until=day, today=day)
        assert [(each.deal.id, each.before, each.after, each.later) for each in moves] == [
            (number, planned, planned + timedelta(days=45), True)
        ]


def test_a_closed_deal_leaves_the_pipeline(scored: Store) -> None:
    take_snapshot(scored, now=NOW, today=TODAY)
    with scored.unit_of_work(now=NOW) as uow:
        deal = uow.session.scalars(select(Deal).join(Stage).where(Stage.type == StageType.OPEN)).first()
        assert deal is not None
        number = deal.id
        deal.stage_id = next(each.id for each in deal.stage.pipeline.stages if each.type is StageType.WON)
        uow.commit()
    take_snapshot(scored, now=NOW, today=TODAY + timedelta(days=1))
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        still = select(func.count()).where(DealSnapshot.deal_id == number, DealSnapshot.last_day.is_(None))
        assert uow.session.scalar(still) == 0


def test_todays_pipeline_read_back_is_todays_pipeline(scored: Store, sql: sqlite3.Connection) -> None:
    take_snapshot(scored, now=NOW, today=TODAY)
    until = TODAY + timedelta(days=60)
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        there = pipeline_on(uow.session, rates, TODAY, first_day=TODAY, last_day=until)
        rows = sql.execute(
            "select d.amount, d.currency, s.probability from deal d join stage s on s.id = d.stage_id"
            " where s.type = 'open' and d.deleted_at is null and close_date between ? and ?",
            (TODAY.isoformat(), until.isoformat()),
        ).fetchall()
        latest = dict(sql.execute("select currency, rate from exchange_rate order by day"))
    factor = {"USD": Decimal(1)} | {currency: Decimal(rate) for currency, rate in latest.items()}
    weighted = sum(Decimal(a or 0) / 1000 * factor[c] * p / 100 for a, c, p in rows)
    assert there.deals == len(rows)
    assert float(there.weighted) == pytest.approx(float(weighted), rel=1e-9)
    total = sum(Decimal(a or 0) / 1000 * factor[c] for a, c, _ in rows)
    assert float(sum(there.of(each) for each in OPEN_CATEGORIES)) == pytest.approx(float(total), rel=1e-9)


def test_no_deal_is_in_the_pipeline_twice_on_any_day(scored: Store, sql: sqlite3.Connection) -> None:
    for back in (0, 1, 30, 200, 700):
        day = (TODAY - timedelta(days=back)).isoformat()
        counted = sql.execute(
            "select count(*), count(distinct deal_id) from deal_snapshot where first_day <= ? and"
            " (last_day is null or last_day >= ?)",
            (day, day),
        ).fetchone()
        assert counted[0] == counted[1] > 0


def test_past_forecasts_name_what_the_quarter_brought(scored: Store, sql: sqlite3.Connection) -> None:
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        found = past_forecasts(uow.session, rates, ALL, today=TODAY, zone=ZoneInfo("UTC"))
    assert [each.days_in for each in found] == [0, 30, 60] * 6
    assert found[-1].quarter.end == date(2026, 10, 1)
    won = sql.execute(
        "select d.amount, d.currency, date(closed_at) from deal d join stage s on s.id = d.stage_id"
        " where s.type = 'won' and closed_at >= '2026-07-01' and closed_at < '2026-10-01'"
    ).fetchall()
    history = sql.execute("select currency, day, rate from exchange_rate order by day").fetchall()
    total = 0.0
    for amount, currency, day in won:
        rate = next((float(r) for c, since, r in reversed(history) if c == currency and since <= day), 1.0)
        total += amount / 1000 * rate
    assert float(found[-1].actual) == pytest.approx(total, rel=1e-6)
    # The nearer the end, the better: what is closed already is certain.
    errors = {days: [abs(float(e.error or 0)) for e in found if e.days_in == days] for days in (0, 60)}
    assert sum(errors[60]) < sum(errors[0])


def test_a_category_of_its_own_counts_for_a_deal(scored: Store) -> None:
    with scored.unit_of_work(now=NOW) as uow:
        deal = uow.session.scalars(select(Deal).join(Stage).where(Stage.name == "Lead")).first()
        assert deal is not None
        deal.forecast_category = ForecastCategory.COMMIT
        uow.commit()
        number = deal.id
    take_snapshot(scored, now=NOW, today=TODAY)
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        row = uow.session.scalars(
            select(DealSnapshot).where(DealSnapshot.deal_id == number, DealSnapshot.last_day.is_(None))
        ).one()
        assert row.category == "commit"


def test_what_was_written_down_is_read_back_from_either_database(company: Company) -> None:
    store = company.store
    with store.unit_of_work(now=NOW) as uow:
        deals = uow.session.scalars(select(Deal).join(Stage).where(Stage.type == StageType.OPEN)).all()
        for deal in deals:
            deal.close_date = TODAY + timedelta(days=10)
        uow.commit()
        number = deals[0].id
    assert take_snapshot(store, now=NOW, today=TODAY) == len(deals)
    with store.unit_of_work(now=NOW) as uow:
        uow.session.get_one(Deal, number).close_date = TODAY + timedelta(days=40)
        uow.commit()
    day = TODAY + timedelta(days=1)
    assert take_snapshot(store, now=NOW, today=day) == 1
    assert take_snapshot(store, now=NOW, today=day) == 0
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        moves = moved_close_dates(uow.session, rates, ALL, since=TODAY, until=day, today=day)
        assert [each.deal.id for each in moves] == [number]
        last = TODAY + timedelta(days=20)
        assert pipeline_on(uow.session, rates, TODAY, first_day=TODAY, last_day=last).deals == len(deals)
        assert pipeline_on(uow.session, rates, day, first_day=TODAY, last_day=last).deals == len(deals) - 1
