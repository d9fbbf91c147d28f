"""What the deals of a report are grouped by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any, TypeVar, cast

from sqlalchemy import BigInteger, ColumnElement, FromClause, SQLColumnExpression, select, type_coerce
from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import Bucket, CalendarUnit
from crm_store.models import Account, Deal, DealLine, Product, Stage, Team, User

S = TypeVar("S")


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
    """One group. ``name`` is None for the deals without one; ``start`` is a time group's first day.

    Groups of stages and of times come in their own ``order``, others by size. ``folded``: it stands for so many groups.
    """

    name: str | None = None
    start: date | None = None
    order: int = 0
    folded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKey:
    """What a query groups by, and the tables it needs for it (outer joined)."""

    expression: SQLColumnExpression[Any]
    joined: tuple[tuple[FromClause | type[Any], ColumnElement[bool]], ...] = ()


FOLDED = "folded"
"""The key of the group that stands for several."""

_LAST = 10**9


def group_key(grouping: Grouping, *, time_bucket: SQLColumnExpression[Any] | None = None) -> GroupKey:
    """The key of a grouping; one by time is given as the bucket's index."""
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
            return GroupKey(expression=_main_product())
        case Grouping.MONTH | Grouping.QUARTER | Grouping.YEAR:
            if time_bucket is None:
                raise ValueError(f"{grouping} needs its buckets")
            return GroupKey(expression=time_bucket)


def _main_product() -> ColumnElement[Any]:
    # Deal by deal: with a ranking of all lines as a table of its own, SQLite may take minutes to join it. The table,
    # not the mapped class, whose rule of access would look up every visible deal once more.
    lines = DealLine.__table__.alias("line").c
    share = type_coerce(lines.unit_price, BigInteger) * lines.quantity
    of_deal = select(lines.product_id).where(lines.deal_id == Deal.id)
    return of_deal.order_by(share.desc(), lines.id).limit(1).correlate(Deal).scalar_subquery()


def fold_smallest(
    sums: dict[Any, S], grouping: Grouping, *, top: int | None, size: Callable[[S], Any]
) -> tuple[dict[Any, S], int]:
    """The sums with all but the ``top`` largest groups added up under FOLDED, and how many these are.

    Stages and times are never folded, nor are the deals without a group.
    """
    named = [key for key in sums if key is not None]
    if top is None or len(named) <= top or grouping.unit is not None or grouping is Grouping.STAGE:
        return sums, 0
    named.sort(key=lambda key: size(sums[key]), reverse=True)
    rest = [sums[key] for key in named[top:]]
    kept = {key: sums[key] for key in [*named[:top], *({None} & sums.keys())]}
    return {**kept, FOLDED: reduce(add, rest)}, len(rest)


def groups_of(
    session: Session, grouping: Grouping, keys: Iterable[Any], *, buckets: Sequence[Bucket] = (), folded: int = 0
) -> dict[Any, Group]:
    """The groups the keys of a query stand for."""
    present = set(keys)
    wanted = present - {None, FOLDED}
    groups: dict[Any, Group] = {}
    if None in present:
        groups[None] = Group(order=_LAST)
    if FOLDED in present:
        groups[FOLDED] = Group(order=_LAST - 1, folded=folded)
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
        yield from session.execute(select(named.id, named.name).where(named.id.in_(part)))
