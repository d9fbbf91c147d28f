"""Which deals a report is about, from the words of the request."""

from __future__ import annotations

import pytest

from actions.report_filters import fields_without
from crm_store.insights.selection import OpenField


@pytest.mark.parametrize(
    ("said", "empty"),
    [
        ("any deals without a close date?", {OpenField.CLOSE_DATE}),
        ("which deals have no close date yet", {OpenField.CLOSE_DATE}),
        ("open deals where the closing date is missing", {OpenField.CLOSE_DATE}),
        ("deals missing an amount", {OpenField.AMOUNT}),
        ("deals with no close date and no amount", {OpenField.CLOSE_DATE, OpenField.AMOUNT}),
        ("deals past the close date", set()),
        ("deals without a next step", set()),
        ("no, deals closing in May", set()),
    ],
)
def test_fields_that_are_to_be_empty_are_read_from_the_request(said: str, empty: set[OpenField]) -> None:
    assert fields_without(said) == empty
