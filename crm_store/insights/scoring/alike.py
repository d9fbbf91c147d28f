"""Customers like one: who bought the same, and what they have that it has not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crm_store.models import Account, AccountScore, Order, OrderLine, OrderStatus, Product, ScoringRun

_CANDIDATES = 200
_SAME_INDUSTRY, _SAME_REGION, _SAME_SEGMENT = 0.2, 0.1, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeCustomer:
    """A customer and what it has in common: products both bought, of all either bought, and what else is the same.

    ``likeness`` is common / either, plus 0.2 for the same industry and 0.1 each for the same region and segment.
    """

    account: Account
    likeness: float
    common: int
    either: int
    same_industry: bool
    same_region: bool
    more: tuple[str, ...]


def customers_like(session: Session, run: ScoringRun, account: Account, *, limit: int) -> list[AlikeCustomer]:
    """The most alike first; empty when the customer bought nothing or nobody bought any of it."""
    own = set(session.scalars(_products(account.id)))
    if not own:
        return []
    shared = func.count(OrderLine.product_id.distinct())
    rows = session.execute(
        select(Order.account_id, shared)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.product_id.in_(sorted(own)), Order.status != OrderStatus.CANCELLED)
        .where(Order.account_id != account.id)
        .group_by(Order.account_id)
        .order_by(shared.desc(), Order.account_id)
        .limit(_CANDIDATES)
    ).all()
    common = {row[0]: row[1] for row in rows}
    bought = _bought_by(session, list(common))
    segments = {
        row[0]: row[1]
        for row in session.execute(
            select(AccountScore.account_id, AccountScore.segment).where(
                AccountScore.run_id == run.id, AccountScore.account_id.in_([account.id, *common])
            )
        )
    }
    names = {row[0]: row[1] for row in session.execute(select(Product.id, Product.name))}
    found = []
    for other in session.scalars(select(Account).where(Account.id.in_(list(common)))):
        theirs = bought[other.id]
        either = len(own | theirs)
        industry = other.industry is not None and other.industry == account.industry
        region = other.region is not None and other.region == account.region
        likeness = common[other.id] / either + _SAME_INDUSTRY * industry + _SAME_REGION * region
        likeness += _SAME_SEGMENT * (segments.get(other.id) == segments.get(account.id))
        more = tuple(sorted(names[product] for product in theirs - own if product in names))
        found.append(
            AlikeCustomer(
                account=other,
                likeness=likeness,
                common=common[other.id],
                either=either,
                same_industry=industry,
                same_region=region,
                more=more,
            )
        )
    return sorted(found, key=lambda each: (-each.likeness, each.account.id))[:limit]


def _products(account_id: int) -> Select[int]:
    return (
        select(OrderLine.product_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.account_id == account_id, Order.status != OrderStatus.CANCELLED)
        .distinct()
    )


def _bought_by(session: Session, accounts: list[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {each: set() for each in accounts}
    rows = session.execute(
        select(Order.account_id, OrderLine.product_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.account_id.in_(accounts), Order.status != OrderStatus.CANCELLED)
        .distinct()
    )
    for account, product in rows:
        found[account].add(product)
    return found
