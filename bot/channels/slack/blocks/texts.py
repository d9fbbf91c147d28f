"""Texts in Block Kit: said exactly as they are, whatever they hold, and cut where a reader would pause."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from bot.channels.slack.blocks.messages import Block
from bot.channels.slack.blocks.sizes import escape, kept_length

PARAGRAPH = 2_800
"""Characters of one rich-text block; Slack names no limit for it, so it stays below that of a section."""

# Control characters but newline and tab, lone surrogates, and the marks that could show text backwards.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_URL = re.compile(r"https?://[^\s<>\"|]{2,2000}[^\s<>\"|.,;:!?)\]}']")
# What Slack's markup would read as something else: styles, code, emoji names, quotes.
_MARKUP = re.compile(r"[*_~`]|:[\w+-]+:|^\s*(?:>|[•◦])", re.MULTILINE)
_PAUSES = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…。])\s+"), re.compile(r"\s+"))


def clean(text: str) -> str:
    """The text without what no reader sees and Slack may refuse; line ends are newlines."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(text: str) -> Block:
    """A plain text object: no markup, no emoji names."""
    return {"type": "plain_text", "text": text, "emoji": False}


def labelled(label: str, value: str) -> Block:
    """A label over its value, for a section's fields; the label is bold where the markup cannot misread either."""
    if _MARKUP.search(label) or _MARKUP.search(value):
        return plain(f"{label}\n{value}")
    shown = f"<{escape(value)}>" if _URL.fullmatch(value) else escape(value)
    return {"type": "mrkdwn", "text": f"*{escape(label)}*\n{shown}", "verbatim": True}


def linked(url: str, title: str, detail: str) -> Block:
    """A linked title over a line about it; for texts in which ``labelled`` finds nothing to misread, without "|"."""
    return {"type": "mrkdwn", "text": f"*<{escape(url)}|{escape(title)}>*\n{escape(detail)}", "verbatim": True}


def rich(*elements: Block) -> Block:
    """A rich-text block of one paragraph."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def run(text: str, **style: bool) -> Block:
    """A stretch of rich text, said exactly as it is."""
    element: dict[str, Any] = {"type": "text", "text": text}
    return element | {"style": style} if style else element


def link(url: str, text: str, **style: bool) -> Block:
    """A link in rich text."""
    element: dict[str, Any] = {"type": "link", "url": url, "text": text}
    return element | {"style": style} if style else element


def emoji(name: str) -> Block:
    """An emoji in rich text, by Slack's name of it."""
    return {"type": "emoji", "name": name}


def runs(text: str, **style: bool) -> list[Block]:
    """The text as rich-text elements; web addresses in it become links."""
    elements: list[Block] = []
    done = 0
    for match in _URL.finditer(text):
        if match.start() > done:
            elements.append(run(text[done : match.start()], **style))
        elements.append(link(match[0], match[0], **style))
        done = match.end()
    if done < len(text):
        elements.append(run(text[done:], **style))
    return elements


def paragraphs(text: str, **style: bool) -> list[Block]:
    """The text as rich-text blocks, as many as it needs."""
    return [rich(*runs(piece, **style)) for piece in cut(text, PARAGRAPH)]


def cut(text: str, limit: int) -> list[str]:
    """The cleaned text in pieces of at most ``limit`` characters by Slack's count, none of them blank.

    Cuts fall between paragraphs, lines, sentences or words where there are any; only white space is lost there.
    """
    return list(_cut(clean(text).strip(), limit))


def _cut(text: str, limit: int) -> Iterator[str]:
    while kept_length(text) > limit:
        end = _longest(text, limit)
        piece = text[: _pause(text, end)]
        if piece.strip():
            yield piece.rstrip()
        text = text[len(piece) :].lstrip()
    if text:
        yield text


def shortened(text: str, limit: int) -> str:
    """The cleaned text on one line, cut with an ellipsis where it is longer than ``limit``."""
    line = " ".join(clean(text).split())
    if kept_length(line) <= limit:
        return line
    return line[: _whole_character(line, _longest(line, limit - 1))].rstrip() + "…"


def _longest(text: str, limit: int) -> int:
    """How many characters of the text fit into ``limit``; at least one."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if kept_length(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _pause(text: str, end: int) -> int:
    """Where to cut at or before ``end``: the last pause in its second half, else between two whole characters."""
    for pattern in _PAUSES:
        ends = [match.end() for match in pattern.finditer(text, end // 2, end) if match.end() <= end]
        if ends:
            return ends[-1]
    return _whole_character(text, end)


def _whole_character(text: str, end: int) -> int:
    """``end``, or a little less of it where an emoji or an accented letter would be torn apart."""
    for position in range(end, max(0, end - 20), -1):
        if position >= len(text) or not (_joins(text[position]) or text[position - 1] == "\u200d"):
            return position
    return end


def _joins(char: str) -> bool:
    """Whether the character belongs to the one before it (a simplification of Unicode's UAX 29)."""
    return (
        unicodedata.combining(char) > 0
        or char in "\u200d\ufe0e\ufe0f\u20e3"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or unicodedata.category(char) in {"Mn", "Me", "Mc"}
    )
