"""Sums over many deals in the company's currency, added up by the database and exact to the last digit.

The database sums per currency (and, for closed deals, per closing day); only these few sums are converted. Nothing is
rounded before it is shown, so the parts of any grouping add up to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, SQLColumnExpression, case, func, null, select, type_coerce
from sqlalchemy.orm import Session

from crm_store.errors import RateMissing
from crm_store.insights.dialects import UtcDay
from crm_store.models import Deal, Stage
from crm_store.rates import Rates

deal_thousandths = type_coerce(Deal.amount, BigInteger)
"""A deal's amount as the database keeps it: thousandths of its currency."""

_AMOUNT_DIGITS = 3
_RATE_DIGITS = 14
_RATE_UNITS: int = 10**_RATE_DIGITS
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class DealSum:
    """So many deals and what they are worth, in the company's currency and unrounded.

    ``count`` is of all deals; ``without_amount`` and ``without_rate`` of them are missing in the sums. ``weighted``
    counts each amount by its stage's probability.
    """

    count: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    without_amount: int = 0
    without_rate: int = 0

    def __add__(self, other: DealSum) -> DealSum:
        return DealSum(
            count=self.count + other.count,
            amount=self.amount + other.amount,
            weighted=self.weighted + other.weighted,
            without_amount=self.without_amount + other.without_amount,
            without_rate=self.without_rate + other.without_rate,
        )

    @property
    def counted(self) -> int:
        """How many deals are in ``amount``."""
        return self.count - self.without_amount - self.without_rate

    @property
    def average(self) -> Decimal | None:
        """The mean amount of those that are counted."""
        return self.amount / self.counted if self.counted else None


def total_of(sums: Sequence[DealSum]) -> DealSum:
    """All of them together."""
    return sum(sums, DealSum())


def sum_deals(
    session: Session,
    rates: Rates,
    *,
    where: Sequence[ColumnElement[bool]],
    on: date | None,
    by: Sequence[SQLColumnExpression[Any]] = (),
    joined: Sequence[tuple[FromClause | type[Any], ColumnElement[bool]]] = (),
) -> dict[tuple[Any, ...], DealSum]:
    """The sums of the visible deals that fulfil ``where``, by the values of ``by``; Stage may be used in both.

    Amounts are converted at the rate of ``on``, or each at that of its closing day (UTC) when it is None. ``joined``
    are further tables with the condition they are (outer) joined on.
    """
    foreign_day: ColumnElement[Any] = null()
    if on is None:
        foreign_day = case((Deal.currency != rates.company_currency, UtcDay(Deal.closed_at)), else_=null())
    keys: list[ColumnElement[Any]] = [key.label(f"key_{index}") for index, key in enumerate(by)]
    columns = [*keys, Deal.currency.label("currency"), foreign_day.label("foreign_day")]
    query = select(
        *columns,
        func.count(Deal.id),
        func.count(Deal.amount),
        func.coalesce(func.sum(deal_thousandths), 0),
        func.coalesce(func.sum(deal_thousandths * Stage.probability), 0),
    ).join(Stage, Stage.id == Deal.stage_id)
    for target, condition in joined:
        query = query.outerjoin(target, condition)
    # Grouped by their labels: PostgreSQL does not see that two expressions with the same bound values are the same.
    grouping = [column.name for column in columns if on is None or column.name != "foreign_day"]
    known_rates: dict[tuple[str, date | None], int | None] = {}
    parts: dict[tuple[Any, ...], _Parts] = {}
    for *key, currency, day, count, with_amount, amount, weighted in session.execute(
        query.where(*where).group_by(*grouping)
    ):
        dated = (currency, on or day)
        if dated not in known_rates:
            known_rates[dated] = _rate_or_none(rates, *dated)
        parts.setdefault(tuple(key), _Parts()).add(count, with_amount, int(amount), int(weighted), known_rates[dated])
    return {key: part.as_sum() for key, part in parts.items()}


class _Parts:
    """Sums in the making, in whole numbers: there may be tens of thousands of groups."""

    __slots__ = ("amount", "count", "weighted", "without_amount", "without_rate")

    def __init__(self) -> None:
        self.count = self.amount = self.weighted = self.without_amount = self.without_rate = 0

    def add(self, count: int, with_amount: int, amount: int, weighted: int, rate: int | None) -> None:
        self.count += count
        self.without_amount += count - with_amount
        if rate is None:
            self.without_rate += with_amount
        else:
            self.amount += amount * rate
            self.weighted += weighted * rate

    def as_sum(self) -> DealSum:
        return DealSum(
            count=self.count,
            amount=Decimal(self.amount).scaleb(-_AMOUNT_DIGITS - _RATE_DIGITS, _EXACT),
            weighted=Decimal(self.weighted).scaleb(-_AMOUNT_DIGITS - _RATE_DIGITS - 2, _EXACT),
            without_amount=self.without_amount,
            without_rate=self.without_rate,
        )


def _rate_or_none(rates: Rates, currency: str, on: date | None) -> int | None:
    """A rate in units of its last digit; None when there is none."""
    if currency == rates.company_currency:
        return _RATE_UNITS
    try:
        return None if on is None else int(rates.rate(currency, on) * _RATE_UNITS)
    except RateMissing:
        return None
