"""Replies as Rasa's messages, and back.

A sentence is a message with ``text``; a card, table, picture or document is ``custom``, in the form of actions.reply,
and so is a menu. Buttons hang on the reply's last sentence, as Rasa has them: ``title`` and ``payload``, with
``style``, ``single_use`` and ``asks`` beside them, which other channels ignore.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, get_args

from actions.reply import Button, ButtonStyle, Menu, Option, Part, Reply, Text, part_from_json, part_to_json
from bot.errors import EngineUnavailable
from bot.rasa.client import RasaMessage

_MENU = "menu"
_PERSONAL = "personal"
_STYLES: frozenset[str] = frozenset(get_args(ButtonStyle))


def to_rasa(reply: Reply) -> list[dict[str, Any]]:
    """What an action tells its dispatcher to say."""
    messages = [_message(part) for part in reply.parts]
    if reply.buttons:
        buttons = [
            {"title": b.label, "payload": b.command, "style": b.style, "single_use": b.single_use, "asks": b.asks}
            for b in reply.buttons
        ]
        carrier = next((message for message in reversed(messages) if "text" in message), None)
        if carrier is None:
            carrier = {"text": ""}
            messages.append(carrier)
        carrier["buttons"] = buttons
    messages += ({"json_message": {"type": _MENU, **asdict(menu)}} for menu in reply.menus)
    if reply.personal:
        messages.append({"json_message": {"type": _PERSONAL}})
    return messages


def _message(part: Part) -> dict[str, Any]:
    return {"text": part.text} if isinstance(part, Text) else {"json_message": part_to_json(part)}


def add_to(reply: Reply, messages: Iterable[RasaMessage]) -> None:
    """Put what Rasa answered into a reply; raises EngineUnavailable for a card nobody can read."""
    for message in messages:
        if message.text:
            reply.parts.append(Text(message.text))
        if message.image:
            # Our own pictures come as cards; this one is a response's of somebody's domain.yml, and lies elsewhere.
            reply.parts.append(Text(message.image))
        if message.custom and message.custom.get("type") == _MENU:
            reply.menus.append(_menu(message.custom))
        elif message.custom and message.custom.get("type") == _PERSONAL:
            reply.personal = True
        elif message.custom:
            reply.parts.append(_part(message.custom))
        for button in message.buttons:
            reply.buttons.append(_button(button))


def _part(custom: dict[str, Any]) -> Part:
    try:
        return part_from_json(custom)
    except (KeyError, ValueError, TypeError) as err:
        raise EngineUnavailable(f"Rasa answered with a custom message of no known form: {err}") from err


def _menu(custom: dict[str, Any]) -> Menu:
    try:
        return Menu(label=str(custom["label"]), options=tuple(Option(**option) for option in custom["options"]))
    except (KeyError, TypeError) as err:
        raise EngineUnavailable(f"Rasa answered with a menu of no known form: {err}") from err


def _button(button: dict[str, Any]) -> Button:
    style = button.get("style")
    return Button(
        label=str(button.get("title", ""))[:75],
        command=str(button.get("payload", "")),
        style=style if style in _STYLES else "default",
        single_use=bool(button.get("single_use", False)),
        asks="phone" if button.get("asks") == "phone" else None,
    )
