"""Adding up the records of a figure, in the database and exact to the last digit.

The database sums per group, currency and (for deals that are closed and for orders) day; these few sums are converted
at the rates of their days and added. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, case, func, literal, null, select, type_coerce

from crm_store.errors import RateMissing
from crm_store.insights.calendar_buckets import Bucket
from crm_store.insights.deal_sums import deal_thousandths
from crm_store.insights.dialects import DaysBetween, UtcDay
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import Figure, Period, ReportQuery
from crm_store.insights.query.sources import Circumstances, Source, buckets_of, conditions_of, source_of
from crm_store.insights.query.tallies import Key, Tally
from crm_store.models import Activity, Deal, Order, Stage, StageType, Ticket

_MONEY = frozenset({Measure.AMOUNT, Measure.WEIGHTED, Measure.AVERAGE, Measure.ORDER_VALUE, Measure.AVERAGE_ORDER})
_EXACT = Context(prec=60)
_none: ColumnElement[Any] = null()
_zero: ColumnElement[int] = literal(0)


def collect(
    at: Circumstances, query: ReportQuery, figure: Figure, *, by: Sequence[Dimension], period: Period | None
) -> tuple[dict[Key, Tally], tuple[Bucket, ...]]:
    """The tallies of a figure in a period by groups, and the stretches of time whose indexes are keys among them."""
    source = source_of(figure, query)
    where = conditions_of(at, source, figure, query, period)
    time = next((each for each in by if each.unit is not None), None)
    buckets = buckets_of(at, source, where, time, period) if time is not None else ()
    keys: list[ColumnElement[Any]] = [
        source.key(each, buckets, at.zone).label(f"key_{place}") for place, each in enumerate(by)
    ]
    currency, day, amounts = _money(at, figure)
    columns = [*keys, currency.label("currency"), day.label("rate_day")]
    statement = select(*columns, *amounts, *_durations(at, figure, source)).select_from(source.record)
    if figure.measure is Measure.WEIGHTED:
        statement = statement.join(Stage, Stage.id == Deal.stage_id)
    for target, condition in source.joined.values():
        statement = statement.outerjoin(target, condition)
    # Grouped by their labels: PostgreSQL does not see that two expressions with the same bound values are the same.
    grouping = [each.name for each in columns if each.name.startswith("key_") or figure.measure in _MONEY]
    tallies: dict[Key, Tally] = {}
    known: dict[tuple[str, date], Decimal | None] = {}
    for row in at.session.execute(statement.where(*where).group_by(*grouping)):
        *key, code, rate_day, count, priced, amount, weighted, won, days, timed = row
        if code is not None and (code, rate_day) not in known:
            known[code, rate_day] = _rate(at, code, rate_day or at.today)
        rate = known[code, rate_day] if code is not None else Decimal(1)
        part = Tally(
            count=count,
            amount=_EXACT.multiply(Decimal(int(amount)).scaleb(-3), rate or Decimal(0)),
            weighted=_EXACT.multiply(Decimal(int(weighted)).scaleb(-5), rate or Decimal(0)),
            without_amount=count - priced,
            without_rate=priced if rate is None else 0,
            won=won,
            days=Decimal(str(days or 0)),
            timed=timed,
        )
        tallies[tuple(key)] = tallies[tuple(key)] + part if tuple(key) in tallies else part
    return tallies, buckets


def _money(at: Circumstances, figure: Figure) -> tuple[SQLColumnExpression[Any], ColumnElement[Any], list[Any]]:
    """The currency, the day of the rate (NULL for today's) and the sums, nothing where no amounts are asked for."""
    record = source_record(figure)
    count = func.count(record.id)
    if figure.measure not in _MONEY:
        return _none, _none, [count, count, _zero, _zero]
    home = at.rates.company_currency
    if figure.measure.subject is Subject.ORDERS:
        at_placing: ColumnElement[Any] = case((Order.currency != home, UtcDay(Order.placed_at)), else_=None)
        return Order.currency, at_placing, [count, count, _sum(type_coerce(Order.total, BigInteger)), _zero]
    dated = figure.deals in {Deals.WON, Deals.LOST, Deals.CLOSED}
    foreign: ColumnElement[Any] = case((Deal.currency != home, UtcDay(Deal.closed_at)), else_=None) if dated else _none
    weighted = _sum(deal_thousandths * Stage.probability) if figure.measure is Measure.WEIGHTED else _zero
    return Deal.currency, foreign, [count, func.count(Deal.amount), _sum(deal_thousandths), weighted]


def _durations(at: Circumstances, figure: Figure, source: Source) -> list[Any]:
    """How many are won, the sum of days and of how many records it is."""
    match figure.measure:
        case Measure.WIN_RATE:
            won = at.session.scalars(select(Stage.id).where(Stage.type == StageType.WON)).all()
            return [func.count(case((Deal.stage_id.in_(won), 1))), _zero, _zero]
        case Measure.CYCLE:
            return [_zero, func.sum(DaysBetween(Deal.created_at, Deal.closed_at)), func.count(Deal.closed_at)]
        case Measure.FIRST_RESPONSE:
            until = Ticket.first_response_at
        case Measure.RESOLUTION:
            until = Ticket.solved_at
        case _:
            return [_zero, _zero, _zero]
    return [_zero, func.sum(DaysBetween(Ticket.created_at, until)), func.count(until)]


def source_record(figure: Figure) -> type[Deal] | type[Activity] | type[Ticket] | type[Order]:
    """The mapped class of a figure's records."""
    match figure.measure.subject:
        case Subject.ACTIVITIES:
            return Activity
        case Subject.TICKETS:
            return Ticket
        case Subject.ORDERS:
            return Order
    return Deal


def _sum(expression: Any) -> ColumnElement[Any]:
    return func.coalesce(func.sum(expression), 0)


def _rate(at: Circumstances, currency: str, on: date) -> Decimal | None:
    if currency == at.rates.company_currency:
        return Decimal(1)
    try:
        return at.rates.rate(currency, on)
    except RateMissing:
        return None
