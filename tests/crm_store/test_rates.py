"""Dated rates, and totals that say what they leave out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_store.errors import RateMissing
from crm_store.money import Money
from crm_store.rates import Rates
from tests.crm_store.small_company import Company

SPRING, SUMMER = date(2026, 3, 1), date(2026, 8, 1)
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)
_RATES = Rates("USD", {"EUR": [(date(2026, 7, 1), Decimal("1.20")), (date(2026, 1, 1), Decimal("1.10"))]})


def _euros(text: str) -> Money:
    return Money(Decimal(text), "EUR")


def test_the_rate_of_a_day_is_the_last_one_set_on_or_before_it(company: Company) -> None:
    with company.acting("dana") as uow:
        rates = Rates.load(uow.session, "USD")
    assert rates.convert(_euros("100"), SPRING) == Money(Decimal("110.00"), "USD")
    assert rates.convert(_euros("100"), date(2026, 6, 30)) == Money(Decimal("110.00"), "USD")
    assert rates.convert(_euros("100"), date(2026, 7, 1)) == Money(Decimal("120.00"), "USD")


def test_there_is_no_rate_before_the_first_and_none_for_an_unknown_currency() -> None:
    with pytest.raises(RateMissing):
        _RATES.convert(_euros("1"), date(2025, 12, 31))
    with pytest.raises(RateMissing):
        _RATES.convert(Money(Decimal(1), "XAU"), SUMMER)


def test_the_companys_own_currency_needs_no_rate() -> None:
    money = Money(Decimal("12.345"), "USD")
    assert Rates("USD", {}).convert(money, SUMMER) is money


def test_half_a_cent_is_rounded_to_even() -> None:
    rates = Rates("USD", {"EUR": [(SPRING, Decimal("0.5"))]})
    assert [rates.convert(_euros(text), SUMMER).amount for text in ("0.01", "0.03")] == [
        Decimal("0.00"),
        Decimal("0.02"),
    ]


def test_a_total_says_what_it_leaves_out() -> None:
    total = _RATES.total(
        [
            (Money(Decimal("10.10"), "USD"), SPRING),
            (_euros("100"), SPRING),
            (_euros("100"), SUMMER),
            (None, SPRING),
            (None, SPRING),
            (Money(Decimal(5), "GBP"), SUMMER),
        ]
    )
    assert total.money == Money(Decimal("240.10"), "USD")
    assert (total.counted, total.without_amount, total.without_rate) == (3, 2, 1)


def test_an_amount_without_a_rate_counts_as_large() -> None:
    assert _RATES.at_least(Money(Decimal(1), "XAU"), 1_000_000, SUMMER)
    assert not _RATES.at_least(_euros("833333.32"), 1_000_000, SUMMER)
    assert _RATES.at_least(_euros("833333.34"), 1_000_000, SUMMER)


@given(st.lists(AMOUNTS))
def test_a_sum_in_one_currency_is_exact(amounts: list[Decimal]) -> None:
    total = _RATES.total([(Money(amount, "USD"), SUMMER) for amount in amounts])
    assert total.money.amount == sum(amounts, Decimal(0))
    assert total.counted == len(amounts)
