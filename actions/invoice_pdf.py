"""Drawing an invoice as a PDF of one page, or more when it has many lines. Import it late: fpdf2 loads slowly.

The text is set in DejaVu Sans, which matplotlib ships: the fonts built into PDF know Latin-1 only, and customers are
called Żółkiewska and Μαρία. A letter that DejaVu lacks (Chinese, say) is drawn as a box; fpdf2 would leave it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from actions.invoice_sheet import InvoiceSheet

_MARGIN, _LINE = 20.0, 6.0  # millimetres
_FONT = "DejaVu"
_BODY, _HEAD, _SMALL = 10, 20, 8  # points
_COLUMNS = (0.52, 0.12, 0.18, 0.18)
_GREY, _BLACK = (110, 110, 110), (20, 20, 20)
_BOX = "□"


def to_pdf(sheet: InvoiceSheet) -> bytes:
    """The invoice as a PDF on A4; equal sheets give equal bytes."""
    pdf = _Page(sheet)
    sheet = pdf.drawable(sheet)
    pdf.add_page()
    _draw_heads(pdf, sheet)
    _draw_lines(pdf, sheet)
    _draw_totals(pdf, sheet.totals)
    pdf.ln(_LINE * 2)
    pdf.set_font(size=_SMALL)
    for note in sheet.notes:
        pdf.multi_cell(0, _LINE, note, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(pdf.output())


class _Page(FPDF):
    """A page with the seller and the invoice's heading at its foot."""

    def __init__(self, sheet: InvoiceSheet) -> None:
        super().__init__(format="A4")
        self.set_creation_date(datetime.combine(sheet.issued_on, time(12), UTC))
        self.set_title(sheet.heading)
        self.set_author(sheet.seller)
        self.set_lang("en")
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN + _LINE)
        fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
        self.add_font(_FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(_FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.set_font(_FONT, size=_BODY)
        self._characters = frozenset(self.current_font.cmap if isinstance(self.current_font, TTFFont) else ())
        self.set_text_color(*_BLACK)
        self._foot = self._with_boxes(f"{sheet.seller} · {sheet.heading}")

    def drawable(self, sheet: InvoiceSheet) -> InvoiceSheet:
        """The sheet with a box for every character the font does not have."""
        return replace(
            sheet,
            heading=self._with_boxes(sheet.heading),
            seller=self._with_boxes(sheet.seller),
            buyer=tuple(map(self._with_boxes, sheet.buyer)),
            rows=tuple((self._with_boxes(name), quantity, price, total) for name, quantity, price, total in sheet.rows),
        )

    def _with_boxes(self, text: str) -> str:
        known = self._characters
        return "".join(char if ord(char) in known or char.isspace() else _BOX for char in text)

    def footer(self) -> None:
        """Called by fpdf2 at the end of each page."""
        self.set_y(-_MARGIN)
        self.set_font(style="", size=_SMALL)
        self.set_text_color(*_GREY)
        self.cell(0, _LINE, f"{self._foot} · {self.page_no()}", align="C")
        self.set_text_color(*_BLACK)


def _draw_heads(pdf: _Page, sheet: InvoiceSheet) -> None:
    pdf.set_font(style="B", size=_HEAD)
    pdf.multi_cell(0, _LINE * 2, sheet.heading, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(style="", size=_BODY)
    pdf.multi_cell(0, _LINE, sheet.seller, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(_LINE)
    for line in sheet.buyer:
        pdf.multi_cell(0, _LINE, line, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(_LINE)
    for label, text in sheet.facts:
        pdf.set_text_color(*_GREY)
        pdf.cell(45, _LINE, label)
        pdf.set_text_color(*_BLACK)
        pdf.multi_cell(0, _LINE, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(_LINE)


def _draw_lines(pdf: _Page, sheet: InvoiceSheet) -> None:
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


def _draw_totals(pdf: _Page, totals: Sequence[tuple[str, str]]) -> None:
    pdf.ln(_LINE / 2)
    pdf.set_font(style="B", size=_BODY)
    for label, text in totals:
        pdf.cell(pdf.epw * (1 - _COLUMNS[-1]), _LINE, label, align="R")
        pdf.cell(pdf.epw * _COLUMNS[-1], _LINE, text, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(style="", size=_BODY)
