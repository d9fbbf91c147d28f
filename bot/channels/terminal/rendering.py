"""Replies as text for a terminal, a pipe or a file.

Width, colours and box characters follow where the output goes: none of them in a pipe. Nothing a person or a record
contains can control the terminal: control and text-direction characters are dropped, and no markup is read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_PIPE_WIDTH = 120
_LONGEST_MENU = 6
# All control characters but newline, then the directional overrides and isolates, which could show text backwards.
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def make_console(file: TextIO | None = None, *, width: int | None = None) -> Console:
    """A console on ``file`` (standard output). Without a terminal there: no colour, and lines of 120 characters."""
    stream = file if file is not None else sys.stdout
    if stream.isatty():
        return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    return Console(
        file=stream, width=width or _PIPE_WIDTH, highlight=False, markup=False, emoji=False, color_system=None
    )


def render(console: Console, body: dict[str, Any]) -> None:
    """Print a reply in the form described in actions.reply; its buttons and menus are numbered from 1."""
    drawn = console.is_terminal
    for part in body.get("parts", []):
        # A pipe gets each paragraph as one line, for the program that reads it.
        console.print(_part(part, drawn), soft_wrap=not drawn and part["type"] in {"text", "card"})
    number = 1
    for label, choices in _rows(body):
        console.print(_row(label, choices, first=number))
        number += len(choices)


def choices_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    """What the numbers under a reply stand for, from 1: the token and how the choice is said."""
    return [(each["token"], each.get("said", each["label"])) for _, choices in _rows(body) for each in choices]


def _rows(body: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if body.get("buttons"):
        yield "", body["buttons"]
    asked = {button["label"] for button in body.get("buttons", [])}
    for menu in body.get("menus", []):
        # A long menu would fill the screen under every card, and what a button asks for needs none: both can be said.
        if len(menu["options"]) <= _LONGEST_MENU and menu["label"] not in asked:
            yield menu["label"], menu["options"]


def render_plain(body: dict[str, Any]) -> None:
    """Print a reply on standard output."""
    render(make_console(), body)


def clean(text: str) -> str:
    """The text without anything that could control a terminal; tabs become spaces."""
    return _UNSAFE.sub("", text.replace("\t", "    ").replace("\r\n", "\n"))


def _part(part: dict[str, Any], drawn: bool) -> RenderableType:
    match part["type"]:
        case "text":
            return Text(clean(part["text"]))
        case "card":
            return _card(part, drawn)
        case "table":
            return _table(part, drawn)
        case "picture":
            return _file("Picture", part["alt"], part["path"])
        case "document":
            return _file("Document", part["name"], part["path"])
    return Text(f"({clean(str(part['type']))})", style="dim")


def _card(card: dict[str, Any], drawn: bool) -> RenderableType:
    title = Text(clean(card["title"]), style="bold")
    if not drawn:
        return Text("\n".join(_card_lines(card)))
    fields = Table.grid(padding=(0, 2, 0, 0))
    fields.add_column(style="dim", max_width=24)
    fields.add_column(overflow="fold")
    for label, value in card["fields"]:
        fields.add_row(Text(clean(label)), Text(clean(value)))
    subtitle = [Text(clean(card["subtitle"]), style="dim")] if card["subtitle"] else []
    content = Group(*subtitle, fields)
    return Panel(content, title=title, title_align="left", border_style="cyan", box=box.ROUNDED, expand=False)


def _card_lines(card: dict[str, Any]) -> Iterator[str]:
    yield clean(card["title"])
    if card["subtitle"]:
        yield clean(card["subtitle"])
    width = max((len(clean(label)) for label, _ in card["fields"]), default=0)
    for label, value in card["fields"]:
        for number, line in enumerate(clean(value).split("\n")):
            yield f"  {'' if number else clean(label):<{width}}  {line}"


def _table(table: dict[str, Any], drawn: bool) -> RenderableType:
    drawing = Table(box=box.SIMPLE_HEAD if drawn else box.ASCII2, pad_edge=False, show_edge=False)
    for label, kind in table["columns"]:
        numeric = kind == "number"
        drawing.add_column(Text(clean(label)), justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in table["rows"]:
        drawing.add_row(*(Text(clean(cell)) for cell in row))
    # Not Rich's own title and caption: they would be wrapped to the width of the table.
    title = [Text(clean(table["title"]), style="bold")] if table["title"] else []
    note = [Text(clean(table["note"]), style="dim")] if table["note"] else []
    return Group(*title, drawing, *note)


def _file(kind: str, name: str, path: str) -> RenderableType:
    # The path stays on one line of its own, so that it can be copied or clicked.
    line = Text(f"{kind}: {clean(name)}\n", no_wrap=False)
    return line.append(clean(str(Path(path))), style="underline")


def _row(label: str, choices: list[dict[str, Any]], *, first: int) -> Text:
    line = Text()
    if label:
        line.append(f"{clean(label)}:  ", style="dim")
    for number, choice in enumerate(choices, start=first):
        if number > first:
            line.append("   ")
        line.append(f"[{number}]", style="bold cyan")
        # Kept together, so that a number is never torn from its label.
        line.append("\N{NO-BREAK SPACE}" + clean(choice["label"]).replace(" ", "\N{NO-BREAK SPACE}"))
    return line
