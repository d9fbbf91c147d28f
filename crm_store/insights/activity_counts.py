"""How many calls, e-mails, meetings and notes there were, by whom and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import Bucket, instant_bucket
from crm_store.models import Activity, ActivityKind

Counts = dict[ActivityKind, int]


def activities_between(
    start: datetime | None,
    end: datetime | None,
    *,
    owner_ids: frozenset[int] | None,
    kinds: frozenset[ActivityKind] | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions for the activities of these users from ``start`` up to ``end``; None means any."""
    where: list[ColumnElement[bool]] = []
    if start is not None:
        where.append(Activity.at >= start)
    if end is not None:
        where.append(Activity.at < end)
    if owner_ids is not None:
        where.append(Activity.owner_id.in_(sorted(owner_ids)))
    if kinds is not None:
        where.append(Activity.activity_kind.in_(sorted(kinds)))
    return where


def count_by_owner(session: Session, where: Sequence[ColumnElement[bool]]) -> dict[int, Counts]:
    """How many activities of each kind each user had; users without any are not in it."""
    return _count(session, where, Activity.owner_id)


def count_by_time(
    session: Session, where: Sequence[ColumnElement[bool]], buckets: Sequence[Bucket], zone: ZoneInfo
) -> dict[int, Counts]:
    """How many of each kind there were in each bucket (by its index), on the clocks of ``zone``."""
    return _count(session, where, instant_bucket(Activity.at, buckets, zone))


def _count(session: Session, where: Sequence[ColumnElement[bool]], by: SQLColumnExpression[Any]) -> dict[int, Counts]:
    counts: dict[int, Counts] = {}
    key: ColumnElement[Any] = by.label("group_key")
    rows = session.execute(
        select(key, Activity.activity_kind, func.count(Activity.id))
        .where(*where)
        .group_by("group_key", Activity.activity_kind)
    )
    for value, kind, count in rows:
        counts.setdefault(value, {})[kind] = count
    return counts
