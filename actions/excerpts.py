"""From an article in Markdown to the part of it that is worth quoting, as plain text."""

from __future__ import annotations

import re

LIMIT = 600
"""So many characters are quoted at most."""

_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_ITEM = re.compile(r"\s*(?:[-*+]|[0-9]+[.)])\s+")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-{2,}.*")
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)")


def plain_text(markdown: str) -> str:
    """Markdown without its marks: wrapped lines joined, list items and table rows on lines of their own."""
    paragraphs = [_plain_paragraph(block) for block in re.split(r"\n\s*\n", markdown.strip())]
    return "\n\n".join(filter(None, paragraphs))


def excerpt(markdown: str, passage: str, *, limit: int = LIMIT) -> str:
    """The paragraphs around ``passage`` (text found in the article), at most ``limit`` characters of plain text.

    It begins as early in the article as it can and still hold the passage; what does not fit ends with a sentence.
    """
    paragraphs = plain_text(markdown).split("\n\n")
    found = _paragraph_of(paragraphs, plain_text(passage))
    first = next(i for i in range(found + 1) if i == found or len("\n\n".join(paragraphs[i : found + 1])) <= limit)
    return shorten("\n\n".join(paragraphs[first:]), limit)


def shorten(text: str, limit: int) -> str:
    """``text``, cut after the last sentence or line within ``limit`` characters, or in mid-sentence with "…"."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    ends = [match.end() for match in _SENTENCE_END.finditer(text[: limit + 1]) if match.end() <= limit]
    # "1. Open ..." has a full stop after its number that ends no sentence.
    ends = [end for end in ends if not re.search(r"(?:^|\n)\s*[0-9]+\.$", head[:end])]
    lines = [match.start() for match in re.finditer(r"\n", head)]
    end = max([*ends, *lines], default=0)
    if end >= limit // 3:
        return head[:end].rstrip()
    space = head[: limit - 1].rfind(" ")
    return head[: space if space > 0 else limit - 1].rstrip() + "…"


def _plain_paragraph(block: str) -> str:
    lines: list[str] = []
    for line in _HEADING.sub("", block).splitlines():
        if _TABLE_RULE.fullmatch(line):
            continue
        if line.lstrip().startswith("|"):
            lines.append(" · ".join(cell.strip() for cell in line.strip().strip("|").split("|")))
        elif not lines or _ITEM.match(line) or lines[-1].endswith("  "):
            lines.append(line.strip())
        else:
            lines[-1] = f"{lines[-1]} {line.strip()}"
    return _EMPHASIS.sub(r"\2", _LINK.sub(_link_text, "\n".join(lines))).strip()


def _link_text(match: re.Match[str]) -> str:
    text, target = match[1], match[2]
    return text if text == target or not target.startswith("http") else f"{text} ({target})"


def _paragraph_of(paragraphs: list[str], passage: str) -> int:
    """The paragraph that shares most words with the passage."""
    wanted = set(passage.split())
    shared = [len(wanted & set(paragraph.split())) for paragraph in paragraphs]
    return shared.index(max(shared))
