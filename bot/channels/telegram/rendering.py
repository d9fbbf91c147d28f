"""Replies for a phone: parts become a few messages, each within Telegram's limits."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bot.channels.telegram.rich_text import MAX_CAPTION, MAX_TEXT, RichText, Run, split

MAX_CALLBACK_DATA = 64
"""Bytes a button may carry."""
MAX_BUTTONS = 100
_NARROW = 34
"""Characters of a table that fit beside each other on a phone."""
_SHORT_LABEL = 18
"""Labels up to this length stand two in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A button under a message. ``style`` is Telegram's name of its colour; None: the usual one.

    ``asks_phone``: pressing it sends the person's own number, which Telegram does only from the phone's own keyboard.
    """

    label: str
    data: str
    style: Literal["primary", "danger"] | None = None
    asks_phone: bool = False


Keyboard = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One message: a text, or a file with ``text`` as its caption. The keyboard hangs on the last one of a reply."""

    text: RichText = ()
    picture: Path | None = None
    document: Path | None = None
    file_name: str = ""
    keyboard: Keyboard = ()


def to_pieces(body: dict[str, Any]) -> list[Piece]:
    """The messages a reply (in the form of actions.reply) becomes, in order. An empty reply becomes none."""
    pieces: list[Piece] = []
    running: list[Run] = []
    for part in body.get("parts", []):
        if part["type"] in {"picture", "document"}:
            pieces += _texts(running)
            running = []
            pieces += _file(part)
            continue
        if running:
            running.append(Run("\n\n"))
        running += _runs(part)
    pieces += _texts(running)
    return _with_keyboard(pieces, body.get("buttons", []))


def _texts(runs: Iterable[Run]) -> list[Piece]:
    return [Piece(text=text) for text in split(runs, MAX_TEXT)]


def _file(part: dict[str, Any]) -> Iterator[Piece]:
    if part["type"] == "document":
        yield Piece(document=Path(part["path"]), file_name=part["name"])
        return
    caption, *rest = split([Run(part["alt"])], MAX_CAPTION) or [()]
    yield Piece(picture=Path(part["path"]), text=caption)
    yield from (Piece(text=text) for text in rest)


def _runs(part: dict[str, Any]) -> Iterator[Run]:
    match part["type"]:
        case "text":
            yield Run(part["text"])
        case "card":
            yield from _card(part)
        case "table":
            yield from _table(part)
        case unknown:
            raise ValueError(f"unknown part {unknown!r}")


def _card(card: dict[str, Any]) -> Iterator[Run]:
    yield Run(card["title"], "b")
    if card["subtitle"]:
        yield Run(f"\n{card['subtitle']}")
    for label, value in card["fields"]:
        yield Run("\n")
        yield Run(f"{label}:", "i")
        yield Run(f" {value}")


def _table(table: dict[str, Any]) -> Iterator[Run]:
    yield Run(table["title"], "b")
    yield Run("\n")
    labels = [label for label, _ in table["columns"]]
    widths = [max(_width(row[n]) for row in [labels, *table["rows"]]) for n in range(len(labels))]
    if sum(widths) + 2 * (len(widths) - 1) <= _NARROW:
        yield Run(_grid(table, widths), "pre")
    else:
        yield from _list(labels, table["rows"])
    if table["note"]:
        yield Run(f"\n{table['note']}")


def _grid(table: dict[str, Any], widths: list[int]) -> str:
    numbers = [kind == "number" for _, kind in table["columns"]]
    rows = [[label for label, _ in table["columns"]], *table["rows"]]
    return "\n".join(
        "  ".join(
            " " * (width - _width(cell)) + cell if right else cell + " " * (width - _width(cell))
            for cell, width, right in zip(row, widths, numbers, strict=True)
        ).rstrip()
        for row in rows
    )


def _list(labels: list[str], rows: list[list[str]]) -> Iterator[Run]:
    """A table too wide for a phone: a heading per row, and its other columns below."""
    for number, row in enumerate(rows):
        if number:
            yield Run("\n")
        yield Run(row[0], "b")
        cells = [f"{label}: {cell}" for label, cell in zip(labels[1:], row[1:], strict=True) if cell]
        yield Run("\n" + " · ".join(cells) if cells else "")


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _with_keyboard(pieces: list[Piece], buttons: list[dict[str, Any]]) -> list[Piece]:
    keys = [_key(button) for button in buttons[:MAX_BUTTONS]]
    if not keys:
        return pieces
    last = pieces.pop() if pieces else Piece(text=(Run("…"),))
    return [*pieces, replace(last, keyboard=tuple(_rows(keys)))]


def _key(button: dict[str, Any]) -> Key:
    data = button["token"]
    if not 1 <= len(data.encode()) <= MAX_CALLBACK_DATA:
        raise ValueError(f"a button's token has {len(data.encode())} bytes, Telegram takes {MAX_CALLBACK_DATA}")
    style = button["style"]
    return Key(
        label=button["label"],
        data=data,
        style=style if style in {"primary", "danger"} else None,
        asks_phone=button.get("asks") == "phone",
    )


def _rows(keys: list[Key]) -> Iterator[tuple[Key, ...]]:
    waiting: Key | None = None
    for key in keys:
        if len(key.label) > _SHORT_LABEL:
            if waiting is not None:
                yield (waiting,)
                waiting = None
            yield (key,)
        elif waiting is None:
            waiting = key
        else:
            yield (waiting, key)
            waiting = None
    if waiting is not None:
        yield (waiting,)
