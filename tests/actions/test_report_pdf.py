"""Reports as PDF: what is in them, and that odd contents do not break them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from actions.report_pdf import ReportSheet, to_pdf
from tests.assistants import Rig

SHEET = ReportSheet(
    title="Won deals · Q4 2026",
    company="Brightwater",
    printed_on=date(2026, 11, 18),
    columns=("Rep", "Won (USD)"),
    numeric=(False, True),
    rows=(("Dana", "40,000"), ("Żółkiewska 東京", "12,500")),
    note="Left out: 1 deal without an amount.",
)


def test_a_report_is_a_pdf_and_the_same_one_every_time() -> None:
    pdf = to_pdf(SHEET)
    assert pdf.startswith(b"%PDF-")
    assert pdf == to_pdf(SHEET)
    assert pdf != to_pdf(replace(SHEET, rows=(("Dana", "41,000"),)))


def test_a_long_report_goes_on_over_pages_and_a_wide_one_lies() -> None:
    long = to_pdf(replace(SHEET, rows=SHEET.rows * 100))
    assert long.count(b"/Type /Page\n") > 2
    wide = to_pdf(
        replace(SHEET, columns=("A",) * 8, numeric=(True,) * 8, rows=(("1",) * 8,))
    )  # fmt: skip
    assert b"841.89 595.28" in wide
    assert b"595.28 841.89" in long


def test_an_empty_report_and_an_endless_cell_are_printed() -> None:
    assert to_pdf(replace(SHEET, rows=())).startswith(b"%PDF-")
    assert to_pdf(replace(SHEET, rows=(("x" * 2000, ""),))).startswith(b"%PDF-")


def test_a_report_asked_for_as_pdf_comes_as_one_with_its_chart(rig: Rig) -> None:
    heard = rig.speaker("morgan").say(f"/show_pipeline{json.dumps({'grouping': 'per stage', 'output': 'pdf'})}")
    [document] = [part for part in heard.exchange.body["parts"] if part["type"] == "document"]
    assert document["media_type"] == "application/pdf"
    assert document["name"].endswith("-2026-11-18.pdf")
    content = Path(document["path"]).read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/Subtype /Image" in content
