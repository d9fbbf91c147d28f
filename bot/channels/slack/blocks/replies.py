"""A reply as Slack messages: everything in it, in its order, in as few messages as Slack's limits allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.channels.slack.blocks import texts
from bot.channels.slack.blocks.cards import card_blocks
from bot.channels.slack.blocks.controls import control_blocks
from bot.channels.slack.blocks.messages import Audience, Block, FileUpload, SlackMessage, characters_in, texts_in
from bot.channels.slack.blocks.sizes import (
    BLOCKS_OF_MESSAGE,
    FILE_ALT_TEXT,
    FILE_TITLE,
    MESSAGE_CHARACTERS,
    MESSAGE_TEXT,
    TABLES_OF_MESSAGE,
    escape,
    kept_length,
)
from bot.channels.slack.blocks.tables import small_print, table_groups

_NOTIFICATION = 300
"""Characters of the text of a message that goes on after a first one."""

Group = list[Block]
"""Blocks that stay together where a message has room for them."""


def render_reply(body: Mapping[str, Any], *, audience: Audience, base_url: str | None = None) -> list[SlackMessage]:
    """The messages that say ``body`` (the form described in actions.reply); none when there is nothing to see.

    What a picture shows is also written out for an asker alone, since the picture itself has to go elsewhere.
    ``base_url`` is where records' pages are; without it titles are no links.
    """
    writing = _Writing()
    for part in body.get("parts", ()):
        match part["type"]:
            case "picture" | "document":
                writing.attach(_file(part))
                long = kept_length(texts.clean(part.get("alt", ""))) > FILE_ALT_TEXT
                if part["type"] == "picture" and (long or audience is Audience.ASKER):
                    writing.add(small_print(part["alt"]))
            case _:
                for group in _groups(part, base_url):
                    writing.add(group)
    writing.add(control_blocks(body))
    return writing.messages(spoken_text(body))


def _groups(part: Mapping[str, Any], base_url: str | None) -> Iterator[Group]:
    match part["type"]:
        case "text":
            yield from ([block] for block in texts.paragraphs(part["text"]))
        case "card":
            yield card_blocks(part, base_url=base_url)
        case "table":
            yield from table_groups(part)


def _file(part: Mapping[str, Any]) -> FileUpload:
    path = Path(part["path"])
    if part["type"] == "document":
        name = texts.shortened(part["name"], FILE_TITLE) or path.name
        return FileUpload(path=path, name=name, title=name)
    alt = texts.shortened(part["alt"], FILE_ALT_TEXT)
    # The words for a chart begin with its title: "Pipeline by stage (USD): Proposal 40,000, ...".
    title = texts.shortened(alt.split(": ", 1)[0], FILE_TITLE) or path.name
    return FileUpload(path=path, name=path.name, title=title, alt=alt)


def spoken_text(body: Mapping[str, Any]) -> str:
    """What notifications and screen readers get: the reply as lines of escaped text, up to the length Slack takes."""
    lines = [*(_spoken(part) for part in body.get("parts", ())), *(each["label"] for each in body.get("buttons", ()))]
    text = texts.clean("\n".join(line for line in lines if line.strip())).strip()
    pieces = texts.cut(text, MESSAGE_TEXT - 1)
    if len(pieces) > 1:
        return escape(pieces[0]) + "…"
    return escape(text)


def _spoken(part: Mapping[str, Any]) -> str:
    match part["type"]:
        case "text":
            return str(part["text"])
        case "card":
            head = ", ".join(filter(None, (part["title"], part["subtitle"])))
            return "\n".join([head, *(f"{label}: {value}" for label, value in part["fields"])])
        case "table":
            rows = ["; ".join(row) for row in part["rows"]]
            return "\n".join(filter(None, [part["title"], *rows, part["note"]]))
        case "picture":
            return str(part["alt"])
    return str(part["name"])


class _Writing:
    """Fills messages one after the other; a new one begins where a limit would be passed."""

    def __init__(self) -> None:
        self._done: list[tuple[list[Block], tuple[FileUpload, ...]]] = []
        self._blocks: list[Block] = []
        self._files: tuple[FileUpload, ...] = ()
        self._tables = 0
        self._characters = 0

    def attach(self, file: FileUpload) -> None:
        """Share a file after what has been written so far."""
        if self._blocks:
            self._close()
        self._files = (*self._files, file)

    def add(self, group: Sequence[Block]) -> None:
        """Write blocks, together where a message has room for them all."""
        lengths = [characters_in(block) for block in group]
        tables = sum(block["type"] == "table" for block in group)
        if not self._has_room(len(group), tables, sum(lengths)) and _fits(len(group), tables, sum(lengths)):
            self._close()
        for block, length in zip(group, lengths, strict=True):
            table = block["type"] == "table"
            if not self._has_room(1, table, length):
                self._close()
            self._blocks.append(block)
            self._tables += table
            self._characters += length

    def messages(self, text: str) -> list[SlackMessage]:
        """What has been written; ``text`` goes with the first message, the others say how they begin."""
        if self._blocks or self._files:
            self._close()
        return [
            SlackMessage(text=text if number == 0 else _beginning(blocks) or text, blocks=blocks, files=files)
            for number, (blocks, files) in enumerate(self._done)
        ]

    def _has_room(self, blocks: int, tables: int, characters: int) -> bool:
        return not self._blocks or _fits(
            len(self._blocks) + blocks, self._tables + tables, self._characters + characters
        )

    def _close(self) -> None:
        self._done.append((self._blocks, self._files))
        self._blocks, self._files, self._tables, self._characters = [], (), 0, 0


def _fits(blocks: int, tables: int, characters: int) -> bool:
    return blocks <= BLOCKS_OF_MESSAGE and tables <= TABLES_OF_MESSAGE and characters <= MESSAGE_CHARACTERS


def _beginning(blocks: Sequence[Block]) -> str:
    return escape(texts.shortened(" ".join(texts_in(blocks)), _NOTIFICATION))
