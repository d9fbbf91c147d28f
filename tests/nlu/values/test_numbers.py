from decimal import Decimal

import pytest

from nlu.values import UnreadableValue, read_number, read_ordinal, read_percent


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("sixty", "60"),
        ("two dozen", "24"),
        ("half a dozen", "6"),
        ("12,500", "12500"),
        ("-5", "-5"),
        ("minus three", "-3"),
        ("one hundred and sixteen", "116"),
        ("two thousand and five", "2005"),
        ("twenty-one", "21"),
        ("3 hundred and 21", "321"),
        ("two and a half million", "2500000"),
        ("one point five", "1.5"),
        (".08", "0.08"),
        ("about 40 of them", "40"),
        ("５", "5"),
        ("٤٢", "42"),
    ],
)
def test_reads_numbers_in_digits_and_words(said: str, value: str) -> None:
    assert read_number(said) == Decimal(value)


@pytest.mark.parametrize("said", ["", "hello", "😀", "and"])
def test_finds_no_number_where_none_is_said(said: str) -> None:
    assert read_number(said) is None


def test_a_decimal_comma_follows_the_locale_when_either_could_be_meant() -> None:
    assert read_number("1,500") == 1500
    assert read_number("1,500", locale="de_DE") == Decimal("1.5")


@pytest.mark.parametrize(("said", "reason"), [("12..5", "not_a_number"), ("9" * 30, "too_large")])
def test_refuses_what_is_no_number(said: str, reason: str) -> None:
    with pytest.raises(UnreadableValue) as caught:
        read_number(said)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("40%", "40"),
        ("sixty percent", "60"),
        ("12.5 %", "12.5"),
        ("40 per cent", "40"),
        ("make it 40 pct", "40"),
        ("40", "40"),
    ],
)
def test_reads_percentages(said: str, value: str) -> None:
    assert read_percent(said) == Decimal(value)


def test_a_number_inside_a_sentence_is_no_percentage() -> None:
    assert read_percent("40 deals are open") is None


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("second", 2),
        ("2nd", 2),
        ("the second one", 2),
        ("first one", 1),
        ("the last", -1),
        ("the second to last", -2),
        ("#2", 2),
        ("2", 2),
        ("two", 2),
        ("one", 1),
        ("option b", 2),
        ("option 3", 3),
        ("number two", 2),
        ("b", 2),
        ("twenty-first", 21),
        ("one hundred twenty-fifth", 125),
    ],
)
def test_reads_choices(said: str, place: int) -> None:
    assert read_ordinal(said) == place


@pytest.mark.parametrize("said", ["", "hello", "0", "40k", "2.5", "none of them", "that one", "10423"])
def test_finds_no_choice_where_none_is_made(said: str) -> None:
    assert read_ordinal(said) is None
