"""Which deals a report is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Case, ColumnElement, Float, SQLColumnExpression, and_, case, cast, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm_store.errors import RateMissing
from crm_store.insights.deal_sums import deal_thousandths
from crm_store.models import Deal, Stage, StageType
from crm_store.rates import Rates

_THOUSAND = Decimal(1000)


class OpenField(Enum):
    """A field of a deal that may be left open."""

    CLOSE_DATE = "close date"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealSelection:
    """Conditions on deals, all of which must hold; None or empty means any.

    The days of ``closing_from`` and ``closing_until`` (close date) are included, as are the bounds: ``least`` and
    ``most`` in the company's currency, probabilities in percent. ``without`` names fields that are not filled in.
    """

    owner_ids: frozenset[int] | None = None
    stage_ids: frozenset[int] | None = None
    account_ids: frozenset[int] | None = None
    closing_from: date | None = None
    closing_until: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    least_probability: int | None = None
    most_probability: int | None = None
    without: frozenset[OpenField] = frozenset()

    def conditions(self, session: Session, rates: Rates, *, today: date) -> list[ColumnElement[bool]]:
        """The conditions on Deal and Stage; amounts are compared at today's rates, and those without a rate fail."""
        return [*self._plain_conditions(), *self._amount_conditions(session, rates, today)]

    def _plain_conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.owner_ids is not None:
            yield Deal.owner_id.in_(sorted(self.owner_ids))
        if self.stage_ids is not None:
            yield Deal.stage_id.in_(sorted(self.stage_ids))
        if self.account_ids is not None:
            yield Deal.account_id.in_(sorted(self.account_ids))
        if self.closing_from is not None:
            yield Deal.close_date >= self.closing_from
        if self.closing_until is not None:
            yield Deal.close_date <= self.closing_until
        if self.least_probability is not None:
            yield Stage.probability >= self.least_probability
        if self.most_probability is not None:
            yield Stage.probability <= self.most_probability
        if OpenField.CLOSE_DATE in self.without:
            yield Deal.close_date.is_(None)
        if OpenField.AMOUNT in self.without:
            yield Deal.amount.is_(None)

    def _amount_conditions(self, session: Session, rates: Rates, today: date) -> Iterator[ColumnElement[bool]]:
        if self.least is None and self.most is None:
            return
        alternatives: list[ColumnElement[bool]] = []
        for currency, rate in rates_today(rates, today).items():
            bounds: list[ColumnElement[bool]] = [Deal.currency == currency]
            if self.least is not None:
                bounds.append(deal_thousandths >= int((self.least * _THOUSAND / rate).to_integral_value(ROUND_CEILING)))
            if self.most is not None:
                bounds.append(deal_thousandths <= int((self.most * _THOUSAND / rate).to_integral_value(ROUND_FLOOR)))
            alternatives.append(and_(*bounds))
        yield or_(*alternatives) if alternatives else false()


def in_stages(session: Session, *types: StageType) -> ColumnElement[bool]:
    """The condition that a deal is in a stage of one of these types."""
    # By number rather than by type: (owner, stage) is indexed.
    return Deal.stage_id.in_(session.scalars(select(Stage.id).where(Stage.type.in_(types))).all())


def in_period(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    start: datetime | None,
    end: datetime | None,
) -> list[ColumnElement[bool]]:
    """The conditions that an instant of a deal lies in the stretch from ``start`` up to ``end``; None is open."""
    if start is None:
        return [] if end is None else [column < end]
    outer = [column >= start] if end is None else [column >= start, column < end]
    if column.key == Deal.closed_at.key:
        return list(outer)  # has an index by owner and time
    # SQLite would look at every deal of every owner; told once more like this, it starts from the times. The inner
    # table is not the mapped one, so that the rules of access are applied once, outside.
    deals = Deal.__table__
    inner = deals.c[column.key]
    bounds = [inner >= start] if end is None else [inner >= start, inner < end]
    return [*outer, Deal.id.in_(select(deals.c.id).where(*bounds))]


def rates_today(rates: Rates, today: date) -> dict[str, Decimal]:
    """What one unit of each currency that has a rate is worth."""
    found: dict[str, Decimal] = {rates.company_currency: Decimal(1)}
    for currency in rates.currencies:
        try:
            found[currency] = rates.rate(currency, today)
        except RateMissing:
            continue
    return found


def value_order(session: Session, rates: Rates, today: date) -> Sequence[SQLColumnExpression[Any]]:
    """How to order deals by what they are worth today, the largest first; those whose worth is not known come last."""
    worth = [(Deal.currency == currency, deal_thousandths * float(rate)) for currency, rate in
             rates_today(rates, today).items()]  # fmt: skip
    value: Case[float] = case(*worth, else_=cast(None, Float))
    return (value.is_(None), value.desc(), Deal.id)
