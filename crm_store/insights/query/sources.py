"""Where the layer of meaning finds things in the tables: the records, their dates, owners, customers and groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    SQLColumnExpression,
    and_,
    false,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import Bucket, buckets_between, day_bucket, instant_bucket, midnight
from crm_store.insights.commission import CommissionPlan
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import Condition, Figure, Period, ReportQuery
from crm_store.insights.selection import DealSelection, in_period, in_stages, rates_today
from crm_store.models import (
    Account,
    Activity,
    Address,
    Deal,
    DealLine,
    Order,
    OrderLine,
    StageType,
    Ticket,
    TicketStatus,
    User,
)
from crm_store.rates import Rates

_THOUSAND = 1000
_SOLVED = (TicketStatus.SOLVED, TicketStatus.CLOSED)
_STAGES: dict[Deals, tuple[StageType, ...]] = {
    Deals.OPEN: (StageType.OPEN,),
    Deals.WON: (StageType.WON,),
    Deals.LOST: (StageType.LOST,),
    Deals.CLOSED: (StageType.WON, StageType.LOST),
    Deals.NEW: (),
}
# The tables and not the mapped classes: the rule of access is applied once, to the records themselves.
_customers = Account.__table__.alias("customer")
_sellers = User.__table__.alias("seller")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Where, when, at which rates and under which commission plans a report is made. ``zone``: where days begin."""

    session: Session
    rates: Rates
    zone: ZoneInfo
    today: date
    plans: tuple[CommissionPlan, ...] = ()


@dataclass(slots=True)
class Source:
    """The records of a figure in SQL. ``joined`` collects the tables that conditions and groups turned out to need."""

    record: type[Deal] | type[Activity] | type[Ticket] | type[Order]
    owner: SQLColumnExpression[Any]
    when: SQLColumnExpression[Any]
    """The date the period is about; a calendar day for open deals, else an instant."""
    by_day: bool = False
    joined: dict[str, tuple[FromClause, ColumnElement[bool]]] = field(default_factory=dict)

    @property
    def account_id(self) -> SQLColumnExpression[Any]:
        """The customer's number."""
        return self.record.account_id

    def key(self, dimension: Dimension, buckets: tuple[Bucket, ...], zone: ZoneInfo) -> SQLColumnExpression[Any]:
        """What tells the groups of a dimension apart: a name, a number, or the index of a stretch of time."""
        if dimension.unit is not None:
            return day_bucket(self.when, buckets) if self.by_day else instant_bucket(self.when, buckets, zone)
        match dimension:
            case Dimension.REP:
                if self.record is Order:
                    self._join_customers()
                return self.owner
            case Dimension.TEAM:
                if self.record is Order:
                    self._join_customers()
                self.joined["sellers"] = (_sellers, _sellers.c.id == self.owner)
                return _sellers.c.team_id
            case Dimension.INDUSTRY | Dimension.REGION:
                self._join_customers()
                return _customers.c[dimension.value]
            case Dimension.COUNTRY:
                return _first_country(self.account_id)
            case Dimension.ACCOUNT:
                return self.account_id
            case Dimension.PRODUCT:
                return main_product(self.record)
        return _COLUMNS[self.record, dimension]

    def _join_customers(self) -> None:
        self.joined["customers"] = (_customers, _customers.c.id == self.account_id)


_COLUMNS: dict[tuple[type[Any], Dimension], SQLColumnExpression[Any]] = {
    (Deal, Dimension.STAGE): Deal.stage_id,
    (Deal, Dimension.SOURCE): Deal.source,
    (Deal, Dimension.REASON): Deal.lost_reason,
    (Deal, Dimension.CURRENCY): Deal.currency,
    (Order, Dimension.CURRENCY): Order.currency,
    (Order, Dimension.STATUS): Order.status,
    (Activity, Dimension.KIND): Activity.activity_kind,
    (Ticket, Dimension.CATEGORY): Ticket.category,
    (Ticket, Dimension.PRIORITY): Ticket.priority,
    (Ticket, Dimension.STATUS): Ticket.status,
}


def source_of(figure: Figure, query: ReportQuery) -> Source:
    """The records of a figure; of tickets that are solved the day they were, else the day they were opened."""
    match figure.measure.subject:
        case Subject.ACTIVITIES:
            return Source(Activity, Activity.owner_id, Activity.at)
        case Subject.ORDERS:
            return Source(Order, _customers.c.owner_id, Order.placed_at)
        case Subject.TICKETS:
            return Source(
                Ticket, Ticket.assignee_id, Ticket.solved_at if is_of_solved(figure, query) else Ticket.created_at
            )
    match figure.deals:
        case Deals.OPEN:
            return Source(Deal, Deal.owner_id, Deal.close_date, by_day=True)
        case Deals.NEW:
            return Source(Deal, Deal.owner_id, Deal.created_at)
    return Source(Deal, Deal.owner_id, Deal.closed_at)


