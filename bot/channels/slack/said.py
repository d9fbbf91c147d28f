"""Slack's markup of what people write, as plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

_ENTITY = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


def mentioned(text: str) -> list[str]:
    """The ids of the people mentioned, in order."""
    return _MENTION.findall(text)


def as_plain(text: str, *, bot_user: str, names: Mapping[str, str]) -> str:
    """The text as it reads in Slack: links by what is shown, people by ``names`` (id to name), the assistant left out.

    >>> as_plain("<@UBOT> mail <mailto:kim@x.com|kim@x.com> &amp; <@U2>", bot_user="UBOT", names={"U2": "Riley"})
    'mail kim@x.com & Riley'
    """
    plain = _ENTITY.sub(lambda match: _shown(match[1], match[2], bot_user, names), text)
    return html.unescape(plain).strip().lstrip(",:").strip()


def _shown(target: str, label: str | None, bot_user: str, names: Mapping[str, str]) -> str:
    if target.startswith("@"):
        user = target[1:]
        return "" if user == bot_user else names.get(user, label or "")
    if target.startswith("#"):
        return f"#{label}" if label else ""
    if target.startswith("!"):
        # <!date^…|label>, <!subteam^S1|@group>, <!here>
        return label or ""
    if label:
        return label
    return target.removeprefix("mailto:").removeprefix("tel:")
