"""Numbers of orders, invoices and tickets in messages."""

import pytest

from nlu.entities.documents import find_document_numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where is ORD-10423?", [("order_number", "ORD-10423", "ORD-10423")]),
        ("ord 10423", [("order_number", "ord 10423", "ORD-10423")]),
        ("copies of inv#2041", [("invoice_number", "inv#2041", "INV-2041")]),
        ("close t-118, it works", [("ticket_number", "t-118", "T-118")]),
        ("where is order 10423", [("order_number", "10423", "10423")]),
        ("order no. 10423 is late", [("order_number", "10423", "10423")]),
        ("my order number is 10427", [("order_number", "10427", "10427")]),
        ("ticket #7", [("ticket_number", "7", "7")]),
        ("invoice: 2041", [("invoice_number", "2041", "2041")]),
    ],
)
def test_finds_document_numbers(text: str, expected: list[tuple[str, str, str]]) -> None:
    found = find_document_numbers(text)
    assert [(number.entity, text[number.start : number.end], number.canonical) for number in found] == expected


@pytest.mark.parametrize(
    "text",
    [
        "order 2 more",
        "my order of 10423 pieces",
        "T 118",
        "the invoice total is 2041.50",
        "order 100% of them",
        "record-123 and word-45",
        "orders 12,500 pieces",
        "discord-10423",
    ],
)
def test_other_numbers_are_no_document_numbers(text: str) -> None:
    assert find_document_numbers(text) == ()
