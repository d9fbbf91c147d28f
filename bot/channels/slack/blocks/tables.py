"""Tables as Slack's table blocks: as many as it takes, since one holds 100 rows of 20 cells and so many characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from bot.channels.slack.blocks import texts
from bot.channels.slack.blocks.messages import Block
from bot.channels.slack.blocks.sizes import CONTEXT_TEXT, TABLE_COLUMNS, TABLE_ROWS, kept_length

_CHARACTERS = 6_000
"""Characters of one table; less than Slack takes, so that its title and note fit into the same message."""
_EMPTY = "–"
_HEADING_AGAIN = 40
"""Characters of a column's heading when it is repeated over the next piece of a table."""

Row = tuple[str, ...]


def table_groups(table: Mapping[str, Any]) -> list[list[Block]]:
    """The table in groups of blocks, each with at most one table block and fit for one message of its own."""
    title = texts.paragraphs(table["title"], bold=True)
    tables = [_block(piece) for piece in _pieces(table)]
    note = small_print(table["note"])
    if not tables:
        return [[*title, *note]] if title or note else []
    groups = [[each] for each in tables]
    groups[0] = [*title, *groups[0]]
    groups[-1] = [*groups[-1], *note]
    return groups


def small_print(text: str) -> list[Block]:
    """A note in Slack's small print."""
    return [{"type": "context", "elements": [texts.plain(piece)]} for piece in texts.cut(text, CONTEXT_TEXT)]


class _Piece:
    """A part of a table that fits into one block."""

    def __init__(self, settings: list[Block], rows: list[Row]) -> None:
        self.settings = settings
        self.rows = rows


def _pieces(table: Mapping[str, Any]) -> Iterator[_Piece]:
    columns = [(str(label), str(kind)) for label, kind in table["columns"]]
    rows = [tuple(map(str, row)) for row in table["rows"]]
    width = max([len(columns), *map(len, rows)])
    columns += [("", "text")] * (width - len(columns))
    rows = [row + ("",) * (width - len(row)) for row in rows]
    # Where there are more columns than a table takes, the first is shown again: it says whose row it is.
    for start in [0, *range(TABLE_COLUMNS, width, TABLE_COLUMNS - 1)] if width else []:
        chosen = list(range(TABLE_COLUMNS)) if start == 0 else [0, *range(start, start + TABLE_COLUMNS - 1)]
        chosen = [number for number in chosen if number < width]
        settings: list[Block] = [
            {"align": "right"} if columns[number][1] == "number" else {"is_wrapped": True} for number in chosen
        ]
        heading = tuple(columns[number][0] for number in chosen)
        for group in _grouped(heading, [tuple(row[number] for number in chosen) for row in rows]):
            yield _Piece(settings, group)


def _grouped(heading: Row, rows: Sequence[Row]) -> Iterator[list[Row]]:
    again = tuple(texts.shortened(label, _HEADING_AGAIN) for label in heading)
    group: list[Row] = []
    used = 0
    for line in (line for row in (heading, *rows) for line in _lines(row)):
        length = sum(kept_length(cell) for cell in line)
        if group and (len(group) == TABLE_ROWS or used + length > _CHARACTERS):
            yield group
            group, used = [again], sum(kept_length(cell) for cell in again)
        group.append(line)
        used += length
    yield group


def _lines(row: Row) -> Iterator[Row]:
    """The row, in several where one of its cells is too long for one."""
    limit = _CHARACTERS // 2 // len(row)
    for line in zip_longest(*(texts.cut(cell, limit) or [""] for cell in row), fillvalue=""):
        yield tuple(line)


def _block(piece: _Piece) -> Block:
    return {
        "type": "table",
        "column_settings": piece.settings,
        "rows": [[{"type": "raw_text", "text": cell or _EMPTY} for cell in row] for row in piece.rows],
    }
