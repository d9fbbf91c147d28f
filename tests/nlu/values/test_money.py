from decimal import Decimal

import pytest

from nlu.values import Amount, UnreadableValue, read_money


@pytest.mark.parametrize(
    ("said", "value", "currency"),
    [
        ("40k", "40000", None),
        ("€40k", "40000", "EUR"),
        ("40k€", "40000", "EUR"),
        ("EUR40k", "40000", "EUR"),
        ("40 grand", "40000", None),
        ("1.5 mio", "1500000", None),
        ("1,5 Mio", "1500000", None),
        ("2 x 5k", "10000", None),
        ("12,500 dollars", "12500", "USD"),
        ("$1.2m", "1200000", "USD"),
        ("USD 30000", "30000", "USD"),
        ("12.5k EUR", "12500", "EUR"),
        ("forty thousand euros", "40000", "EUR"),
        ("half a million", "500000", None),
        ("a hundred bucks", "100", "USD"),
        ("3 lakh", "300000", None),
        ("12,34,567 rupees", "1234567", "INR"),
        ("120 MEUR", "120000000", "EUR"),
        ("75 USD million", "75000000", "USD"),
        ("C$300", "300", "CAD"),
        ("200 Canadian dollars", "200", "CAD"),
        ("1.234,56 €", "1234.56", "EUR"),
        ("1'250.50 CHF", "1250.50", "CHF"),
        ("12.500 €", "12500", "EUR"),
        ("19.99", "19.99", None),
        ("3 dollars and 50 cents", "3.50", "USD"),
        ("50 pence", "0.50", "GBP"),
        ("it's now 60k, not more", "60000", None),
        ("４０k", "40000", None),
        ("40000", "40000", None),
        ("a deal in March worth 5000", "5000", None),
    ],
)
def test_reads_amounts_as_people_write_them(said: str, value: str, currency: str | None) -> None:
    amount = read_money(said)
    assert amount is not None
    assert amount.value == Decimal(value)
    assert amount.currency == currency


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("-5", "negative"),
        ("-€40k", "negative"),
        ("minus 300 euros", "negative"),
        ("1e99", "too_large"),
        ("5000 billion", "too_large"),
        ("9999999999999", "too_large"),
        ("NaN", "not_a_number"),
        ("infinity", "not_a_number"),
        ("12..5", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("1.2345 EUR", "too_precise"),
        ("30 000 kr", "ambiguous_currency"),
    ],
)
def test_refuses_amounts_no_record_can_hold(said: str, reason: str) -> None:
    with pytest.raises(UnreadableValue) as caught:
        read_money(said)
    assert (caught.value.kind, caught.value.reason, caught.value.text) == ("money", reason, said)


@pytest.mark.parametrize(
    "said", ["", "hello", "end of March", "next Friday", "ask Kim", "INV-2041", "Q1", "😀", "31 March 2027"]
)
def test_finds_no_amount_where_none_is_said(said: str) -> None:
    assert read_money(said) is None


@pytest.mark.parametrize(
    ("said", "locale", "expected"),
    [
        ("30 000 kr", "sv_SE", Amount(value=Decimal(30000), currency="SEK")),
        ("30 000 kr", "nb_NO", Amount(value=Decimal(30000), currency="NOK")),
        ("$50", "en_AU", Amount(value=Decimal(50), currency="AUD")),
        ("$50", "de_DE", Amount(value=Decimal(50), currency="USD")),
        ("1.500", "de_DE", Amount(value=Decimal(1500))),
        ("1,50", "en_US", Amount(value=Decimal("1.50"))),
        ("1.234k", "en_US", Amount(value=Decimal(1234))),
        ("1,234k", "de_DE", Amount(value=Decimal(1234))),
    ],
)
def test_settles_shared_names_and_separators_by_locale(said: str, locale: str, expected: Amount) -> None:
    assert read_money(said, locale=locale) == expected


def test_more_decimals_are_fine_when_a_scale_makes_the_amount_whole() -> None:
    assert read_money("1.23456 million") == Amount(value=Decimal(1234560))


def test_canonical_text_shows_cents_only_when_there_are_some() -> None:
    assert Amount(value=Decimal(40000), currency="EUR").canonical == "40000 EUR"
    assert Amount(value=Decimal("12.5"), currency="USD").canonical == "12.50 USD"
    assert Amount(value=Decimal(40000)).canonical == "40000"
