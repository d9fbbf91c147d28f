"""What rich text is made of: paragraphs and lists of runs, links and emoji. See ``schema``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.channels.slack.blocks import schema
from bot.channels.slack.blocks.schema import Part


class Style(Part):
    """How a stretch of rich text looks."""

    bold: bool | None = None
    italic: bool | None = None
    strike: bool | None = None
    code: bool | None = None


class RichRun(Part):
    """A stretch of text."""

    type: Literal["text"]
    text: Annotated[str, StringConstraints(min_length=1)]
    style: Style | None = None


class RichLink(Part):
    """A link."""

    type: Literal["link"]
    url: schema.Url
    text: Annotated[str, StringConstraints(min_length=1)] | None = None
    style: Style | None = None


class RichEmoji(Part):
    """An emoji by its name."""

    type: Literal["emoji"]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_+-]+$")]


RichElement = Annotated[RichRun | RichLink | RichEmoji, Field(discriminator="type")]


class RichSection(Part):
    """A paragraph, a quotation or lines of code."""

    type: Literal["rich_text_section", "rich_text_quote", "rich_text_preformatted"]
    elements: list[RichElement] = Field(min_length=1)


class RichList(Part):
    """A list of paragraphs."""

    type: Literal["rich_text_list"]
    style: Literal["bullet", "ordered"]
    elements: list[RichSection] = Field(min_length=1)
    indent: int | None = None
