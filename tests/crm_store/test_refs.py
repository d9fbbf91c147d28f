"""What a button or a link names is a record's kind and number, or nothing."""

from __future__ import annotations

import pytest

from crm_store.refs import RecordRef, row_number


@pytest.mark.parametrize("text", [None, "", "0", "-1", "1.5", "twelve", "٣", "9" * 40, " 7", "7\n"])
def test_what_is_no_number_of_a_row_is_none(text: str | None) -> None:
    assert row_number(text) is None
    assert RecordRef.from_text(f"deal:{text}") is None


def test_a_number_is_read_as_it_is_written() -> None:
    assert row_number("12") == 12
    assert RecordRef.from_text("deal:12") == RecordRef("deal", 12)
