"""The groups of a report by name, in the order people expect, the many small ones put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import Bucket
from crm_store.insights.query.layer import Dimension
from crm_store.models import Account, OrderStatus, Product, Stage, Team, TicketPriority, TicketStatus, User

FOLDED = "\0folded"
"""The key of the group that stands for several."""

_LAST = 10**9
_AT_ONCE = 5_000
_NAMED: dict[Dimension, type[User] | type[Team] | type[Product] | type[Account]] = {
    Dimension.REP: User,
    Dimension.TEAM: Team,
    Dimension.PRODUCT: Product,
    Dimension.ACCOUNT: Account,
}
_RANKS = {
    Dimension.PRIORITY: [each.value for each in TicketPriority],
    Dimension.STATUS: [*(each.value for each in OrderStatus), *(each.value for each in TicketStatus)],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryGroup:
    """One group of a dimension. ``name`` is None for records without one; ``start`` is a time's first day.

    ``order`` is its place among groups that have one; ``folded``: it stands for so many groups.
    """

    key: Any
    name: str | None = None
    start: date | None = None
    order: int = 0
    folded: int = 0


def groups_named(
    session: Session, dimension: Dimension, keys: Iterable[Any], *, buckets: Sequence[Bucket] = (), folded: int = 0
) -> dict[Any, QueryGroup]:
    """The groups that keys stand for; of times all there are, for a gap in a row of months misleads."""
    present = set(keys)
    wanted = present - {None, FOLDED}
    groups: dict[Any, QueryGroup] = {}
    if None in present:
        groups[None] = QueryGroup(key=None, order=_LAST)
    if FOLDED in present:
        groups[FOLDED] = QueryGroup(key=FOLDED, order=_LAST - 1, folded=folded)
    if dimension.unit is not None:
        spans = enumerate(buckets)
        return groups | {i: QueryGroup(key=i, start=bucket.start, order=i) for i, bucket in spans}
    if dimension is Dimension.STAGE:
        rows = session.execute(
            select(Stage.id, Stage.name).where(Stage.id.in_(wanted)).order_by(Stage.pipeline_id, Stage.position)
        )
        return groups | {key: QueryGroup(key=key, name=name, order=n) for n, (key, name) in enumerate(rows)}
    if dimension in _NAMED:
        named = dict(_names(session, _NAMED[dimension], wanted))
        return groups | {key: QueryGroup(key=key, name=named.get(key)) for key in wanted}
    ranks = _RANKS.get(dimension, [])
    return groups | {
        key: QueryGroup(key=key, name=str(key), order=ranks.index(str(key)) if str(key) in ranks else 0)
        for key in wanted
    }


def _names(
    session: Session, named: type[User] | type[Team] | type[Product] | type[Account], wanted: set[int]
) -> Iterable[tuple[int, str]]:
    ids = sorted(wanted)
    # The table: the owner of a deal one may see has a name, also when they have left.
    table = named.__table__.c
    for index in range(0, len(ids), _AT_ONCE):
        yield from session.execute(select(table.id, table.name).where(table.id.in_(ids[index : index + _AT_ONCE])))
