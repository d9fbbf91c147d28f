"""A report as a PDF to print or send on. Import it late: fpdf2 loads slowly."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

from fpdf.enums import XPos, YPos

from actions.pdf_page import Page

_MARGIN, _LINE = 15.0, 5.0  # millimetres
_BODY, _HEAD, _SMALL = 8, 14, 8  # points
_WIDEST, _NARROWEST = 45, 6  # characters a column is given room for
_LANDSCAPE_FROM = 6  # columns


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSheet:
    """What is printed. ``numeric`` says which columns are set to the right; ``picture``: a PNG above the table."""

    title: str
    company: str
    printed_on: date
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    picture: bytes | None = None
    picture_alt: str = ""


def to_pdf(sheet: ReportSheet) -> bytes:
    """The report on A4, lying where it has many columns; the table's head is repeated on every page."""
    pdf = Page(
        title=sheet.title,
        author=sheet.company,
        day=sheet.printed_on,
        margin=_MARGIN,
        body=_BODY,
        orientation="landscape" if len(sheet.columns) >= _LANDSCAPE_FROM else "portrait",
    )
    pdf.add_page()
    pdf.set_font(style="B", size=_HEAD)
    pdf.multi_cell(0, _LINE * 1.6, pdf.drawable(sheet.title), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(style="", size=_BODY)
    pdf.ln(_LINE)
    if sheet.picture is not None:
        pdf.image(io.BytesIO(sheet.picture), w=min(pdf.epw, 130), alt_text=sheet.picture_alt)
        pdf.ln(_LINE)
    with pdf.table(
        col_widths=_widths(sheet),
        text_align=tuple("RIGHT" if number else "LEFT" for number in sheet.numeric),
        borders_layout="HORIZONTAL_LINES",
        line_height=_LINE,
    ) as table:
        for cells in (sheet.columns, *sheet.rows):
            row = table.row()
            for cell in cells:
                row.cell(pdf.drawable(cell))
    if sheet.note:
        pdf.ln(_LINE)
        pdf.set_font(size=_SMALL)
        pdf.multi_cell(0, _LINE, pdf.drawable(sheet.note), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(pdf.output())


def _widths(sheet: ReportSheet) -> tuple[int, ...]:
    """Room by the longest cell of each column."""
    longest = [max(len(row[place]) for row in (sheet.columns, *sheet.rows)) for place in range(len(sheet.columns))]
    return tuple(min(_WIDEST, max(_NARROWEST, length)) for length in longest)