def is_of_solved(figure: Figure, query: ReportQuery) -> bool:
    """Whether a figure of tickets is about the time they were solved."""
    status = query.condition_on(Dimension.STATUS)
    asked = status is not None and not status.excluded and {key for key, _ in status.values} <= set(_SOLVED)
    return figure.measure is Measure.RESOLUTION or asked


def conditions_of(
    at: Circumstances, source: Source, figure: Figure, query: ReportQuery, period: Period | None
) -> list[ColumnElement[bool]]:
    """All conditions on the records of a figure in a period."""
    where = [*_population(at, figure, query), *_in_period(at, source, period)]
    where += [_holds(source, condition, at.zone) for condition in query.conditions]
    if query.least is not None or query.most is not None:
        where += _within_bounds(at, figure, query.least, query.most)
    return where


def buckets_of(
    at: Circumstances, source: Source, where: Iterable[ColumnElement[bool]], dimension: Dimension, period: Period | None
) -> tuple[Bucket, ...]:
    """The stretches of time a dimension has: those of the period up to today, else those there are records in."""
    unit = dimension.unit
    if unit is None:
        return ()
    first = period.first if period is not None else None
    last = period.last if period is not None else None
    if first is None or last is None or source.by_day:
        query = select(func.min(source.when), func.max(source.when)).select_from(source.record)
        for target, condition in source.joined.values():
            query = query.outerjoin(target, condition)
        earliest, latest = at.session.execute(query.where(*where)).one()
        if earliest is None:
            return ()
        if not source.by_day:
            earliest, latest = earliest.astimezone(at.zone).date(), latest.astimezone(at.zone).date()
        return buckets_between(first or earliest, latest if source.by_day else last or latest, unit)
    return buckets_between(first, max(first, min(last, at.today)), unit)


def main_product(record: type[Any]) -> ColumnElement[Any]:
    """The product with the largest share of a deal's or an order's lines."""
    lines = (OrderLine if record is Order else DealLine).__table__.alias("line").c
    share = type_coerce(lines.unit_price, BigInteger) * lines.quantity
    of_record = (lines.order_id if record is Order else lines.deal_id) == record.id
    chosen = select(lines.product_id).where(of_record).order_by(share.desc(), lines.id).limit(1)
    return chosen.correlate(record).scalar_subquery()


def _first_country(account_id: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    addresses = Address.__table__.alias("place").c
    return (
        select(addresses.country)
        .where(addresses.account_id == account_id)
        .order_by(addresses.id)
        .limit(1)
        .correlate(Deal, Activity, Ticket, Order)
        .scalar_subquery()
    )


def _population(at: Circumstances, figure: Figure, query: ReportQuery) -> list[ColumnElement[bool]]:
    if figure.deals is not None and _STAGES[figure.deals]:
        found = [in_stages(at.session, *_STAGES[figure.deals])]
        return [*found, Deal.closed_at.is_not(None)] if figure.deals is not Deals.OPEN else found
    if figure.measure is Measure.FIRST_RESPONSE:
        return [Ticket.first_response_at.is_not(None)]
    if figure.measure.subject is Subject.TICKETS and is_of_solved(figure, query):
        return [Ticket.solved_at.is_not(None)]
    return []


def _in_period(at: Circumstances, source: Source, period: Period | None) -> list[ColumnElement[bool]]:
    if period is None:
        return []
    first, end = period.first, date.fromordinal(period.last.toordinal() + 1) if period.last is not None else None
    if source.by_day:
        bounds = [source.when >= first] if first is not None else []
        return [*bounds, source.when < end] if end is not None else bounds
    start = midnight(first, at.zone) if first is not None else None
    stop = midnight(end, at.zone) if end is not None else None
    if source.record is Deal:
        return in_period(Deal.closed_at if source.when is Deal.closed_at else Deal.created_at, start, stop)
    bounds = [source.when >= start] if start is not None else []
    return [*bounds, source.when < stop] if stop is not None else bounds


def _holds(source: Source, condition: Condition, zone: ZoneInfo) -> ColumnElement[bool]:
    key = source.key(condition.dimension, (), zone)
    values = [value for value, _ in condition.values]
    if condition.excluded:
        return or_(key.not_in(values), key.is_(None))
    return key.in_(values)


def _within_bounds(
    at: Circumstances, figure: Figure, least: Decimal | None, most: Decimal | None
) -> list[ColumnElement[bool]]:
    if figure.measure.subject is Subject.DEALS:
        return DealSelection(least=least, most=most).conditions(at.session, at.rates, today=at.today)
    if figure.measure.subject is not Subject.ORDERS:
        return [false()]
    worth = type_coerce(Order.total, BigInteger)
    alternatives: list[ColumnElement[bool]] = []
    for currency, rate in rates_today(at.rates, at.today).items():
        bounds: list[ColumnElement[bool]] = [Order.currency == currency]
        if least is not None:
            bounds.append(worth * float(rate) >= int(least * _THOUSAND))
        if most is not None:
            bounds.append(worth * float(rate) <= int(most * _THOUSAND))
        alternatives.append(and_(*bounds))
    return [or_(*alternatives)]
