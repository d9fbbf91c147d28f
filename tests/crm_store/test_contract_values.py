"""Column types keep their promise on both databases: exact amounts, aware instants, totals that say what they lack."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from crm_store.models import Deal
from crm_store.types import ExactAmount, UtcDateTime
from crm_store.values import from_json, to_json
from tests.crm_store.small_company import NOW, Company


def _set(company: Company, **fields: object) -> Deal:
    with company.acting("dana") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        for field, value in fields.items():
            setattr(deal, field, value)
        uow.commit()
    with company.acting("dana") as uow:
        return uow.session.get_one(Deal, company.id_of("Acme fleet"))


@pytest.mark.parametrize("text", ["0.00", "0.01", "0.10", "40000.00", "0.125", "999999999999999.99", "-12.34"])
def test_an_amount_comes_back_to_the_last_digit(company: Company, text: str) -> None:
    found = _set(company, amount=Decimal(text)).amount
    assert isinstance(found, Decimal)
    assert str(found) == text


@pytest.mark.parametrize("amount", [Decimal("0.0001"), Decimal("NaN"), Decimal("Infinity")])
def test_an_amount_that_does_not_fit_exactly_is_refused(company: Company, amount: Decimal) -> None:
    with pytest.raises((StatementError, ValueError, ArithmeticError)):
        _set(company, amount=amount)
    with company.acting("dana") as uow:
        assert uow.session.get_one(Deal, company.id_of("Acme fleet")).amount == Decimal(40_000)


def test_a_sum_in_the_database_is_exact(company: Company) -> None:
    with company.acting() as uow:
        first = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        first.amount = Decimal("0.10")
        for number in range(29):
            copy = {key: getattr(first, key) for key in ("account_id", "owner_id", "stage_id", "currency")}
            uow.session.add(Deal(name=f"D{number}", amount=Decimal("0.10"), created_at=NOW, stage_since=NOW, **copy))
        uow.flush()
        total = uow.session.scalar(select(func.sum(Deal.amount)).where(Deal.amount == Decimal("0.10")))
    assert total == Decimal("3.00")
    assert isinstance(total, Decimal)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_any_amount_of_three_decimals_survives_its_column_and_its_json(amount: Decimal) -> None:
    column = ExactAmount()
    assert column.process_result_value(column.process_bind_param(amount, None), None) == amount  # type: ignore[arg-type]
    assert from_json(Deal, "amount", to_json(amount)) == amount


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("America/New_York"), timezone(timedelta(hours=5, minutes=45))])
def test_an_instant_comes_back_aware_and_in_utc(company: Company, zone: timezone) -> None:
    moment = datetime(2026, 11, 1, 1, 30, 15, 123456, tzinfo=zone)
    found = _set(company, closed_at=moment).closed_at
    assert found is not None
    assert found.tzinfo is UTC
    assert found == moment.astimezone(UTC)


def test_both_readings_of_a_repeated_hour_are_kept_apart(company: Company) -> None:
    zone = ZoneInfo("America/New_York")
    first, second = (datetime(2026, 11, 1, 1, 30, tzinfo=zone, fold=fold) for fold in (0, 1))
    one, other = _set(company, closed_at=first).closed_at, _set(company, closed_at=second).closed_at
    assert one is not None
    assert other is not None
    assert other - one == timedelta(hours=1)


def test_a_naive_instant_is_refused(company: Company) -> None:
    with pytest.raises(StatementError):
        _set(company, closed_at=datetime(2026, 11, 1))  # noqa: DTZ001


@given(st.datetimes(timezones=st.timezones()))
def test_any_instant_survives_its_json(moment: datetime) -> None:
    if 1 < moment.year < 9999:
        # In UTC, since Python compares times of different zones by their wall clocks when one is repeated or skipped.
        moment = moment.astimezone(UTC)
        assert from_json(Deal, "closed_at", to_json(moment)) == moment
        bound = UtcDateTime().process_bind_param(moment, _Sqlite())  # type: ignore[arg-type]
        assert UtcDateTime().process_result_value(bound, _Sqlite()) == moment  # type: ignore[arg-type]


class _Sqlite:
    name = "sqlite"


@pytest.mark.parametrize("value", [None, "text", date(2026, 1, 2), True])
def test_equal_values_have_equal_json(value: object) -> None:
    assert to_json(value) == to_json(value)


def test_text_is_kept_as_it_was_written(company: Company) -> None:
    for text in ("Müller & Söhne", "日本語", "שלום", "a'; DROP TABLE deal; --", "100% _sure_", "\u202eabc", "😀" * 50):
        assert _set(company, next_step=text).next_step == text
