"""A night's scores: every figure counted again in SQL, nothing shown that was not checked, nothing half done."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from crm_store.insights.churn_alerts import KeptScores, RecencyScores
from crm_store.insights.scoring.live_segments import members, segment_called, segments
from crm_store.insights.scoring.nightly import score_store
from crm_store.insights.scoring.runs import current_run, is_due, model_of
from crm_store.models import Account, AccountScore, DealScore, ScoreTask, ScoringRun, User
from crm_store.store import Store
from tests.assistants import NOW
from tests.crm_store.small_company import Company

TODAY = NOW.date()


def figures(store: Store, task: ScoreTask) -> dict[str, Any]:
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        run = current_run(uow.session)
        assert run is not None
        model = model_of(uow.session, run, task)
        assert model.shown
        return model.figures


def ordered(sql: sqlite3.Connection, account: str, after: date, until: date) -> bool:
    found = sql.execute(
        "select count(*) from customer_order where account_id = ? and status != 'cancelled' and deleted_at is null"
        " and date(placed_at) > ? and date(placed_at) <= ?",
        (account, after.isoformat(), until.isoformat()),
    ).fetchone()
    return bool(found[0])


def test_the_backtest_says_who_left_as_sql_counts_it(scored: Store, sql: sqlite3.Connection) -> None:
    backtest = figures(scored, ScoreTask.CHURN)["backtest"]
    day, horizon = date.fromisoformat(backtest["day"]), timedelta(days=backtest["horizon"])
    accounts = [row[0] for row in sql.execute("select id from account where deleted_at is null")]
    customers = [each for each in accounts if ordered(sql, each, day - timedelta(days=365), day)]
    left = [each for each in customers if not ordered(sql, each, day, day + horizon)]

    assert day + horizon == TODAY
    assert (backtest["customers"], backtest["left_of_all"]) == (len(customers), len(left))
    assert backtest["named"] == 20
    assert backtest["left"] / backtest["named"] > backtest["left_of_all"] / backtest["customers"]


def test_only_customers_of_the_last_year_have_a_risk(scored: Store, sql: sqlite3.Connection) -> None:
    for account, risk in sql.execute("select account_id, churn from account_score"):
        assert (risk is not None) == ordered(sql, account, TODAY - timedelta(days=365), TODAY)
        assert risk is None or 0 < risk < 1


def test_last_order_number_of_orders_and_revenue_are_those_of_sql(scored: Store, sql: sqlite3.Connection) -> None:
    counted = sql.execute(
        "select account_id, max(date(placed_at)), count(distinct date(placed_at)), sum(total) from customer_order"
        " where status != 'cancelled' and deleted_at is null group by account_id having min(currency) = 'USD'"
    ).fetchall()
    assert len(counted) > 50
    for account, last, days, total in counted:
        row = sql.execute(
            "select last_order_on, order_days, revenue, currency from account_score s, scoring_run r"
            " where account_id = ? and r.id = s.run_id",
            (account,),
        ).fetchone()
        if sql.execute(
            "select count(distinct currency) from customer_order where account_id = ?", (account,)
        ).fetchone() == (1,):
            assert (last, days, total) == (row[0], row[1], pytest.approx(row[2], abs=10))


def test_the_simple_lifetime_value_is_the_sum_it_says_it_is(scored: Store, sql: sqlite3.Connection) -> None:
    said = figures(scored, ScoreTask.LIFETIME_VALUE)
    accounts = [row[0] for row in sql.execute("select id from account where deleted_at is null")]
    year = timedelta(days=365)
    before = [each for each in accounts if ordered(sql, each, TODAY - 2 * year, TODAY - year)]
    stayed = [each for each in before if ordered(sql, each, TODAY - year, TODAY)]
    assert said["retention"] == pytest.approx(len(stayed) / len(before), abs=1e-6)
    factor = sum(said["retention"] ** t / (1 + said["rate"]) ** t for t in range(1, said["years"] + 1))
    rows = sql.execute("select revenue_year, simple_value from account_score where simple_value > 0").fetchall()
    assert len(rows) > 50
    for revenue, value in rows:
        assert value == pytest.approx(revenue * factor, rel=1e-4, abs=20)


def test_the_lifetime_backtest_counts_the_orders_that_came(scored: Store, sql: sqlite3.Connection) -> None:
    backtest = figures(scored, ScoreTask.LIFETIME_VALUE)["backtest"]
    counted = sql.execute(
        "select count(*) from (select distinct account_id, date(placed_at) day from customer_order"
        " where status != 'cancelled' and deleted_at is null) o where day > ? and day <= ? and account_id in"
        " (select account_id from customer_order where status != 'cancelled' and date(placed_at) <= ?)",
        (backtest["day"], TODAY.isoformat(), backtest["day"]),
    ).fetchone()[0]
    assert backtest["orders"] == counted
    assert backtest["error"] < backtest["naive_error"]


def test_every_customer_is_in_one_segment_and_the_segments_add_up(scored: Store, sql: sqlite3.Connection) -> None:
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        named = [each for each in segments(uow.session) if "segment" in each.rule]
        groups = [each for each in segments(uow.session) if "cluster" in each.rule]
        sizes = {each.key: len(uow.session.execute(members(uow.session, each)).all()) for each in named + groups}
        accounts = uow.session.scalar(select(func.count(Account.id)))
        assert segment_called(uow.session, "At risk customers") is not None
        assert segment_called(uow.session, "Can't lose") is not None
        assert segment_called(uow.session, "unicorns") is None
    assert sum(sizes[each.key] for each in named) == accounts
    assert sum(sizes[each.key] for each in groups) == accounts - sizes["prospects"]
    without = (
        "select count(*) from account where deleted_at is null and id not in"
        " (select account_id from customer_order where status != 'cancelled')"
    )
    assert sizes["prospects"] == sql.execute(without).fetchone()[0]


def test_offers_are_products_the_customer_never_bought(scored: Store, sql: sqlite3.Connection) -> None:
    said = figures(scored, ScoreTask.RECOMMENDATION)
    assert (
        said["model"] == "popularity"
        or said["hits"][said["model"]]["hit_rate"] > said["hits"]["popularity"]["hit_rate"]
    )
    for account, offers in sql.execute("select account_id, offers from account_score"):
        bought = {
            row[0]
            for row in sql.execute(
                "select product_id from order_line l join customer_order o on o.id = l.order_id"
                " where o.account_id = ? and status != 'cancelled'",
                (account,),
            )
        }
        assert not bought & {offer[0] for offer in json.loads(offers)}


def test_open_deals_have_a_probability_with_reasons(scored: Store, sql: sqlite3.Connection) -> None:
    open_deals = {
        row[0] for row in sql.execute("select d.id from deal d join stage s on s.id = d.stage_id where s.type = 'open'")
    }
    scores = dict(sql.execute("select deal_id, win from deal_score"))
    assert scores.keys() == open_deals
    said = figures(scored, ScoreTask.WIN)
    assert said["auc"] > 0.7
    assert said["said"] == pytest.approx(said["won"], rel=0.2)
    assert all(len(json.loads(row[0])) == 3 for row in sql.execute("select reasons from deal_score"))


def test_the_same_day_gives_the_same_scores(scored: Store) -> None:
    query = select(AccountScore.account_id, AccountScore.churn, AccountScore.value, AccountScore.cluster)
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        before = uow.session.execute(query.order_by(AccountScore.account_id)).all()
    report = score_store(scored, now=NOW + timedelta(hours=1), currency="USD", today=TODAY)
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.execute(query.order_by(AccountScore.account_id)).all() == before
        assert set(uow.session.scalars(select(AccountScore.run_id))) == {report.run_id}


def test_a_run_that_breaks_off_is_never_shown(scored: Store) -> None:
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        shown = current_run(uow.session)
        assert shown is not None

    def pull_the_plug(what: str, share: float) -> None:
        if what == "keeping scores" and share > 0.8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_store(scored, now=NOW + timedelta(hours=1), currency="USD", today=TODAY, progress=pull_the_plug)
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        still = current_run(uow.session)
        assert still is not None
        assert still.id == shown.id
        kept = uow.session.scalar(select(func.count()).where(AccountScore.run_id == shown.id))
        assert kept == uow.session.scalar(select(func.count(Account.id)))


def test_too_little_history_is_said_and_nothing_is_scored(company: Company) -> None:
    report = score_store(company.store, now=NOW, currency="USD", today=TODAY)
    shown = {each.task: each.shown for each in report.models}
    assert shown == {
        ScoreTask.CHURN: False,
        ScoreTask.LIFETIME_VALUE: False,
        ScoreTask.SEGMENTS: True,
        ScoreTask.RECOMMENDATION: False,
        ScoreTask.WIN: False,
    }
    with company.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert set(uow.session.scalars(select(AccountScore.churn))) == {None}
        assert uow.session.scalar(select(func.count(DealScore.deal_id))) == 0
        kept = list(KeptScores().risks(uow.session, now=NOW))
        assert kept == list(RecencyScores().risks(uow.session, now=NOW))


def test_scores_are_due_once_a_day_and_not_while_somebody_is_at_it(scored: Store) -> None:
    with scored.unit_of_work(now=NOW) as uow:
        assert not is_due(uow.session, now=NOW, today=TODAY)
        tomorrow = NOW + timedelta(days=1)
        assert is_due(uow.session, now=tomorrow, today=TODAY + timedelta(days=1))
        uow.session.add(ScoringRun(started_at=tomorrow, today=TODAY + timedelta(days=1), currency="USD"))
        uow.flush()
        assert not is_due(uow.session, now=tomorrow, today=TODAY + timedelta(days=1))


def test_alerts_carry_the_kept_risk(scored: Store, sql: sqlite3.Connection) -> None:
    with scored.unit_of_work(now=NOW, read_only=True) as uow:
        risks = {each.account_id: each.score for each in KeptScores().risks(uow.session, now=NOW)}
    expected = dict(
        sql.execute(
            "select account_id, churn from account_score s join account a on a.id = s.account_id"
            " where churn is not null and a.owner_id is not null"
        )
    )
    assert risks == expected


def test_a_rep_sees_the_scores_of_the_deals_they_may_see_and_customers_see_none(scored: Store) -> None:
    with scored.unit_of_work(now=NOW) as uow:
        riley = uow.session.scalars(select(User).where(User.handle == "riley")).one()
        uow.become(scored.actor_for_user(uow.session, riley))
        owners = {score.deal.owner_id for score in uow.session.scalars(select(DealScore))}
        assert owners
        assert owners <= uow.actor.visible_owner_ids
        assert uow.session.scalar(select(func.count()).select_from(AccountScore)) == 150
    with scored.unit_of_work(now=NOW) as uow:
        contact = uow.session.scalars(select(Account).where(Account.name == "Globex")).one().contacts[0]
        uow.become(scored.actor_for_contact(contact))
        assert uow.session.scalars(select(AccountScore)).all() == []
        assert uow.session.scalars(select(DealScore)).all() == []
