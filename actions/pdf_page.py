"""The page every document of ours is printed on. Import it late: fpdf2 loads slowly.

The text is set in DejaVu Sans, which matplotlib ships: the fonts built into PDF know Latin-1 only, and customers are
called Żółkiewska and Μαρία. A letter that DejaVu lacks (Chinese, say) is drawn as a box; fpdf2 would leave it out.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from fpdf import FPDF
from fpdf.fonts import TTFFont

GREY, BLACK = (110, 110, 110), (20, 20, 20)
_FONT = "DejaVu"
_SMALL, _FOOT_LINE = 8, 6.0  # points, millimetres
_BOX = "□"


class Page(FPDF):
    """An A4 page with ``author`` and ``title`` at its foot; the same document of the same day gives the same bytes.

    ``margin`` is in millimetres, ``body`` the text's size in points.
    """

    def __init__(
        self,
        *,
        title: str,
        author: str,
        day: date,
        margin: float,
        body: int,
        orientation: Literal["portrait", "landscape"] = "portrait",
    ) -> None:
        super().__init__(format="A4", orientation=orientation)
        self.set_creation_date(datetime.combine(day, time(12), UTC))
        self.set_title(title)
        self.set_author(author)
        self.set_lang("en")
        self.set_margin(margin)
        self.set_auto_page_break(True, margin=margin + _FOOT_LINE)
        self._margin = margin
        fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
        self.add_font(_FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(_FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.set_font(_FONT, size=body)
        self._characters = frozenset(self.current_font.cmap if isinstance(self.current_font, TTFFont) else ())
        self.set_text_color(*BLACK)
        self._foot = self.drawable(f"{author} · {title}")

    def drawable(self, text: str) -> str:
        """The text with a box for every character the font does not have."""
        known = self._characters
        return "".join(char if ord(char) in known or char.isspace() else _BOX for char in text)

    def footer(self) -> None:
        """Called by fpdf2 at the end of each page."""
        self.set_y(-self._margin)
        self.set_font(style="", size=_SMALL)
        self.set_text_color(*GREY)
        self.cell(0, _FOOT_LINE, f"{self._foot} · {self.page_no()}", align="C")
        self.set_text_color(*BLACK)
