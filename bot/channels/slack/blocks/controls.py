"""What people use under a message: buttons, menus and calendars.

An ``action_id`` says what was used: "press:<n>" a button and "choose:<n>" a menu, both with an offer's token as value;
"fill:<field>:<ref>" a field of a record changed in place; "open:<form>:<ref>" a button that opens a modal, with
a form's first values in JSON as value where it is about no record;
"share:0" the button that shows an answer to the whole channel.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.channels.slack.blocks import texts
from bot.channels.slack.blocks.messages import Block, characters_in
from bot.channels.slack.blocks.sizes import (
    ACTIONS_ELEMENTS,
    BUTTON_TEXT,
    BUTTON_VALUE,
    OPTION_TEXT,
    OPTIONS,
    PLACEHOLDER,
    kept_length,
    units,
)

SHARE = "share:0"
_ROW_CHARACTERS = 8_000
"""Text of one row of controls; the menus of a message must share what a message may hold."""


def control_blocks(body: Mapping[str, Any]) -> list[Block]:
    """The rows of controls under a reply; a label longer than a control holds is written out above them."""
    menus = list(body.get("menus", ()))
    instead = {menu["label"] for menu in menus}
    # A menu saves the question that a button of the same name would lead to.
    buttons = [button for button in body.get("buttons", ()) if button["label"] not in instead]
    labels = [*(button["label"] for button in buttons), *_labels_of(menus)]
    pressed = [_button(number, button) for number, button in enumerate(buttons)]
    changed = [*_menus(menus), *_edits(body.get("parts", ())), *_forms(body.get("forms", ()))]
    return [*_written_out(labels), *in_rows(pressed), *in_rows(changed)]


def in_rows(elements: Sequence[Block]) -> list[Block]:
    """The elements in as many rows as they need."""
    rows: list[list[Block]] = [[]]
    characters = 0
    for element in elements:
        length = characters_in(element)
        if rows[-1] and (len(rows[-1]) == ACTIONS_ELEMENTS or characters + length > _ROW_CHARACTERS):
            rows.append([])
            characters = 0
        rows[-1].append(element)
        characters += length
    return [{"type": "actions", "elements": row} for row in rows if row]


def button(label: str, action_id: str, *, value: str | None = None, style: str = "default") -> Block:
    """A button; of a label that is too long the beginning is shown."""
    made: Block = {"type": "button", "text": _label(label, BUTTON_TEXT), "action_id": action_id}
    if value is not None:
        made["value"] = value
    if style in {"primary", "danger"}:
        made["style"] = style
    return made


def option(label: str, value: str) -> Block:
    """One choice of a menu."""
    return {"text": _label(label, OPTION_TEXT), "value": value}


def _button(number: int, offered: Mapping[str, Any]) -> Block:
    return button(
        offered["label"], f"press:{number}", value=offered["token"], style=str(offered.get("style", "default"))
    )


def _menus(menus: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    number = 0
    for menu in menus:
        options = menu["options"]
        for start in range(0, len(options), OPTIONS):
            yield {
                "type": "static_select",
                "action_id": f"choose:{number}",
                "placeholder": _label(menu["label"], PLACEHOLDER),
                "options": [option(each["label"], each["token"]) for each in options[start : start + OPTIONS]],
            }
            number += 1


def _edits(parts: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    seen: set[str] = set()
    for part in parts:
        ref = part.get("ref") if part.get("type") == "card" else None
        if ref is None or ref in seen:
            continue
        seen.add(ref)
        for edit in part.get("edits", ()):
            yield _edit(ref, edit)


def _forms(forms: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    for offered in forms:
        said = json.dumps(offered["said"], ensure_ascii=False, separators=(",", ":"))
        # What does not fit is left to be typed: a form with half a value in it would be worse than an empty one.
        value = said if units(said) <= BUTTON_VALUE else "{}"
        yield button(offered["label"], f"open:{offered['form']}:", value=value)


def _edit(ref: str, edit: Mapping[str, Any]) -> Block:
    if edit["kind"] == "form":
        return button(edit["label"], f"open:{edit['field']}:{ref}", value=ref)
    picker: Block = {
        "type": "datepicker",
        "action_id": f"fill:{edit['field']}:{ref}",
        "placeholder": _label(edit["label"], PLACEHOLDER),
    }
    if edit["value"]:
        picker["initial_date"] = edit["value"]
    return picker


def _label(text: str, limit: int) -> Block:
    return texts.plain(texts.shortened(text, limit) or "…")


def _labels_of(menus: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for menu in menus:
        if kept_length(menu["label"]) > PLACEHOLDER:
            yield menu["label"]
        yield from (each["label"] for each in menu["options"])


def _written_out(labels: Sequence[str]) -> list[Block]:
    long = [label for label in labels if kept_length(" ".join(texts.clean(label).split())) > BUTTON_TEXT]
    return [block for label in dict.fromkeys(long) for block in texts.paragraphs(f"• {label}")]
