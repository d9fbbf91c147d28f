"""Every sum is recomputed deal by deal from the rows of the demo company, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from crm_store.actors import SYSTEM, Actor
from crm_store.demo import seed
from crm_store.engine import open_engine
from crm_store.insights.activity_counts import activities_between, count_by_owner, count_by_time
from crm_store.insights.calendar_buckets import buckets_between, midnight
from crm_store.insights.deal_sums import DealSum
from crm_store.insights.forecast import (
    Forecast,
    ForecastPeriod,
    category_of_deal,
    forecast_by_owner,
    outside_forecast,
)
from crm_store.insights.grouping import Grouping
from crm_store.insights.pipeline import list_open, open_total, open_totals_by
from crm_store.insights.pipeline_changes import Movement, Stretch, changes_between
from crm_store.insights.quota import quotas_of, share_elapsed
from crm_store.insights.results import (
    Interval,
    Outcome,
    average_days_to_win,
    closed_deals,
    conversion_by_stage,
    lost_by_reason,
    outcome_of,
    outcomes_by,
)
from crm_store.insights.selection import DealSelection
from crm_store.insights.staleness import StaleRule, find_stale
from crm_store.models import Activity, Deal, ForecastCategory, Quota, Stage, StageChange, StageType, User
from crm_store.rates import Rates
from crm_store.schema import upgrade
from crm_store.store import Store

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 18)
NEW_YORK = ZoneInfo("America/New_York")
EVERYTHING = DealSelection()
ALL_TIME = Interval(start=None, end=None)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("insights") / "demo.db"
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_url_for_module")
    engine = open_engine(url)
    upgrade(engine)
    seed(engine, now=NOW)
    engine.dispose()
    opened = Store(url)
    yield opened
    opened.close()


@dataclass(frozen=True, slots=True)
class Seen:
    """The store as somebody sees it, and the deals they may see as plain rows."""

    session: Session
    rates: Rates
    rows: tuple[Any, ...]

    def is_open(self) -> list[Any]:
        return [row for row in self.rows if row.type is StageType.OPEN]

    def worth(self, row: Any, day: date) -> Decimal:
        return row.amount * self.rates.rate(row.currency, day) if row.amount is not None else Decimal(0)

    def closed_worth(self, row: Any) -> Decimal:
        return self.worth(row, row.closed_at.date())


See = Callable[[str], Seen]


@pytest.fixture
def see(store: Store) -> Iterator[See]:
    opened = []

    def look(handle: str) -> Seen:
        with store.unit_of_work(now=NOW, actor=SYSTEM, read_only=True) as uow:
            user = uow.session.scalars(select(User).where(User.handle == handle)).one()
            actor: Actor = store.actor_for_user(uow.session, user)
            query = select(
                *Deal.__table__.c, Stage.type, Stage.probability, category_of_deal.label("category"), Stage.rotting_days
            )
            rows = uow.session.execute(query.join(Stage, Stage.id == Deal.stage_id)).all()
            visible = tuple(r for r in rows if actor.sees_all or r.owner_id in actor.visible_owner_ids)
        context = store.unit_of_work(now=NOW, actor=actor, read_only=True)
        opened.append(context)
        session = context.__enter__().session
        return Seen(session, Rates.load(session, "USD"), visible)

    yield look
    for context in opened:
        context.__exit__(None, None, None)


@pytest.mark.parametrize("who", ["morgan", "riley", "alex"])
def test_the_pipeline_is_the_sum_of_the_open_deals_one_may_see(see: See, who: str) -> None:
    seen = see(who)
    open_rows = seen.is_open()

    total = open_total(seen.session, seen.rates, EVERYTHING, today=TODAY)

    assert total.count == len(open_rows) > 0
    assert total.amount == sum(seen.worth(row, TODAY) for row in open_rows)
    assert total.weighted == sum(seen.worth(row, TODAY) * row.probability / 100 for row in open_rows)
    assert total.without_amount == sum(row.amount is None for row in open_rows)


def test_a_rep_sees_nothing_of_another_team(see: See) -> None:
    seen = see("riley")
    dana = seen.session.scalars(select(User.id).where(User.handle == "dana")).one()
    only_dana = DealSelection(owner_ids=frozenset({dana}))

    assert open_total(seen.session, seen.rates, only_dana, today=TODAY) == DealSum()
    where = closed_deals(seen.session, seen.rates, only_dana, ALL_TIME, today=TODAY)
    assert outcome_of(seen.session, seen.rates, where) == Outcome()
    stretch = Stretch(start=NOW - timedelta(days=900), end=NOW)
    assert changes_between(seen.session, seen.rates, only_dana, stretch, today=TODAY, limit=5).created == DealSum()
    assert dana not in quotas_of(seen.session, date(2026, 10, 1), date(2026, 12, 31)).by_user


@pytest.mark.parametrize("grouping", list(Grouping))
def test_the_groups_add_up_to_the_whole(see: See, grouping: Grouping) -> None:
    seen = see("morgan")
    total = open_total(seen.session, seen.rates, EVERYTHING, today=TODAY)
    where = closed_deals(seen.session, seen.rates, EVERYTHING, ALL_TIME, today=TODAY)
    outcome = outcome_of(seen.session, seen.rates, where)

    for top in (None, 3):
        groups = open_totals_by(seen.session, seen.rates, EVERYTHING, grouping, today=TODAY, top=top)
        assert sum((each.deals for each in groups), DealSum()) == total
        outcomes = outcomes_by(seen.session, seen.rates, where, grouping, zone=NEW_YORK, top=top)
        assert sum((each.outcome for each in outcomes), Outcome()) == outcome


def test_what_is_beyond_the_largest_groups_becomes_one(see: See) -> None:
    seen = see("morgan")

    groups = open_totals_by(seen.session, seen.rates, EVERYTHING, Grouping.ACCOUNT, today=TODAY, top=3)

    everything = open_totals_by(seen.session, seen.rates, EVERYTHING, Grouping.ACCOUNT, today=TODAY)
    assert [each.group.name for each in groups[:3]] == [each.group.name for each in everything[:3]]
    assert groups[3].group.folded == len(everything) - 3


def test_a_deal_counts_under_the_product_with_the_largest_share(see: See) -> None:
    seen = see("alex")
    shares: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for deal_id, product_id, price, quantity, line_id in seen.session.execute(
        text("select deal_id, product_id, unit_price, quantity, id from deal_line")
    ):
        shares[deal_id].append((price * quantity, -line_id, product_id))
    names = {row.id: row.name for row in seen.session.execute(text("select id, name from product"))}
    expected: dict[str | None, int] = defaultdict(int)
    for row in seen.is_open():
        expected[names[max(shares[row.id])[2]] if row.id in shares else None] += 1

    groups = open_totals_by(seen.session, seen.rates, EVERYTHING, Grouping.PRODUCT, today=TODAY)

    assert {each.group.name: each.deals.count for each in groups} == expected


def test_months_without_a_deal_are_shown_between_those_with(see: See) -> None:
    seen = see("riley")
    starts = [
        each.group.start
        for each in open_totals_by(seen.session, seen.rates, EVERYTHING, Grouping.MONTH, today=TODAY)
        if each.group.start is not None
    ]

    first, last = starts[0], starts[-1]
    assert starts == [bucket.start for bucket in buckets_between(first, last, "month")]


def test_amounts_are_compared_in_the_companys_currency(see: See) -> None:
    seen = see("morgan")
    least, most = Decimal(20_000), Decimal(60_000)
    inside = {row.id for row in seen.is_open() if row.amount and least <= seen.worth(row, TODAY) <= most}
    selection = DealSelection(least=least, most=most)

    found = list_open(seen.session, seen.rates, selection, today=TODAY, order="value", limit=None)

    assert {deal.id for deal in found} == inside
    assert len({deal.currency for deal in found}) > 1
    values = [seen.rates.convert(deal.money, TODAY).amount for deal in found if deal.money is not None]
    assert values == sorted(values, reverse=True)


def test_the_forecast_is_closed_in_the_period_plus_open_by_probability(see: See) -> None:
    seen = see("morgan")
    period = ForecastPeriod(
        first_day=date(2026, 10, 1),
        last_day=date(2026, 12, 31),
        start=midnight(date(2026, 10, 1), NEW_YORK),
        end=midnight(date(2027, 1, 1), NEW_YORK),
    )
    won = [r for r in seen.rows if r.type is StageType.WON and period.start <= r.closed_at < period.end]
    due = [r for r in seen.is_open() if r.close_date and period.first_day <= r.close_date <= period.last_day]

    by_owner = forecast_by_owner(seen.session, seen.rates, EVERYTHING, period, today=TODAY)
    total = sum(by_owner.values(), Forecast())

    assert total.closed.amount == sum(seen.closed_worth(row) for row in won) > 0
    weighted = sum(seen.worth(row, TODAY) * row.probability / 100 for row in due)
    assert total.expected == total.closed.amount + weighted
    commit = sum(seen.worth(row, TODAY) for row in due if row.category is ForecastCategory.COMMIT)
    assert total.committed == total.closed.amount + commit
    outside = outside_forecast(seen.session, seen.rates, EVERYTHING, period, today=TODAY)
    assert outside.without_date == sum(row.close_date is None for row in seen.is_open())
    assert outside.past_due == sum(row.close_date < TODAY for row in due)


def test_results_are_counted_by_the_closing_moment_and_worth_what_they_were_then(see: See) -> None:
    seen = see("morgan")
    interval = Interval(start=midnight(date(2026, 1, 1), NEW_YORK), end=midnight(date(2026, 4, 1), NEW_YORK))
    closed = [r for r in seen.rows if r.closed_at and interval.start <= r.closed_at < interval.end]
    won = [row for row in closed if row.type is StageType.WON]

    where = closed_deals(seen.session, seen.rates, EVERYTHING, interval, today=TODAY)
    outcome = outcome_of(seen.session, seen.rates, where)

    assert (outcome.won.count, outcome.won.count + outcome.lost.count) == (len(won), len(closed))
    assert outcome.won.amount == sum(seen.closed_worth(row) for row in won)
    assert outcome.win_rate == len(won) / len(closed)
    days = sum((row.closed_at - row.created_at) / timedelta(days=1) for row in won) / len(won)
    assert average_days_to_win(seen.session, where) == pytest.approx(days, abs=0.001)
    reasons = lost_by_reason(seen.session, seen.rates, where)
    assert sum(deals.count for _, deals in reasons) == outcome.lost.count


def test_a_month_ends_at_midnight_of_the_askers_zone(store: Store, see: See) -> None:
    seen = see("alex")
    where = closed_deals(seen.session, seen.rates, EVERYTHING, ALL_TIME, today=TODAY)
    for zone in (ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Los_Angeles")):
        expected: dict[date, int] = defaultdict(int)
        for row in seen.rows:
            if row.closed_at is not None:
                expected[row.closed_at.astimezone(zone).date().replace(day=1)] += 1
        months = outcomes_by(seen.session, seen.rates, where, Grouping.MONTH, zone=zone)
        counts = {m.group.start: m.outcome.won.count + m.outcome.lost.count for m in months}
        assert {month: count for month, count in counts.items() if count} == expected


def test_a_day_of_a_clock_change_has_23_or_25_hours() -> None:
    spring, autumn = date(2026, 3, 8), date(2026, 11, 1)
    lengths = [midnight(day + timedelta(days=1), NEW_YORK) - midnight(day, NEW_YORK) for day in (spring, autumn)]
    assert lengths == [timedelta(hours=23), timedelta(hours=25)]


def test_a_stages_conversion_counts_the_closed_deals_that_had_been_in_it(see: See) -> None:
    seen = see("morgan")
    types = {row.id: row.type for row in seen.rows if row.closed_at is not None}
    reached: dict[str, set[int]] = defaultdict(set)
    for deal_id, name in seen.session.execute(
        select(StageChange.deal_id, Stage.name)
        .join(Stage, Stage.id == StageChange.to_stage_id)
        .where(Stage.type == StageType.OPEN)
    ):
        if deal_id in types:
            reached[name].add(deal_id)

    where = closed_deals(seen.session, seen.rates, EVERYTHING, ALL_TIME, today=TODAY)
    found = {name: (count, won) for name, count, won in conversion_by_stage(seen.session, where)}

    assert found == {
        name: (len(ids), sum(types[deal_id] is StageType.WON for deal_id in ids)) for name, ids in reached.items()
    }


def test_stale_is_quiet_for_longer_than_the_stage_allows_or_overdue(see: See) -> None:
    seen = see("morgan")
    quiet = {r.id for r in seen.is_open() if r.rotting_days and NOW - r.last_activity_at > timedelta(r.rotting_days)}
    overdue = {r.id for r in seen.is_open() if r.close_date and r.close_date < TODAY}
    rule = StaleRule(rotting=True, overdue=True)

    found = find_stale(seen.session, seen.rates, EVERYTHING, rule, now=NOW, today=TODAY, limit=1000)

    assert {deal.id for deal in found.largest} == quiet | overdue
    assert (found.total.count, found.quiet, found.overdue) == (len(quiet | overdue), len(quiet), len(overdue))


def test_activities_are_counted_by_person_and_by_local_month(see: See) -> None:
    seen = see("riley")
    start = midnight(date(2026, 9, 1), NEW_YORK)
    where = activities_between(start, NOW, owner_ids=None)
    plain = seen.session.execute(select(Activity.owner_id, Activity.at).where(Activity.at >= start)).all()
    by_owner = count_by_owner(seen.session, where)
    by_month = count_by_time(seen.session, where, buckets_between(date(2026, 9, 1), TODAY, "month"), NEW_YORK)

    assert sum(sum(counts.values()) for counts in by_owner.values()) == len(plain) > 0
    for index, month in enumerate((9, 10, 11)):
        expected = sum(at.astimezone(NEW_YORK).month == month for _, at in plain)
        assert sum(by_month.get(index, {}).values()) == expected


def test_all_changes_since_before_the_first_deal_make_up_the_pipeline(see: See) -> None:
    seen = see("morgan")
    stretch = Stretch(start=NOW - timedelta(days=5000), end=NOW)

    changes = changes_between(seen.session, seen.rates, EVERYTHING, stretch, today=TODAY, limit=10)

    assert changes.net_value == open_total(seen.session, seen.rates, EVERYTHING, today=TODAY).amount
    assert changes.moved[Movement.WON].count == sum(row.type is StageType.WON for row in seen.rows)
    assert changes.known_since is None  # the demo's history was not journaled


def test_a_quota_of_part_of_a_quarter_is_that_part_by_days(see: See) -> None:
    seen = see("morgan")
    rows = seen.session.execute(select(Quota.user_id, Quota.amount).where(Quota.year == 2026, Quota.quarter == 4))
    fourth = {row.user_id: row.amount for row in rows}

    whole = quotas_of(seen.session, date(2026, 10, 1), date(2026, 12, 31))
    november = quotas_of(seen.session, date(2026, 11, 1), date(2026, 11, 30))

    assert whole.by_user == fourth
    assert not whole.prorated
    assert november.prorated
    assert november.by_user == {user: amount * (Decimal(30) / 92) for user, amount in fourth.items()}
    assert quotas_of(seen.session, date(2040, 1, 1), date(2040, 3, 31)).by_user == {}


def test_the_share_of_a_period_that_is_over_stays_between_nothing_and_all() -> None:
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 11, tzinfo=UTC)
    moments = [start - timedelta(1), start + timedelta(5), end + timedelta(1)]
    assert [share_elapsed(start, end, moment) for moment in moments] == [0, 0.5, 1]


def test_amounts_without_a_rate_are_left_out_and_counted(see: See) -> None:
    seen = see("morgan")
    no_rates = Rates("USD", {})
    foreign = [row for row in seen.is_open() if row.currency != "USD"]

    total = open_total(seen.session, no_rates, EVERYTHING, today=TODAY)

    assert total.without_rate == sum(row.amount is not None for row in foreign) > 0
    assert total.amount == sum(row.amount or 0 for row in seen.is_open() if row.currency == "USD")
