"""What is said to customers without a store: quotes from articles, opening hours, invoices on paper, numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.document_numbers import document_number
from actions.excerpts import excerpt, plain_text, shorten
from actions.invoice_pdf import to_pdf
from actions.invoice_sheet import InvoiceSheet
from actions.opening_hours import OpeningHours, UnreadableHours

NEW_YORK = ZoneInfo("America/New_York")
WEEK = OpeningHours.from_text("Mon-Fri 09:00-18:00", NEW_YORK)
SHEET = InvoiceSheet(
    heading="Invoice INV-2041",
    seller="Brightwater",
    buyer=("Żółkiewska & Μαρία GmbH", "Привет 李雷 🤯", "Hafenstraße 1"),
    facts=(("Issued", "Mar 3, 2026"),),
    columns=("Item", "Quantity", "Unit price", "Total"),
    rows=(("Label rolls", "4", "84 USD", "336 USD"),),
    totals=(("Total", "336 USD"),),
    notes=("Thank you.",),
    issued_on=date(2026, 3, 3),
)


def new_york(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=NEW_YORK)  # type: ignore[arg-type, misc]


def test_an_invoice_is_a_pdf_and_the_same_one_every_time() -> None:
    pdf = to_pdf(SHEET)
    assert pdf.startswith(b"%PDF-")
    assert pdf == to_pdf(SHEET)
    assert pdf != to_pdf(replace(SHEET, totals=(("Total", "337 USD"),)))


@pytest.mark.parametrize(("lines", "pages"), [(1, 1), (12, 1), (120, 4)])
def test_an_invoice_is_one_page_unless_it_has_many_lines(lines: int, pages: int) -> None:
    pdf = to_pdf(replace(SHEET, rows=SHEET.rows * lines))
    assert pdf.count(b"/Type /Page\n") == pages


def test_a_very_long_name_does_not_break_an_invoice() -> None:
    assert to_pdf(replace(SHEET, buyer=("A" * 3_000,), rows=(("B" * 900, "1", "1 USD", "1 USD"),))).startswith(b"%PDF-")


def test_it_is_open_from_the_first_minute_to_before_the_last() -> None:
    assert WEEK.is_open(new_york(2026, 11, 18, 9, 0))
    assert not WEEK.is_open(new_york(2026, 11, 18, 18, 0))
    assert WEEK.closes_at(new_york(2026, 11, 18, 17, 59)) == new_york(2026, 11, 18, 18)
    assert WEEK.next_opening(new_york(2026, 11, 20, 18, 0)) == new_york(2026, 11, 23, 9)


def test_the_wall_clock_counts_when_the_clocks_change() -> None:
    # New York leaves daylight saving time on 1 November 2026.
    assert WEEK.next_opening(new_york(2026, 10, 30, 19)).astimezone(UTC).hour == 14
    assert WEEK.next_opening(new_york(2026, 10, 28, 19)).astimezone(UTC).hour == 13


@pytest.mark.parametrize(
    ("text", "open_at", "closed_at"),
    [
        ("Mon-Thu 09:00-12:00, 13:00-18:00; Fri 9-16", (2026, 11, 18, 13), (2026, 11, 18, 12, 30)),
        ("daily 8:00-20:00", (2026, 11, 22, 8), (2026, 11, 22, 20)),
        ("Mon, Wed and Fri 10-14", (2026, 11, 18, 10), (2026, 11, 19, 10)),
        ("Sat-Mon 10:00-14:00", (2026, 11, 22, 11), (2026, 11, 18, 11)),
        ("Fri 22:00-02:00", (2026, 11, 21, 1), (2026, 11, 21, 2)),
        ("Mon-Fri 9-17, Sat closed", (2026, 11, 18, 9), (2026, 11, 21, 10)),
    ],
)
def test_weeks_of_all_kinds_are_read(text: str, open_at: tuple[int, ...], closed_at: tuple[int, ...]) -> None:
    hours = OpeningHours.from_text(text, NEW_YORK)
    assert hours.is_open(new_york(*open_at))
    assert not hours.is_open(new_york(*closed_at))


def test_around_the_clock_never_closes() -> None:
    hours = OpeningHours.from_text("24/7", NEW_YORK)
    assert all(hours.is_open(new_york(2026, 11, day, 3)) for day in range(16, 23))


@pytest.mark.parametrize("text", ["", "whenever", "Mon-Fri", "Mon 25:00-26:00", "Mon 9:75-10", "closed", "Mon closed"])
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(UnreadableHours):
        OpeningHours.from_text(text, NEW_YORK)


@given(st.text(alphabet="MonTueFriSatdaily0123456789:-,; ", max_size=40))
def test_any_text_is_hours_or_refused(text: str) -> None:
    try:
        hours = OpeningHours.from_text(text, NEW_YORK)
    except UnreadableHours:
        return
    assert hours.next_opening(new_york(2026, 11, 18, 3)) > new_york(2026, 11, 18, 3)


def test_markdown_is_quoted_without_its_marks() -> None:
    article = "Click **Save** in [Settings](https://x.example/s).\n\n1. First\n   line\n2. *Second*\n\n"
    article += "| a | b |\n|---|---|\n| 1 | 2 |"
    assert plain_text(article) == (
        "Click Save in Settings (https://x.example/s).\n\n1. First line\n2. Second\n\na · b\n1 · 2"
    )


def test_a_quote_holds_the_passage_and_ends_with_a_sentence() -> None:
    article = "\n\n".join(f"Paragraph {n} says a thing. It says it {'again and ' * 20}again." for n in range(10))
    quote = excerpt(article, "Paragraph 7 says a thing.")
    assert "Paragraph 7" in quote
    assert len(quote) <= 600
    assert quote.endswith(".")


@given(st.text(max_size=300), st.integers(min_value=2, max_value=80))
def test_a_shortened_text_is_short_enough_and_was_there(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= max(limit, 2)
    assert text.startswith(short.removesuffix("…"))


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_article_can_be_quoted(article: str, passage: str) -> None:
    assert len(excerpt(article, passage)) <= 600


@pytest.mark.parametrize("said", ["ORD-10423", "ord 10423", "#10423", "10423", "Ord10423", " ord-10423 "])
def test_an_order_number_is_read_however_it_is_written(said: str) -> None:
    assert document_number(said, "ORD") == "ORD-10423"


@pytest.mark.parametrize("said", ["INV-10423", "", "ORD-", "ORD-1' OR '1'='1", "March", "9" * 40])
def test_what_is_no_order_number_is_none(said: str) -> None:
    assert document_number(said, "ORD") is None
