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
    [
        ("bump it to 2", 40_000),
        ("move it to the 15th", 40_000),
        ("bump it", 40_000),
        ("bump it to 42", None),
        ("set discount on the Initech deal to 10", 41_000),
        ("bump the Initech deal's licenses to 50", 41_000),
        ("set the probability of the deal to 60", 41_000),
        ("set the widgets to 50", 41_000),
    ],
)
def test_what_is_of_another_size_or_another_thing_is_not_taken_for_the_amount(said: str, current: int | None) -> None:
    assert shortened_amount(said, None if current is None else Decimal(current)) is None


def test_a_number_after_the_name_of_a_deal_is_its_amount() -> None:
    said = "change the Initech deal to 42"
    assert shortened_amount(said, Decimal(40_000), name_ends={len("change the Initech")}) == 42_000
    assert shortened_amount("change Initech to 42", Decimal(40_000), name_ends={len("change Initech")}) == 42_000
