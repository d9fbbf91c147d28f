"""A record's card as blocks: its name and kind, then its facts in two columns, the long ones over the whole width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.slack.blocks import texts
from bot.channels.slack.blocks.links import record_url
from bot.channels.slack.blocks.messages import Block
from bot.channels.slack.blocks.sizes import FIELD_TEXT, SECTION_FIELDS, kept_length

_LONG = 120
"""A value of more characters than this, or of several lines, gets the whole width."""
_EMOJI = {
    "deal": "briefcase",
    "account": "office",
    "contact": "bust_in_silhouette",
    "user": "bust_in_silhouette",
    "task": "ballot_box_with_check",
    "ticket": "ticket",
    "activity": "speech_balloon",
    "order": "package",
    "invoice": "page_facing_up",
}


def card_blocks(card: Mapping[str, Any], *, base_url: str | None = None) -> list[Block]:
    """The blocks of a card part; its title leads to the record when ``base_url`` is known."""
    return [*_head(card, base_url), *_facts(card["fields"])]


def _head(card: Mapping[str, Any], base_url: str | None) -> list[Block]:
    title, *rest = texts.cut(card["title"], texts.PARAGRAPH) or [""]
    elements: list[Block] = []
    kind = str(card.get("ref") or "").partition(":")[0]
    if kind in _EMOJI:
        elements += [texts.emoji(_EMOJI[kind]), texts.run("  ")]
    if title and card.get("ref") and base_url is not None:
        elements.append(texts.link(record_url(base_url, card["ref"]), title, bold=True))
    elif title:
        elements.append(texts.run(title, bold=True))
    subtitle = texts.clean(card["subtitle"]).strip()
    if subtitle and not rest and kept_length(title + subtitle) < texts.PARAGRAPH:
        elements += [texts.run("\n"), texts.run(subtitle)]
        subtitle = ""
    blocks = [texts.rich(*elements)] if elements else []
    return [*blocks, *(texts.rich(texts.run(piece, bold=True)) for piece in rest), *texts.paragraphs(subtitle)]


def _facts(fields: Sequence[Sequence[str]]) -> list[Block]:
    blocks: list[Block] = []
    columns: list[Block] = []
    for label, value in ((texts.clean(label).strip(), texts.clean(value).strip()) for label, value in fields):
        if not label and not value:
            continue
        narrow = kept_length(value) <= _LONG and "\n" not in value and kept_length(label) + _LONG < FIELD_TEXT
        if narrow and label and value:
            columns.append(texts.labelled(label, value))
            continue
        blocks += _sections(columns)
        columns = []
        blocks += _wide(label, value)
    return [*blocks, *_sections(columns)]


def _sections(columns: Sequence[Block]) -> list[Block]:
    return [
        {"type": "section", "fields": list(columns[start : start + SECTION_FIELDS])}
        for start in range(0, len(columns), SECTION_FIELDS)
    ]


def _wide(label: str, value: str) -> list[Block]:
    if label and value and kept_length(label + value) < texts.PARAGRAPH:
        return [texts.rich(texts.run(label, bold=True), texts.run("\n"), *texts.runs(value))]
    return [*texts.paragraphs(label, bold=True), *texts.paragraphs(value)]
