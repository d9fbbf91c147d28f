"""What the deals of a report are grouped by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, FromClause, SQLColumnExpression, func, select, type_coerce
from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import Bucket, CalendarUnit
from crm_store.models import Account, Deal, DealLine, Product, Stage, Team, User


class Grouping(StrEnum):
    """What deals can be grouped by. PRODUCT is the one with the largest share of the deal's lines."""

    STAGE = "stage"
    REP = "rep"
    TEAM = "team"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    SOURCE = "source"
    PRODUCT = "product"
    ACCOUNT = "account"
    REASON = "reason"

    @property
    def unit(self) -> CalendarUnit | None:
        """The calendar's unit, for the groupings by time."""
        return cast(CalendarUnit, self.value) if self in _BY_TIME else None


_BY_TIME = frozenset({Grouping.MONTH, Grouping.QUARTER, Grouping.YEAR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group. ``name`` is None for the deals without one; ``start`` is a time group's first day; groups of stages
    and of times come in their own ``order``, others by size.
    """

    name: str | None = None
    start: date | None = None
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKey:
    """What a query groups by, and the tables it needs for it (outer joined)."""

    expression: SQLColumnExpression[Any]
    joined: tuple[tuple[FromClause | type[Any], ColumnElement[bool]], ...] = ()


def group_key(grouping: Grouping, *, time_bucket: SQLColumnExpression[Any] | None = None) -> GroupKey:
    """The key of a grouping; those by time are given as the bucket's index."""
    match grouping:
        case Grouping.STAGE:
            return GroupKey(expression=Deal.stage_id)
        case Grouping.REP:
            return GroupKey(expression=Deal.owner_id)
        case Grouping.TEAM:
            return GroupKey(expression=User.team_id, joined=((User, User.id == Deal.owner_id),))
        case Grouping.SOURCE:
            return GroupKey(expression=Deal.source)
        case Grouping.REASON:
            return GroupKey(expression=Deal.lost_reason)
        case Grouping.ACCOUNT:
            return GroupKey(expression=Deal.account_id)
        case Grouping.PRODUCT:
            main = _main_products()
            return GroupKey(expression=main.c.product_id, joined=((main, main.c.deal_id == Deal.id),))
        case Grouping.MONTH | Grouping.QUARTER | Grouping.YEAR:
            if time_bucket is None:
                raise ValueError(f"{grouping} needs its buckets")
            return GroupKey(expression=time_bucket)


def _main_products() -> FromClause:
    share = type_coerce(DealLine.unit_price, BigInteger) * DealLine.quantity
    rank = func.row_number().over(partition_by=DealLine.deal_id, order_by=(share.desc(), DealLine.id))
    ranked = select(DealLine.deal_id, DealLine.product_id, rank.label("place")).subquery()
    return select(ranked.c.deal_id, ranked.c.product_id).where(ranked.c.place == 1).subquery()


def groups_of(
    session: Session, grouping: Grouping, keys: Iterable[Any], *, buckets: Sequence[Bucket] = ()
) -> dict[Any, Group]:
    """The groups the keys of a query stand for."""
    wanted = {key for key in keys if key is not None}
    groups: dict[Any, Group] = {None: Group(order=10**9)}
    match grouping:
        case Grouping.STAGE:
            rows = session.execute(
                select(Stage.id, Stage.name).where(Stage.id.in_(wanted)).order_by(Stage.pipeline_id, Stage.position)
            )
            groups |= {key: Group(name=name, order=place) for place, (key, name) in enumerate(rows)}
        case Grouping.SOURCE | Grouping.REASON:
            groups |= {key: Group(name=str(key)) for key in wanted}
        case Grouping.MONTH | Grouping.QUARTER | Grouping.YEAR:
            # Units nothing falls in are shown too: a gap in a row of months misleads.
            groups |= {index: Group(start=bucket.start, order=index) for index, bucket in enumerate(buckets)}
        case _:
            groups |= {key: Group(name=name) for key, name in _names(session, _NAMED[grouping], wanted)}
    return groups


_NAMED: dict[Grouping, type[User] | type[Team] | type[Product] | type[Account]] = {
    Grouping.REP: User,
    Grouping.TEAM: Team,
    Grouping.PRODUCT: Product,
    Grouping.ACCOUNT: Account,
}
_AT_ONCE = 5_000


def _names(
    session: Session, named: type[User] | type[Team] | type[Product] | type[Account], wanted: set[int]
) -> Iterable[tuple[int, str]]:
    ids = sorted(wanted)
    for index in range(0, len(ids), _AT_ONCE):
        part = ids[index : index + _AT_ONCE]
        yield from session.execute(select(named.id, named.name).where(named.id.in_(part))).tuples()
