"""A record's card under a link to it that somebody has posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.slack.blocks.cards import card_blocks
from bot.channels.slack.blocks.messages import Block, characters_in
from bot.channels.slack.blocks.sizes import MESSAGE_CHARACTERS

_BLOCKS = 10
"""An unfurled card is a glance at a record; the whole of it is behind the link."""


def unfurl(body: Mapping[str, Any], *, base_url: str | None = None) -> Block | None:
    """What chat.unfurl shows for a link: the first card of a reply, without anything to use; None when it has none."""
    card = next((part for part in body.get("parts", ()) if part["type"] == "card"), None)
    if card is None:
        return None
    shown: list[Block] = []
    for block in card_blocks(card, base_url=base_url)[:_BLOCKS]:
        if characters_in([*shown, block]) > MESSAGE_CHARACTERS:
            break
        shown.append(block)
    return {"blocks": shown}
