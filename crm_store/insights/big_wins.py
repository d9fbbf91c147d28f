"""Big deals that were won lately: news for the whole team."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from crm_store.models import Deal, Stage, StageType
from crm_store.rates import Rates

BIG_DEAL = Decimal(100_000)
"""From this amount (company currency) a won deal is told to the whole team."""
_NEWS = timedelta(days=2)


def big_wins(session: Session, rates: Rates, *, now: datetime, today: date) -> Iterator[Deal]:
    """Big deals won within the last two days, the first first. Deals in a currency without a rate are left out."""
    query = select(Deal).join(Deal.stage).where(Stage.type == StageType.WON, Deal.closed_at >= now - _NEWS)
    together = joinedload(Deal.owner), joinedload(Deal.account)
    for deal in session.scalars(query.options(*together).order_by(Deal.closed_at, Deal.id)):
        money = deal.money
        if money is not None and rates.total([(money, today)]).money.amount >= BIG_DEAL:
            yield deal
