"""What is handed to Slack: messages of blocks, the files that go with them, and modals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from bot.channels.slack.blocks.sizes import kept_length

Block = dict[str, Any]
"""One Block Kit object in its JSON form."""


class Audience(Enum):
    """Who reads a message: a conversation of one person, everybody in a channel, or the asker alone in a channel."""

    DIRECT = "direct"
    CHANNEL = "channel"
    ASKER = "asker"
    """Slack shows it to one person only, and takes no files with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUpload:
    """A file on disk to be shared. ``alt`` says what a picture shows ("" for other files), within Slack's limit."""

    path: Path
    name: str
    title: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """One message. ``text`` is what notifications and screen readers get, escaped; ``blocks`` what is seen.

    ``files`` are shared before the message. A message without blocks is only its files, ``text`` their comment.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)
    files: tuple[FileUpload, ...] = ()


def texts_in(found: object) -> Iterator[str]:
    """Every text that is seen in blocks."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key == "text" and isinstance(value, str):
                yield value
            elif not isinstance(value, str):
                yield from texts_in(value)
    elif isinstance(found, list | tuple):
        for item in found:
            yield from texts_in(item)


def characters_in(found: object) -> int:
    """How much text there is in blocks, by Slack's count."""
    return sum(kept_length(text) for text in texts_in(found))
