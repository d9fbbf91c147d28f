"""Our Block Kit as a page that looks roughly like Slack, so that a person can judge it without a workspace."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from bot.channels.slack.blocks import SlackMessage

Json = dict[str, Any]
STYLE = Path(__file__).with_suffix(".css")


def page(*parts: str) -> str:
    """A whole page."""
    return f"<!doctype html><meta charset=utf-8><style>{STYLE.read_text()}</style>{''.join(parts)}"


def message(sent: SlackMessage) -> str:
    """A message of the assistant's, its files before it."""
    files = "".join(_file(file.path, file.title, file.alt) for file in sent.files)
    head = "<span class=who>Rapport</span> <span class=app>APP</span> <span class=when>10:00 AM</span>"
    return (
        f"<div class=message><div class=face>R</div><div class=content>{head}{files}{blocks(sent.blocks)}</div></div>"
    )


def view(shown: Json) -> str:
    """A modal or the App Home."""
    inside = blocks(shown["blocks"])
    if shown["type"] == "home":
        return f"<div>{inside}</div>"
    foot = f"<button>{_text(shown['close'])}</button><button class=primary>{_text(shown['submit'])}</button>"
    title = f"<div class=header>{_text(shown['title'])}</div><hr>"
    return f"<div class=modal>{title}{inside}<div class=foot>{foot}</div></div>"


def blocks(found: Iterable[Json]) -> str:
    """Blocks one under the other."""
    return "".join(f"<div class=block>{_block(each)}</div>" for each in found)


def _block(block: Json) -> str:
    match block["type"]:
        case "divider":
            return "<hr>"
        case "header":
            return f"<div class=header>{_text(block['text'])}</div>"
        case "section":
            text = f"<div class=text>{_text(block['text'])}</div>" if "text" in block else ""
            accessory = _element(block["accessory"]) if "accessory" in block else ""
            fields = "".join(f"<div>{_text(each)}</div>" for each in block.get("fields", ()))
            grid = f"<div class=fields>{fields}</div>" if fields else ""
            return f"<div class=section>{text}{accessory}</div>{grid}" if text else grid
        case "context":
            return f"<div class=context>{' '.join(_text(each) for each in block['elements'])}</div>"
        case "actions":
            return f"<div class=actions>{''.join(_element(each) for each in block['elements'])}</div>"
        case "input":
            return _input(block)
        case "rich_text":
            return "".join(_rich(section) for section in block["elements"])
        case "table":
            return _table(block)
    raise ValueError(block["type"])


def _text(text: Json) -> str:
    if text["type"] == "plain_text":
        return escape(text["text"])
    shown = re.sub(r"<(https?://[^|>]+)\|([^>]+)>", r'<a href="\1">\2</a>', text["text"])
    shown = re.sub(r"<(https?://[^|>]+)>", r'<a href="\1">\1</a>', shown)
    return re.sub(r"(?m)^\*(.+)\*$", r"<b>\1</b>", shown)


def _rich(section: Json) -> str:
    return "".join(_run(each) for each in section["elements"])


def _run(run: Json) -> str:
    if run["type"] == "emoji":
        # A badge with its letter: the machine that takes the pictures may have no emoji.
        return f'<i class=emoji title=":{run["name"]}:">{run["name"][0].upper()}</i>'
    text = escape(run.get("text") or run["url"])
    if run["type"] == "link":
        text = f'<a href="{escape(run["url"])}">{text}</a>'
    return f"<b>{text}</b>" if run.get("style", {}).get("bold") else text


def _table(block: Json) -> str:
    settings = block.get("column_settings") or []
    rows = "".join(
        "<tr>" + "".join(_cell(cell, settings[n] if n < len(settings) else {}) for n, cell in enumerate(row)) + "</tr>"
        for row in block["rows"]
    )
    return f"<table>{rows}</table>"


def _cell(cell: Json, setting: Json) -> str:
    return f'<td class="{setting.get("align", "")}">{escape(cell["text"])}</td>'


def _element(element: Json) -> str:
    kind = element["type"]
    if kind == "button":
        return f'<button class="{element.get("style", "")}">{_text(element["text"])}</button>'
    chosen, empty = _chosen(element)
    icon = "▦" if kind == "datepicker" else "▾"
    return f'<span class="menu {"empty" if empty else ""}"><span>{chosen}</span><span>{icon}</span></span>'


def _chosen(element: Json) -> tuple[str, bool]:
    if "initial_option" in element:
        return _text(element["initial_option"]["text"]), False
    if "initial_date" in element:
        return escape(element["initial_date"]), False
    return _text(element["placeholder"]) if "placeholder" in element else "", True


def _input(block: Json) -> str:
    element = block["element"]
    optional = " <span class=optional>(optional)</span>" if block.get("optional") else ""
    hint = f"<div class=hint>{_text(block['hint'])}</div>" if "hint" in block else ""
    if element["type"] == "plain_text_input":
        size = "input long" if element.get("multiline") else "input"
        field = f'<div class="{size}">{escape(element.get("initial_value", ""))}</div>'
    else:
        field = _element(element)
    return f"<label>{_text(block['label'])}{optional}</label>{field}{hint}"


def _file(path: Path, title: str, alt: str) -> str:
    if path.suffix != ".png":
        return f"<div class=file>{escape(title)}</div>"
    data = base64.b64encode(path.read_bytes()).decode()
    return (
        f'<div class="block file">{escape(title)}<br><img alt="{escape(alt)}" src="data:image/png;base64,{data}"></div>'
    )


def messages(sent: Sequence[SlackMessage]) -> str:
    """Messages one under the other."""
    return "".join(message(each) for each in sent)
