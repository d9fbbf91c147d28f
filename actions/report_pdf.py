"""A report as a PDF to print or send on. Import it late: fpdf2 loads slowly.

Set in DejaVu Sans as invoices are (see ``actions.invoice_pdf``); a letter it lacks is drawn as a box.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

_MARGIN, _LINE = 15.0, 5.0  # millimetres
_FONT = "DejaVu"
_BODY, _HEAD, _SMALL = 8, 14, 8  # points
_WIDEST, _NARROWEST = 45, 6  # characters a column is given room for
_LANDSCAPE_FROM = 6  # columns
_GREY, _BLACK = (110, 110, 110), (20, 20, 20)
_BOX = "□"


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
    pdf = _Page(sheet)
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


class _Page(FPDF):
    """A page with the company and the report's title at its foot."""

    def __init__(self, sheet: ReportSheet) -> None:
        orientation = "landscape" if len(sheet.columns) >= _LANDSCAPE_FROM else "portrait"
        super().__init__(format="A4", orientation=orientation)
        self.set_creation_date(datetime.combine(sheet.printed_on, time(12), UTC))
        self.set_title(sheet.title)
        self.set_author(sheet.company)
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN + _LINE)
        fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
        self.add_font(_FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(_FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.set_font(_FONT, size=_BODY)
        self._characters = frozenset(self.current_font.cmap if isinstance(self.current_font, TTFFont) else ())
        self.set_text_color(*_BLACK)
        self._foot = self.drawable(f"{sheet.company} · {sheet.title}")

    def drawable(self, text: str) -> str:
        """The text with a box for every character the font does not have."""
        known = self._characters
        return "".join(char if ord(char) in known or char.isspace() else _BOX for char in text)

    def footer(self) -> None:
        """Called by fpdf2 at the end of each page."""
        self.set_y(-_MARGIN)
        self.set_font(style="", size=_SMALL)
        self.set_text_color(*_GREY)
        self.cell(0, _LINE, f"{self._foot} · {self.page_no()}", align="C")
        self.set_text_color(*_BLACK)


def _widths(sheet: ReportSheet) -> tuple[int, ...]:
    """Room by the longest cell of each column."""
    longest = [max(len(row[place]) for row in (sheet.columns, *sheet.rows)) for place in range(len(sheet.columns))]
    return tuple(min(_WIDEST, max(_NARROWEST, length)) for length in longest)
