"""The App Home: a colleague's page as Slack shows it when they open the assistant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from actions.call import Command
from actions.home import HomeLine, HomePage, HomeSection
from actions.home_settings import HomeSetting
from bot.channels.slack.blocks import texts
from bot.channels.slack.blocks.controls import button, in_rows, option
from bot.channels.slack.blocks.links import record_url
from bot.channels.slack.blocks.messages import Block
from bot.channels.slack.blocks.sizes import BUTTON_VALUE, HEADER_TEXT, OPTION_VALUE, OPTIONS, units

_TITLE = 300
_DETAIL = 600


def home_view(page: HomePage, *, base_url: str | None = None) -> Block:
    """The view of a colleague's home page; "do:<n>" elements carry commands, "open:<form>:" buttons open forms."""
    numbers = count()
    blocks = [
        _header(page.title),
        *in_rows([button(label, f"open:{form}:", value=form) for label, form in page.forms]),
    ]
    for section in page.sections:
        blocks += [{"type": "divider"}, *_section(section, numbers, base_url)]
    blocks += [{"type": "divider"}, _header(page.prompts_title)]
    said = [(text, Command("say", {"text": text})) for text in page.prompts]
    # What is too long for a button is no suggestion for a quick question either.
    blocks += in_rows([_do(text, each, numbers) for text, each in said if units(str(each)) <= BUTTON_VALUE])
    blocks += [{"type": "divider"}, _header(page.settings_title)]
    blocks += [_setting(each, numbers) for each in page.settings]
    return {"type": "home", "blocks": blocks}


def plain_home(text: str) -> Block:
    """A home page that only says something, for people the assistant does not know."""
    return {"type": "home", "blocks": texts.paragraphs(text)}


def _section(section: HomeSection, numbers: Iterator[int], base_url: str | None) -> Iterator[Block]:
    yield _header(section.title)
    yield from texts.paragraphs(section.summary)
    for line in section.lines:
        yield _line(line, numbers, base_url)
    if section.more is not None:
        yield from in_rows([_do(*section.more, numbers)])


def _line(line: HomeLine, numbers: Iterator[int], base_url: str | None) -> Block:
    title, detail = texts.shortened(line.title, _TITLE), texts.shortened(line.detail, _DETAIL)
    text = texts.labelled(title, detail) if title and detail else texts.plain(title or detail or line.ref or "…")
    if base_url is not None and line.ref and text["type"] == "mrkdwn" and "|" not in title:
        text = texts.linked(record_url(base_url, line.ref), title, detail)
    return {"type": "section", "text": text, "accessory": _do(line.button, line.command, numbers)}


def _setting(setting: HomeSetting, numbers: Iterator[int]) -> Block:
    # Slack takes so many options of such a length; every choice can also be said.
    fitting = [(label, str(command)) for label, command in setting.choices if len(str(command)) <= OPTION_VALUE]
    options = [option(label, command) for label, command in fitting][:OPTIONS]
    current = next((each for (label, _), each in zip(fitting, options, strict=False) if label == setting.current), None)
    menu: Block = {"type": "static_select", "action_id": f"do:{next(numbers)}", "options": options}
    if current is not None:
        menu["initial_option"] = current
    return {"type": "section", "text": texts.plain(texts.shortened(setting.label, _TITLE) or "…"), "accessory": menu}


def _do(label: str, command: Command, numbers: Iterator[int]) -> Block:
    return button(label, f"do:{next(numbers)}", value=str(command))


def _header(text: str) -> Block:
    return {"type": "header", "text": texts.plain(texts.shortened(text, HEADER_TEXT) or "…")}
