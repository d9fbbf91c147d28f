"""What a channel heard besides words: a start through a link, a shared phone number. Each stands for a command.

Channels alone write these; nothing a person types ends up here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from actions.call import Command

SHARING_PHONES = frozenset({"telegram"})
"""Channels on which people can pass on their own number, with the platform's word that it is theirs."""


def command_of(attachments: Iterable[dict[str, Any]]) -> Command | None:
    """The command of the first signal among a message's attachments; None when there is none."""
    for attachment in attachments:
        match attachment:
            case {"kind": "start", "link": ""}:
                return Command("help")
            case {"kind": "start", "link": str(link)}:
                return Command("sign_in", {"link": link})
            case {"kind": "contact", "own": True, "phone": str(phone)}:
                return Command("sign_in", {"own_phone": phone})
            case {"kind": "contact"}:
                return Command("sign_in", {"code": "phone"})
    return None
