"""What a correction makes of the address just asked for."""

from __future__ import annotations

import pytest

from actions.postal_addresses import PostalAddress, corrected_address

BRISTOL = PostalAddress(street="14 Harbour Road", city="Bristol", postcode="BS1 4ST")
TROY = PostalAddress(street="5 Elm Street", city="Troy, NY", postcode="12180")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("no sorry 41 Harbour Road", "41 Harbour Road, Bristol BS1 4ST"),
        ("I meant 41 Harbour Road, not 14", "41 Harbour Road, Bristol BS1 4ST"),
        ("41 not 14", "41 Harbour Road, Bristol BS1 4ST"),
        ("not 14 but 41", "41 Harbour Road, Bristol BS1 4ST"),
        ("oops wrong number, it's 41a", "41a Harbour Road, Bristol BS1 4ST"),
        ("the postcode is bs1 4tt", "14 Harbour Road, Bristol BS1 4TT"),
        ("no BS1 4TT", "14 Harbour Road, Bristol BS1 4TT"),
        ("city is Bath", "14 Harbour Road, Bath BS1 4ST"),
        ("41 Harbour Road, Bath", "41 Harbour Road, Bath BS1 4ST"),
        ("no, 41 Harbour Rd, Bath, BA1 1AA pls", "41 Harbour Rd, Bath BA1 1AA"),
    ],
)
def test_what_is_corrected_changes_and_the_rest_stays(said: str, expected: str) -> None:
    assert str(corrected_address(BRISTOL, said)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("12181 not 12180", "5 Elm Street, Troy, NY 12181"),
        ("zip is 12181", "5 Elm Street, Troy, NY 12181"),
        ("no, 15 Elm Street", "15 Elm Street, Troy, NY 12180"),
        ("sorry, 15", "15 Elm Street, Troy, NY 12180"),
    ],
)
def test_five_digits_are_a_postcode_where_postcodes_are_so(said: str, expected: str) -> None:
    assert str(corrected_address(TROY, said)) == expected


@pytest.mark.parametrize(
    "said", ["no no, I meant a refund", "wait", "cancel that", "call me at 4", "I need 3 printers"]
)
def test_what_is_no_address_corrects_none(said: str) -> None:
    assert corrected_address(BRISTOL, said) is None
