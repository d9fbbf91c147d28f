"""Quotas of any period, from the calendar quarters they are set for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.insights.calendar_buckets import buckets_between
from crm_store.models import Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """Quotas by user, in the company's currency. ``prorated``: a quarter counts only in part, by its days.

    ``incomplete`` are the users who have no quota for some of the quarters.
    """

    by_user: dict[int, Decimal]
    prorated: bool
    incomplete: frozenset[int]

    @property
    def total(self) -> Decimal:
        """All of them together."""
        return sum(self.by_user.values(), Decimal(0))


def quotas_of(session: Session, first_day: date, last_day: date, *, owner_ids: Collection[int] | None = None) -> Quotas:
    """The visible quotas of the days from ``first_day`` to ``last_day``; a part of a quarter takes that part of it."""
    end = last_day + timedelta(days=1)
    quarters = buckets_between(first_day, last_day, "quarter")
    shares = {
        (quarter.start.year, (quarter.start.month + 2) // 3): Decimal(
            (min(end, quarter.end) - max(first_day, quarter.start)).days
        )
        / (quarter.end - quarter.start).days
        for quarter in quarters
    }
    query = select(Quota.user_id, Quota.year, Quota.quarter, Quota.amount).where(
        Quota.year.between(first_day.year, last_day.year)
    )
    if owner_ids is not None:
        query = query.where(Quota.user_id.in_(sorted(owner_ids)))
    by_user: dict[int, Decimal] = {}
    known: dict[int, int] = {}
    for user_id, year, quarter, amount in session.execute(query):
        share = shares.get((year, quarter))
        if share is not None:
            by_user[user_id] = by_user.get(user_id, Decimal(0)) + amount * share
            known[user_id] = known.get(user_id, 0) + 1
    return Quotas(
        by_user=by_user,
        prorated=any(share != 1 for share in shares.values()),
        incomplete=frozenset(user_id for user_id, count in known.items() if count < len(quarters)),
    )


def share_elapsed(start: datetime, end: datetime, now: datetime) -> float:
    """How much of a period is over, from 0 to 1."""
    return min(1.0, max(0.0, (now - start) / (end - start)))
