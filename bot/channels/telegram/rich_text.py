"""Formatted text for Telegram: runs of text with a style, cut to the platform's length before they become HTML.

Cutting happens on the runs and not on the HTML, so that no tag and no escaped character is ever broken in two.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

Style = Literal["", "b", "i", "pre"]

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_STYLED = 100
"""Telegram drops the formatting of what comes after so many entities."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some text in one style."""

    text: str
    style: Style = ""

    def to_html(self) -> str:
        """The run as Telegram's HTML."""
        escaped = html.escape(self.text, quote=False)
        return f"<{self.style}>{escaped}</{self.style}>" if self.style and self.text.strip() else escaped


RichText = tuple[Run, ...]


def to_html(runs: Iterable[Run]) -> str:
    """Runs as Telegram's HTML."""
    return "".join(run.to_html() for run in runs)


def to_plain(runs: Iterable[Run]) -> str:
    """Runs as text without any formatting."""
    return "".join(run.text for run in runs)


def length(text: str) -> int:
    """Length as Telegram counts it: in UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def split(runs: Iterable[Run], limit: int = MAX_TEXT, *, styled: int = MAX_STYLED) -> list[RichText]:
    """Pieces of at most ``limit`` code units and ``styled`` formatted runs, none of them blank.

    Cuts are made between paragraphs, else lines, else words, else anywhere; only white space at a cut is dropped.
    """
    pieces: list[RichText] = []
    rest = tuple(run for run in runs if run.text)
    while rest:
        head, rest = _cut(rest, limit, styled)
        head = _stripped(head)
        if to_plain(head).strip():
            pieces.append(head)
    return pieces


def _cut(runs: RichText, limit: int, styled: int) -> tuple[RichText, RichText]:
    room = _room(runs, limit, styled)
    text = to_plain(runs)
    if room >= len(text):
        return runs, ()
    at = _best_cut(text, room)
    return tuple(_slice(runs, 0, at)), tuple(_slice(runs, at, len(text)))


def _room(runs: RichText, limit: int, styled: int) -> int:
    """How many characters from the start fit."""
    units = position = formatted = 0
    for run in runs:
        formatted += bool(run.style)
        if formatted > styled:
            return position
        for char in run.text:
            units += 2 if char > "\uffff" else 1
            if units > limit:
                return position
            position += 1
    return position


def _best_cut(text: str, room: int) -> int:
    for separator in ("\n\n", "\n", " "):
        # The separator itself may lie behind the limit: it is dropped anyway. A cut that leaves less than a quarter
        # of a message would make many short ones.
        at = text.rfind(separator, room // 4, room + len(separator))
        if at > 0:
            return at
    # Never between a letter and the accents or joiners that belong to it, unless there is nothing else.
    at = room
    while at > room // 2 and _continues(text[at]):
        at -= 1
    return at if at > room // 2 else room


def _continues(char: str) -> bool:
    return char in "\u200d\ufe0e\ufe0f" or "\u0300" <= char <= "\u036f" or "\U0001f3fb" <= char <= "\U0001f3ff"


def _slice(runs: RichText, start: int, end: int) -> Iterator[Run]:
    position = 0
    for run in runs:
        first, last = max(start - position, 0), min(end - position, len(run.text))
        if first < last:
            yield replace(run, text=run.text[first:last])
        position += len(run.text)


def _stripped(runs: RichText) -> RichText:
    text = to_plain(runs)
    start = len(text) - len(text.lstrip("\n "))
    # Spaces before the first word of a table are its layout, those of a sentence are not.
    if runs and runs[0].style == "pre":
        start = len(text) - len(text.lstrip("\n"))
    return tuple(_slice(runs, start, len(text.rstrip())))
