"""Dated exchange rates, and sums over several currencies that say what they leave out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.errors import RateMissing
from crm_store.models import ExchangeRate
from crm_store.money import Money

_KEPT = "rates"
_ALL = select(ExchangeRate.currency, ExchangeRate.day, ExchangeRate.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sum in one currency. ``counted`` amounts are in it; ``without_amount`` and ``without_rate`` are not."""

    money: Money
    counted: int = 0
    without_amount: int = 0
    without_rate: int = 0


class Rates:
    """The rates known, as of loading. The rate of a day is the last one set on or before it."""

    def __init__(self, company_currency: str, rates: dict[str, list[tuple[date, Decimal]]]) -> None:
        self.company_currency = company_currency
        self._rates = {currency: sorted(history) for currency, history in rates.items()}

    @classmethod
    def load(cls, session: Session, company_currency: str) -> Self:
        """The rates as they were when this session first asked; a few rows per currency and month."""
        kept = session.info.setdefault(_KEPT, {})
        if company_currency not in kept:
            kept[company_currency] = cls._read(session, company_currency)
        found: Self = kept[company_currency]
        return found

    @classmethod
    def _read(cls, session: Session, company_currency: str) -> Self:
        rates: dict[str, list[tuple[date, Decimal]]] = {}
        for currency, day, rate in session.execute(_ALL):
            rates.setdefault(currency, []).append((day, Decimal(rate)))
        return cls(company_currency, rates)

    @property
    def currencies(self) -> Iterable[str]:
        """Those a rate is known of."""
        return self._rates.keys()

    def convert(self, money: Money, on: date) -> Money:
        """``money`` in the company's currency at the rate of ``on``, to two decimals; raises RateMissing."""
        if money.currency == self.company_currency:
            return money
        return Money(money.amount * self.rate(money.currency, on), self.company_currency).rounded()

    def rate(self, currency: str, on: date) -> Decimal:
        """What one unit of ``currency`` is worth on a day in the company's, unrounded; raises RateMissing."""
        if currency == self.company_currency:
            return Decimal(1)
        history = self._rates.get(currency, [])
        position = bisect_right(history, on, key=itemgetter(0))
        if position == 0:
            raise RateMissing(currency, self.company_currency)
        return history[position - 1][1]

    def at_least(self, money: Money, threshold: int, on: date) -> bool:
        """Whether ``money`` is worth ``threshold`` or more in the company's currency; True when no rate is known."""
        try:
            return self.convert(money, on).amount >= threshold
        except RateMissing:
            return True

    def total(self, amounts: Iterable[tuple[Money | None, date]]) -> Total:
        """The sum of amounts, each converted at its own day's rate, with what had to be left out."""
        total, counted, without_amount, without_rate = Decimal(0), 0, 0, 0
        for money, day in amounts:
            if money is None:
                without_amount += 1
                continue
            try:
                total += self.convert(money, day).amount
            except RateMissing:
                without_rate += 1
            else:
                counted += 1
        return Total(
            money=Money(total, self.company_currency),
            counted=counted,
            without_amount=without_amount,
            without_rate=without_rate,
        )
