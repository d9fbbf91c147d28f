"""Customers about to leave: whose risk is high, why, and what to do about it.

Where the risk comes from is behind ``ChurnScores``: ``KeptScores`` are those of the last scoring, whose model was
judged on the store's own history. Until there is one, ``RecencyScores`` is used: a customer who used to order
at regular intervals and is well past the next one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.insights.scoring.runs import current_run, model_of
from crm_store.models import Account, AccountScore, Order, OrderStatus, ScoreTask

THRESHOLD = 0.7
_LEAST_ORDERS = 4
_LEAST_GAP = timedelta(days=7)
_LOST_AFTER = timedelta(days=540)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnRisk:
    """A customer's risk of leaving, 0 to 1. ``news`` changes when the risk has come about anew, not from day to day.

    ``days_quiet`` and ``usual_days`` are the reason: how long ago they last ordered, and how often they used to.
    """

    account_id: int
    owner_id: int
    score: float
    news: str
    since: datetime
    days_quiet: int
    usual_days: int


class ChurnScores(Protocol):
    """Something that knows how likely customers are to leave. Deterministic for one state of the store and moment."""

    def risks(self, session: Session, *, now: datetime) -> Iterable[ChurnRisk]:
        """The risks of all customers the session shows that have an owner."""
        ...


class RecencyScores:
    """Risk from the time since the last order, compared with the customer's own usual gap between orders.

    The score is 0 up to one usual (median) gap, 0.5 at two, and nears 1: ``1 - gap / quiet`` of the time beyond it. A
    customer with fewer than four orders has no usual gap; one who has been away for a year and a half has left.
    """

    def risks(self, session: Session, *, now: datetime) -> Iterator[ChurnRisk]:
        """See ``ChurnScores``."""
        placed: defaultdict[tuple[int, int], list[tuple[datetime, str]]] = defaultdict(list)
        query = (
            select(Order.account_id, Account.owner_id, Order.placed_at, Order.number)
            .join(Account, Account.id == Order.account_id)
            .where(Order.status != OrderStatus.CANCELLED, Account.owner_id.is_not(None), Order.placed_at <= now)
            .order_by(Order.placed_at)
        )
        for account_id, owner_id, at, number in session.execute(query):
            if owner_id is not None:
                placed[account_id, owner_id].append((at, number))
        for (account_id, owner_id), orders in placed.items():
            if len(orders) >= _LEAST_ORDERS:
                yield _risk(account_id, owner_id, orders, now)


class KeptScores:
    """The risks of the last scoring; those of ``RecencyScores`` while no model may be shown.

    A risk is told again when the customer has ordered in between.
    """

    def __init__(self, without: ChurnScores | None = None) -> None:
        self._without = without or RecencyScores()

    def risks(self, session: Session, *, now: datetime) -> Iterator[ChurnRisk]:
        """See ``ChurnScores``."""
        run = current_run(session)
        if run is None or not model_of(session, run, ScoreTask.CHURN).shown:
            yield from self._without.risks(session, now=now)
            return
        query = (
            select(AccountScore, Account.owner_id)
            .join(Account, Account.id == AccountScore.account_id)
            .where(AccountScore.run_id == run.id, AccountScore.churn.is_not(None), Account.owner_id.is_not(None))
            .order_by(AccountScore.account_id)
        )
        for score, owner_id in session.execute(query):
            if owner_id is None or score.last_order_on is None or score.churn is None:
                continue
            last = datetime.combine(score.last_order_on, time(), UTC)
            yield ChurnRisk(
                account_id=score.account_id,
                owner_id=owner_id,
                score=score.churn,
                news=score.last_order_on.isoformat(),
                since=last,
                days_quiet=(now - last).days,
                usual_days=score.usual_days or 0,
            )


def _risk(account_id: int, owner_id: int, orders: list[tuple[datetime, str]], now: datetime) -> ChurnRisk:
    times = [at for at, _ in orders]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    gap = max(_LEAST_GAP, sorted(gaps)[len(gaps) // 2])
    quiet = now - times[-1]
    score = 0.0 if quiet <= gap or quiet > _LOST_AFTER else 1 - gap / quiet
    return ChurnRisk(
        account_id=account_id,
        owner_id=owner_id,
        score=score,
        news=orders[-1][1],
        since=times[-1] + gap,
        days_quiet=quiet.days,
        usual_days=gap.days,
    )
