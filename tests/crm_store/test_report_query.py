"""Typed queries: every figure is recomputed record by record from the plain rows, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from crm_store.actors import SYSTEM
from crm_store.demo import seed
from crm_store.engine import open_engine
from crm_store.insights.funnel import funnels
from crm_store.insights.query.layer import TIMES, Deals, Dimension, Measure, dimensions_of
from crm_store.insights.query.report_query import (
    CannotCombine,
    Condition,
    Figure,
    NeedsPeriod,
    Period,
    ReportQuery,
    Shift,
)
from crm_store.insights.query.running import Answer, list_deals, run_query
from crm_store.insights.query.sources import Circumstances
from crm_store.insights.query.tallies import Tally
from crm_store.models import Activity, Deal, Order, Stage, StageChange, StageType, Ticket, User
from crm_store.rates import Rates
from crm_store.schema import upgrade
from crm_store.store import Store

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 18)
NEW_YORK = ZoneInfo("America/New_York")
YEAR = Period(first=date(2026, 1, 1), last=date(2026, 12, 31))
Row = dict[str, Any]
_MONEY = frozenset({Measure.AMOUNT, Measure.AVERAGE, Measure.WEIGHTED, Measure.ORDER_VALUE, Measure.AVERAGE_ORDER})
_FIGURES = [Figure(m, d) for m in Measure if m is not Measure.LIST for d in sorted(m.of_deals)]


@dataclass(frozen=True, slots=True)
class Books:
    """A store seen by the manager of all sales, and its records as plain rows with all that they are grouped by."""

    at: Circumstances
    deals: list[Row]
    activities: list[Row]
    tickets: list[Row]
    orders: list[Row]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("query") / "demo.db"
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_url_for_module")
    engine = open_engine(url)
    upgrade(engine)
    seed(engine, now=NOW)
    engine.dispose()
    store = Store(url)
    with store.unit_of_work(now=NOW, actor=SYSTEM, read_only=True) as uow:
        morgan = store.actor_for_user(
            uow.session, uow.session.scalars(select(User).where(User.handle == "morgan")).one()
        )
    with store.unit_of_work(now=NOW, actor=morgan, read_only=True) as uow:
        at = Circumstances(session=uow.session, rates=Rates.load(uow.session, "USD"), zone=NEW_YORK, today=TODAY)
        yield _open_books(at, morgan.visible_owner_ids)
    store.close()


def _open_books(at: Circumstances, visible: Iterable[int]) -> Books:
    session = at.session
    accounts = {row.id: row for row in session.execute(text("select * from account"))}
    teams = {row.id: row.team_id for row in session.execute(text("select id, team_id from user_account"))}
    countries: dict[int, str] = {}
    for row in session.execute(
        text("select account_id, country from address where account_id is not null order by id")
    ):
        countries.setdefault(row.account_id, row.country)

    def customer(account_id: int | None) -> Row:
        account = accounts.get(account_id)
        return {
            "account": account_id,
            "industry": account.industry if account else None,
            "region": account.region if account else None,
            "country": countries.get(account_id) if account_id else None,
        }

    def product_of(table: str, column: str) -> dict[int, int]:
        best: dict[int, tuple[int, int, int]] = {}
        for row in session.execute(
            text(f"select id, {column} as owner, product_id, unit_price, quantity from {table}")
        ):
            share = (row.unit_price * row.quantity, -row.id, row.product_id)
            best[row.owner] = max(best.get(row.owner, share), share)
        return {owner: share[2] for owner, share in best.items()}

    deal_products, order_products = product_of("deal_line", "deal_id"), product_of("order_line", "order_id")
    deals = [
        {
            "id": row.id, "rep": row.owner_id, "team": teams[row.owner_id], "stage": row.stage_id, "type": row.type,
            "source": row.source, "reason": row.lost_reason, "currency": row.currency, "money": row.amount,
            "probability": row.probability, "product": deal_products.get(row.id), "created": row.created_at,
            "closed": row.closed_at, "close_date": row.close_date, **customer(row.account_id),
        }
        for row in session.execute(
            select(*Deal.__table__.c, Stage.type, Stage.probability).join(Stage, Stage.id == Deal.stage_id)
        )
        if row.owner_id in visible
    ]  # fmt: skip
    activities = [
        {"rep": a.owner_id, "team": teams[a.owner_id], "kind": a.activity_kind.value, "when": a.at,
         **customer(a.account_id)}
        for a in session.scalars(select(Activity))
    ]  # fmt: skip
    tickets = [
        {"rep": t.assignee_id, "team": teams.get(t.assignee_id or 0), "category": t.category,
         "priority": t.priority.value, "status": t.status.value, "created": t.created_at,
         "answered": t.first_response_at, "solved": t.solved_at, **customer(t.account_id)}
        for t in session.scalars(select(Ticket))
    ]  # fmt: skip
    orders = [
        {"rep": accounts[o.account_id].owner_id, "team": teams.get(accounts[o.account_id].owner_id or 0),
         "status": o.status.value, "currency": o.currency, "money": o.total, "when": o.placed_at,
         "product": order_products.get(o.id), **customer(o.account_id)}
        for o in session.scalars(select(Order))
    ]  # fmt: skip
    return Books(at, deals, activities, tickets, orders)


def _records(books: Books, figure: Figure) -> list[tuple[Row, date, date]]:
    """The records of a figure, each with the day it counts on and the day its money is converted on."""

    def day(moment: datetime) -> date:
        return moment.astimezone(NEW_YORK).date()

    match figure.deals:
        case Deals.OPEN:
            return [(d, d["close_date"], TODAY) for d in books.deals if d["type"] is StageType.OPEN]
        case Deals.NEW:
            return [(d, day(d["created"]), TODAY) for d in books.deals]
        case Deals.WON | Deals.LOST | Deals.CLOSED:
            types = {Deals.WON: {StageType.WON}, Deals.LOST: {StageType.LOST}}.get(
                figure.deals, {StageType.WON, StageType.LOST}
            )
            found = [d for d in books.deals if d["type"] in types and d["closed"]]
            return [(d, day(d["closed"]), d["closed"].astimezone(UTC).date()) for d in found]
    match figure.measure:
        case Measure.ACTIVITIES:
            return [(a, day(a["when"]), TODAY) for a in books.activities]
        case Measure.FIRST_RESPONSE:
            return [(t, day(t["created"]), TODAY) for t in books.tickets if t["answered"]]
        case Measure.RESOLUTION:
            return [(t, day(t["solved"]), TODAY) for t in books.tickets if t["solved"]]
        case Measure.TICKETS:
            return [(t, day(t["created"]), TODAY) for t in books.tickets]
    return [(o, day(o["when"]), o["when"].astimezone(UTC).date()) for o in books.orders]


def _start(day: date | None, dimension: Dimension) -> date | None:
    if day is None:
        return None
    match dimension:
        case Dimension.DAY:
            return day
        case Dimension.WEEK:
            return day - timedelta(days=day.weekday())
        case Dimension.MONTH:
            return day.replace(day=1)
        case Dimension.QUARTER:
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def _worth(books: Books, row: Row, on: date) -> Decimal:
    money: Decimal = row["money"]
    return money * books.at.rates.rate(row["currency"], on)


def _tally(books: Books, figure: Figure, found: Iterable[tuple[Row, date, date]]) -> Tally:
    """The same sums, taken one record at a time."""
    total = Tally()
    for row, _, on in found:
        money = row.get("money")
        worth = _worth(books, row, on) if money is not None else Decimal(0)
        ends = {
            Measure.CYCLE: (row.get("created"), row.get("closed")),
            Measure.FIRST_RESPONSE: (row.get("created"), row.get("answered")),
            Measure.RESOLUTION: (row.get("created"), row.get("solved")),
        }.get(figure.measure)
        days = Decimal((ends[1] - ends[0]).total_seconds()) / 86400 if ends and ends[0] and ends[1] else Decimal(0)
        total += Tally(
            count=1,
            amount=worth if figure.measure in _MONEY else Decimal(0),
            weighted=worth * row["probability"] / 100 if figure.measure is Measure.WEIGHTED else Decimal(0),
            without_amount=int(money is None and figure.measure in _MONEY),
            won=int(figure.measure is Measure.WIN_RATE and row["type"] is StageType.WON),
            days=days,
            timed=int(ends is not None),
        )
    return total


def _expected(books: Books, query: ReportQuery, period: Period | None) -> list[dict[tuple[Any, ...], Tally]]:
    """The tallies of each figure by groups, from the rows; times are told by their first day."""
    answers = []
    for figure in query.figures:
        groups: dict[tuple[Any, ...], list[tuple[Row, date, date]]] = defaultdict(list)
        for record in _records(books, figure):
            row, day, _ = record
            if period is not None and not _lies_in(day, period):
                continue
            if not all(_fulfils(row, each) for each in query.conditions) or not _within(books, row, query):
                continue
            groups[tuple(_start(day, each) if each in TIMES else row[each.value] for each in query.by)].append(record)
        answers.append({key: _tally(books, figure, found) for key, found in groups.items()})
    return answers


def _lies_in(day: date | None, period: Period) -> bool:
    first, last = period.first or date.min, period.last or date.max
    return day is not None and first <= day <= last


def _fulfils(row: Row, condition: Condition) -> bool:
    return (row[condition.dimension.value] in {key for key, _ in condition.values}) is not condition.excluded


def _within(books: Books, row: Row, query: ReportQuery) -> bool:
    if query.least is None:
        return True
    return row["money"] is not None and _worth(books, row, TODAY) >= query.least


def _same(found: Tally, expected: Tally) -> bool:
    """Equal; durations, which the databases take in floating point, to a second a record."""
    seconds = abs(found.days - expected.days) * 86400
    plain = {name: getattr(found, name) == getattr(expected, name) for name in ("count", "amount", "weighted", "won")}
    plain |= {name: getattr(found, name) == getattr(expected, name) for name in ("without_amount", "timed")}
    return all(plain.values()) and seconds <= max(1, expected.timed)


def _key(answer: Answer, line: Any) -> tuple[Any, ...]:
    return tuple(g.start if d in TIMES else g.key for g, d in zip(line.groups, answer.query.by, strict=True))


def _values(books: Books, figure: Figure, dimension: Dimension) -> list[Any]:
    return sorted({row[dimension.value] for row, _, _ in _records(books, figure)} - {None}, key=str)


@st.composite
def _queries(draw: st.DrawFn, books: Books) -> ReportQuery:
    figure = draw(st.sampled_from(_FIGURES))
    allowed = sorted(dimensions_of(figure.measure, figure.deals))
    by = tuple(draw(st.lists(st.sampled_from(allowed), max_size=2, unique=True)))
    by = by if sum(each in TIMES for each in by) < 2 else by[:1]
    conditions = []
    for dimension in draw(st.lists(st.sampled_from([d for d in allowed if d not in TIMES]), max_size=2, unique=True)):
        values = _values(books, figure, dimension)
        if values and not (dimension is Dimension.STATUS and figure.measure is Measure.TICKETS):
            chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True))
            pairs = tuple((value, str(value)) for value in chosen)
            conditions.append(Condition(dimension=dimension, values=pairs, excluded=draw(st.booleans())))
    first = draw(st.dates(date(2024, 1, 1), date(2026, 12, 1)))
    period = draw(
        st.sampled_from([None, YEAR, Period(first=first, last=first + timedelta(days=draw(st.integers(0, 400))))])
    )
    least = draw(st.sampled_from([None, Decimal(15_000)])) if figure.measure.of_deals else None
    return ReportQuery(figures=(figure,), conditions=tuple(conditions), least=least, period=period, by=by)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_figure_is_what_the_records_come_to_and_the_groups_add_up(books: Books, data: st.DataObject) -> None:
    query = data.draw(_queries(books))

    answer = run_query(books.at, query)

    expected = _expected(books, query, query.period)[0]
    whole = sum(expected.values(), Tally())
    assert _same(answer.total.now[0], whole), query.to_text()
    if query.by:
        assert _same(sum((line.now[0] for line in answer.lines), Tally()), whole), query.to_text()
    for line in answer.lines:
        if not any(group.folded for group in line.groups):
            assert _same(line.now[0], expected.get(_key(answer, line), Tally())), (query.to_text(), line.groups)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_other_time_of_a_comparison_is_counted_like_the_first(books: Books, data: st.DataObject) -> None:
    figure = data.draw(st.sampled_from(_FIGURES))
    by = data.draw(st.sampled_from([(), (Dimension.REP,), (Dimension.REGION,)]))
    query = ReportQuery(figures=(figure,), period=YEAR, against=data.draw(st.sampled_from(list(Shift))), by=by)

    answer = run_query(books.at, query)

    assert answer.before is not None
    expected = _expected(books, query, answer.before)[0]
    assert _same(answer.total.before[0], sum(expected.values(), Tally()))
    if by:
        assert _same(sum((line.before[0] for line in answer.lines), Tally()), answer.total.before[0])


@pytest.mark.parametrize(
    ("against", "first", "last"),
    [(Shift.PREVIOUS, date(2025, 1, 1), date(2025, 11, 18)), (Shift.YEAR_BEFORE, date(2025, 1, 1), date(2025, 11, 18))],
)
def test_a_year_that_is_not_over_is_compared_with_as_much_of_the_last(
    books: Books, against: Shift, first: date, last: date
) -> None:
    answer = run_query(books.at, ReportQuery(figures=(Figure(Measure.COUNT, Deals.WON),), period=YEAR, against=against))

    assert answer.before is not None
    assert (answer.before.first, answer.before.last) == (first, last)


def test_the_top_leaves_lines_out_but_not_of_the_total(books: Books) -> None:
    revenue = (Figure(Measure.AMOUNT, Deals.WON),)
    everything = run_query(books.at, ReportQuery(figures=revenue, period=YEAR))

    answer = run_query(books.at, ReportQuery(figures=revenue, period=YEAR, by=(Dimension.ACCOUNT,), top=5))

    expected = _expected(books, ReportQuery(figures=revenue, by=(Dimension.ACCOUNT,)), YEAR)[0]
    largest = sorted(expected.values(), key=lambda tally: -tally.amount)[:5]
    assert [line.now[0].amount for line in answer.lines] == [tally.amount for tally in largest]
    assert answer.total.now[0] == everything.total.now[0]
    assert answer.group_count == len(expected)


def test_attainment_is_what_was_won_by_those_with_a_quota_over_their_quotas(books: Books) -> None:
    quotas = {
        row.user_id: row.amount
        for row in books.at.session.execute(
            text("select user_id, sum(amount) as amount from quota where year = 2025 group by user_id")
        )
    }
    period = Period(first=date(2025, 1, 1), last=date(2025, 12, 31))
    won = _expected(books, ReportQuery(figures=(Figure(Measure.AMOUNT, Deals.WON),), by=(Dimension.REP,)), period)[0]

    answer = run_query(books.at, ReportQuery(figures=(Figure(Measure.ATTAINMENT),), period=period, by=(Dimension.REP,)))

    found = {line.groups[0].key: answer.value(line, 0) for line in answer.lines}
    assert found == {
        user: won.get((user,), Tally()).amount / (Decimal(amount) / 1000) for user, amount in quotas.items()
    }
    by_team = run_query(
        books.at, ReportQuery(figures=(Figure(Measure.ATTAINMENT),), period=period, by=(Dimension.TEAM,))
    )
    assert by_team.total.now == answer.total.now
    by_quarter = ReportQuery(figures=(Figure(Measure.ATTAINMENT),), period=period, by=(Dimension.QUARTER,))
    assert run_query(books.at, by_quarter).total.now == answer.total.now


def test_the_deals_of_a_list_are_those_that_are_counted(books: Books) -> None:
    emea = Condition(dimension=Dimension.REGION, values=(("EMEA", "EMEA"),))
    counted = ReportQuery(figures=(Figure(Measure.COUNT, Deals.WON),), conditions=(emea,), period=YEAR)
    listed = ReportQuery(figures=(Figure(Measure.LIST, Deals.WON),), conditions=(emea,), period=YEAR)

    deals = list_deals(books.at, listed, limit=1_000)

    assert len({deal.id for deal in deals}) == len(deals) == run_query(books.at, counted).total.now[0].count
    worth = [_worth(books, {"money": deal.amount, "currency": deal.currency}, TODAY) for deal in deals if deal.amount]
    assert worth == sorted(worth, reverse=True)


def test_a_query_is_the_same_after_it_was_kept(books: Books) -> None:
    region = Condition(dimension=Dimension.REGION, values=(("EMEA", "EMEA"),), excluded=True)
    query = ReportQuery(
        figures=(Figure(Measure.WIN_RATE, Deals.CLOSED), Figure(Measure.AVERAGE, Deals.WON)),
        conditions=(region,),
        least=Decimal(20_000),
        period=Period(first=date(2026, 7, 1), last=date(2026, 9, 30), said="last quarter"),
        against=Shift.YEAR_BEFORE,
        by=(Dimension.SOURCE, Dimension.MONTH),
        top=5,
        lowest=True,
    )

    assert ReportQuery.from_json(query.to_json()) == query
    assert query.to_text() == (
        "win_rate, average won | amount>=20000 | region!=EMEA | 2026-07-01..2026-09-30 | vs year before"
        " | by source, month | lowest 5"
    )


@pytest.mark.parametrize(
    ("figure", "dimension"),
    [
        (Figure(Measure.COUNT, Deals.WON), Dimension.STAGE),
        (Figure(Measure.COUNT, Deals.OPEN), Dimension.REASON),
        (Figure(Measure.TICKETS), Dimension.SOURCE),
        (Figure(Measure.ATTAINMENT), Dimension.REGION),
    ],
)
def test_what_a_figure_does_not_have_is_refused(figure: Figure, dimension: Dimension) -> None:
    with pytest.raises(CannotCombine):
        ReportQuery(figures=(figure,), period=YEAR, by=(dimension,)).check()


def test_a_comparison_needs_a_period_with_two_ends() -> None:
    query = ReportQuery(figures=(Figure(Measure.COUNT, Deals.WON),), against=Shift.PREVIOUS)
    with pytest.raises(NeedsPeriod):
        query.check()


@pytest.mark.parametrize(
    ("dimension", "column"), [(None, None), (Dimension.SOURCE, "source"), (Dimension.PRODUCT, "product")]
)
def test_the_funnel_is_what_the_histories_of_the_deals_say(
    books: Books, dimension: Dimension | None, column: str | None
) -> None:
    query = ReportQuery(figures=(Figure(Measure.COUNT, Deals.WON),), by=(dimension,) if dimension else ())
    closed = {row["id"]: row for row in books.deals if row["type"] is not StageType.OPEN and row["closed"]}
    stages = {stage.id: stage for stage in books.at.session.scalars(select(Stage))}
    histories: dict[int, list[StageChange]] = defaultdict(list)
    for change in books.at.session.scalars(select(StageChange).order_by(StageChange.at, StageChange.id)):
        histories[change.deal_id].append(change)
    reached: dict[Any, set[int]] = defaultdict(set)
    lost: dict[Any, int] = defaultdict(int)
    days: dict[Any, list[float]] = defaultdict(list)
    for number, row in closed.items():
        for change, following in pairwise(histories[number]):
            key = (row[column] if column else None, change.to_stage_id)
            reached[key].add(number)
            lost[key] += stages[following.to_stage_id].type is StageType.LOST
            days[key].append((following.at - change.at) / timedelta(days=1))

    for funnel in funnels(books.at, query):
        group = funnel.group.key if funnel.group is not None else None
        for each in funnel.stages:
            (stage_id,) = (s.id for s in stages.values() if (s.pipeline_id, s.position) == each.position)
            key = (group, stage_id)
            assert (each.reached, each.lost_here) == (len(reached.pop(key)), min(lost[key], each.reached))
            assert each.days == pytest.approx(sum(days[key]) / len(days[key]), abs=1e-4)
    assert not reached


def test_groups_asked_for_by_name_have_a_line_without_records_and_change_no_total(books: Books) -> None:
    people = {user.name: user.id for user in books.at.session.scalars(select(User))}
    named = Condition(dimension=Dimension.REP, values=tuple((people[n], n) for n in ("Dana Whitfield", "Sam Okafor")))
    query = ReportQuery(
        figures=(Figure(Measure.COUNT, Deals.WON), Figure(Measure.AVERAGE, Deals.WON)),
        conditions=(named,),
        period=YEAR,
        by=(Dimension.REP,),
    )

    answer = run_query(books.at, query)

    found = {line.groups[0].name: [answer.value(line, place) for place in (0, 1)] for line in answer.lines}
    assert found["Sam Okafor"] == [0, None]
    assert found["Dana Whitfield"] == [answer.value(answer.total, 0), answer.value(answer.total, 1)]
