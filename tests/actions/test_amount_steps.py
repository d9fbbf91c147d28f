"""Amounts said in short beside an amount that is known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from actions.amount_steps import shortened_amount


@pytest.mark.parametrize(
    ("said", "current", "meant"),
    [
        ("bump it to 42", 40_000, 42_000),
        ("make it 50", 45_000, 50_000),
        ("raise it to 42.5", 40_000, 42_500),
        ("change it to 38,500", 40_000, 38_500),
        ("bump it to 900", 800, 900),
        ("bump it to 900", 2_000, 900),
    ],
)
def test_a_bare_number_is_of_the_size_of_what_it_changes(said: str, current: int, meant: int) -> None:
    assert shortened_amount(said, Decimal(current)) == meant


@pytest.mark.parametrize(
    ("said", "current"),
    [("bump it to 2", 40_000), ("move it to the 15th", 40_000), ("bump it", 40_000), ("bump it to 42", None)],
)
def test_what_is_of_another_size_is_asked_about(said: str, current: int | None) -> None:
    assert shortened_amount(said, None if current is None else Decimal(current)) is None
