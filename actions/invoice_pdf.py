"""Drawing an invoice as a PDF of one page, or more when it has many lines. Import it late: fpdf2 loads slowly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fpdf.enums import XPos, YPos

from actions.invoice_sheet import InvoiceSheet
from actions.pdf_page import BLACK, GREY, Page

_MARGIN, _LINE = 20.0, 6.0  # millimetres
_BODY, _HEAD, _SMALL = 10, 20, 8  # points
_COLUMNS = (0.52, 0.12, 0.18, 0.18)


def to_pdf(sheet: InvoiceSheet) -> bytes:
    """The invoice as a PDF on A4; equal sheets give equal bytes."""
    pdf = Page(title=sheet.heading, author=sheet.seller, day=sheet.issued_on, margin=_MARGIN, body=_BODY)
    sheet = _drawable(pdf, sheet)
    pdf.add_page()
    _draw_heads(pdf, sheet)
    _draw_lines(pdf, sheet)
    _draw_totals(pdf, sheet.totals)
    pdf.ln(_LINE * 2)
    pdf.set_font(size=_SMALL)
    for note in sheet.notes:
        pdf.multi_cell(0, _LINE, note, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(pdf.output())


def _drawable(pdf: Page, sheet: InvoiceSheet) -> InvoiceSheet:
    """The sheet with a box for every character the font does not have."""
    return replace(
        sheet,
        heading=pdf.drawable(sheet.heading),
        seller=pdf.drawable(sheet.seller),
        buyer=tuple(map(pdf.drawable, sheet.buyer)),
        rows=tuple((pdf.drawable(name), quantity, price, total) for name, quantity, price, total in sheet.rows),
    )


def _draw_heads(pdf: Page, sheet: InvoiceSheet) -> None:
    pdf.set_font(style="B", size=_HEAD)
    pdf.multi_cell(0, _LINE * 2, sheet.heading, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(style="", size=_BODY)
    pdf.multi_cell(0, _LINE, sheet.seller, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(_LINE)
    for line in sheet.buyer:
        pdf.multi_cell(0, _LINE, line, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(_LINE)
    for label, text in sheet.facts:
        pdf.set_text_color(*GREY)
        pdf.cell(45, _LINE, label)
        pdf.set_text_color(*BLACK)
        pdf.multi_cell(0, _LINE, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(_LINE)


def _draw_lines(pdf: Page, sheet: InvoiceSheet) -> None:
    with pdf.table(
        col_widths=_COLUMNS,
        text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT"),
        borders_layout="HORIZONTAL_LINES",
        line_height=_LINE * 1.2,
    ) as table:
        for cells in (sheet.columns, *sheet.rows):
            row = table.row()
            for cell in cells:
                row.cell(cell)


def _draw_totals(pdf: Page, totals: Sequence[tuple[str, str]]) -> None:
    pdf.ln(_LINE / 2)
    pdf.set_font(style="B", size=_BODY)
    for label, text in totals:
        pdf.cell(pdf.epw * (1 - _COLUMNS[-1]), _LINE, label, align="R")
        pdf.cell(pdf.epw * _COLUMNS[-1], _LINE, text, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(style="", size=_BODY)
