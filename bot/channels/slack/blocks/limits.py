"""Whether Slack would take a payload: used by the tests and by the stand-in for Slack that they talk to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bot.channels.slack.blocks.layout import Message, View
from bot.channels.slack.blocks.schema import Part

_OF_MESSAGES = ("text", "blocks", "attachments")


def check_message(payload: Mapping[str, Any]) -> list[str]:
    """What Slack would refuse in the text, blocks and attachments of a message; empty when nothing.

    ``payload`` are the arguments of chat.postMessage and its relatives; the others are not looked at.
    """
    return _check(Message, {key: payload[key] for key in _OF_MESSAGES if payload.get(key) is not None})


def check_view(view: Mapping[str, Any]) -> list[str]:
    """What Slack would refuse in a modal or the App Home; empty when nothing."""
    return _check(View, dict(view))


def _check(kind: type[Part], payload: Mapping[str, Any]) -> list[str]:
    try:
        kind.model_validate(payload)
    except ValidationError as refused:
        return [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in refused.errors(include_url=False)]
    return []
