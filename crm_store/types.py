"""Column types that keep their promise on both databases: exact amounts, aware UTC instants."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Dialect
from sqlalchemy.types import TypeDecorator

_SCALE = 3

Moment = datetime | ColumnElement[datetime]
"""An aware datetime, or what stands for one in a statement that is built once."""


class ExactAmount(TypeDecorator[Decimal]):
    """A Decimal kept as a whole number of thousandths, so that SUM is exact on SQLite too.

    Three decimals hold the minor unit of every ISO 4217 currency but two (CLF, UYW), which nobody invoices in.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Scale to thousandths; raises ValueError for an amount that does not fit exactly."""
        if value is None:
            return None
        scaled = Decimal(value).scaleb(_SCALE)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {_SCALE} decimals")
        return int(scaled)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Scale back to units, with two decimals unless the third is used."""
        if value is None:
            return None
        amount = Decimal(int(value)).scaleb(-_SCALE)
        return amount.quantize(Decimal("0.01")) if int(value) % 10 == 0 else amount


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, in UTC on the way out; a naive one is refused on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite keeps no zone, so it gets the naive UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC datetime."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
