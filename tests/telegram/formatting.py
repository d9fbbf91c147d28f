"""Telegram's HTML as the platform reads it: the visible text, or "can't parse entities"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from tests.telegram.description import BadCall

_TAGS = frozenset("b strong i em u ins s strike del code pre a tg-spoiler blockquote".split())
_STRAY = re.compile(r"&(?!(lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)")
MAX_ENTITIES = 100


@dataclass(frozen=True, slots=True)
class Formatted:
    """A message's visible text and how many formatted stretches it has."""

    text: str
    entities: int


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.entities = 0
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise BadCall(f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise BadCall(f'Bad Request: can\'t parse entities: Unexpected end tag "{tag}"')
        self.entities += 1

    def handle_data(self, data: str) -> None:
        self.text += data


def read_formatted(text: str, parse_mode: str | None) -> Formatted:
    """The visible text; raises BadCall for markup Telegram refuses."""
    if parse_mode is None:
        return Formatted(text, 0)
    if parse_mode != "HTML":
        raise BadCall("Bad Request: unsupported parse_mode")
    if _STRAY.search(text):
        # Telegram lets some of these pass; a client that escapes has none.
        raise BadCall("Bad Request: can't parse entities: a bare &")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.open:
        raise BadCall(f"Bad Request: can't parse entities: Can't find end tag of {reader.open[-1]}")
    return Formatted(reader.text, reader.entities)


def utf16_length(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2
