"""The blocks of Block Kit, and what holds them: messages, attachments, modals and the App Home. See ``schema``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from bot.channels.slack.blocks import schema, sizes
from bot.channels.slack.blocks.rich_text import RichList, RichSection
from bot.channels.slack.blocks.schema import BlockId, Part, elements_of, unique


class AnyBlock(Part):
    """A block."""

    block_id: BlockId | None = None

    @model_validator(mode="after")
    def _elements_differ(self) -> Self:
        unique((element.action_id for element in elements_of(self)), "action_id")
        return self


class Section(AnyBlock):
    """Text, fields in two columns, or both, and one element beside them."""

    type: Literal["section"]
    text: schema.SectionText | None = None
    fields: list[schema.FieldText] | None = Field(default=None, min_length=1, max_length=sizes.SECTION_FIELDS)
    accessory: (
        Annotated[
            schema.Button
            | schema.StaticSelect
            | schema.ExternalSelect
            | schema.UsersSelect
            | schema.Overflow
            | schema.DatePicker
            | schema.TimePicker
            | schema.RadioButtons
            | schema.Checkboxes
            | schema.Image,
            Field(discriminator="type"),
        ]
        | None
    ) = None
    expand: bool | None = None

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if self.text is None and self.fields is None:
            raise ValueError("has neither text nor fields")
        return self


class Header(AnyBlock):
    """A large heading."""

    type: Literal["header"]
    text: schema.HeaderText


class Divider(AnyBlock):
    """A line."""

    type: Literal["divider"]


class Context(AnyBlock):
    """Small print."""

    type: Literal["context"]
    elements: list[Annotated[schema.PlainText | schema.Mrkdwn | schema.Image, Field(discriminator="type")]] = Field(
        min_length=1, max_length=sizes.CONTEXT_ELEMENTS
    )

    @model_validator(mode="after")
    def _texts_fit(self) -> Self:
        for element in self.elements:
            if not isinstance(element, schema.Image) and element.length > sizes.CONTEXT_TEXT:
                raise ValueError(f"has a text of {element.length} characters")
        return self


class Actions(AnyBlock):
    """Elements that people use, in a row."""

    type: Literal["actions"]
    elements: list[
        Annotated[
            schema.Button
            | schema.StaticSelect
            | schema.ExternalSelect
            | schema.UsersSelect
            | schema.Overflow
            | schema.DatePicker
            | schema.TimePicker
            | schema.RadioButtons
            | schema.Checkboxes,
            Field(discriminator="type"),
        ]
    ] = Field(min_length=1, max_length=sizes.ACTIONS_ELEMENTS)


class Input(AnyBlock):
    """A field of a form."""

    type: Literal["input"]
    label: schema.LabelText
    element: Annotated[
        schema.TextInput
        | schema.StaticSelect
        | schema.ExternalSelect
        | schema.UsersSelect
        | schema.DatePicker
        | schema.TimePicker
        | schema.RadioButtons
        | schema.Checkboxes,
        Field(discriminator="type"),
    ]
    hint: schema.LabelText | None = None
    optional: bool | None = None
    dispatch_action: bool | None = None


class RichText(AnyBlock):
    """Text whose looks are data, not markup."""

    type: Literal["rich_text"]
    elements: list[Annotated[RichSection | RichList, Field(discriminator="type")]] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_seen(self) -> Self:
        if not "".join(texts_in(self)).strip() and "emoji" not in str(self):
            raise ValueError("is blank")
        return self


class RawCell(Part):
    """A table's cell."""

    type: Literal["raw_text"]
    text: schema.Shown


class RichCell(Part):
    """A table's cell with looks."""

    type: Literal["rich_text"]
    elements: list[RichSection] = Field(min_length=1)


class ColumnSetting(Part):
    """How a column is set."""

    align: Literal["left", "center", "right"] | None = None
    is_wrapped: bool | None = None


class Table(AnyBlock):
    """Rows of cells, the first one the heading."""

    type: Literal["table"]
    rows: list[
        Annotated[
            list[Annotated[RawCell | RichCell, Field(discriminator="type")]],
            Field(min_length=1, max_length=sizes.TABLE_COLUMNS),
        ]
    ] = Field(min_length=1, max_length=sizes.TABLE_ROWS)
    column_settings: list[ColumnSetting | None] | None = Field(default=None, max_length=sizes.TABLE_COLUMNS)

    @model_validator(mode="after")
    def _is_a_rectangle(self) -> Self:
        if len({len(row) for row in self.rows}) != 1:
            raise ValueError("has rows of different lengths")
        if sum(sizes.kept_length(text) for text in texts_in(self)) > sizes.TABLE_CHARACTERS:
            raise ValueError("has too many characters")
        return self


class ImageBlock(AnyBlock):
    """A picture over the whole width."""

    type: Literal["image"]
    image_url: schema.Url
    alt_text: Annotated[str, StringConstraints(max_length=sizes.ALT_TEXT)]
    title: schema.LabelText | None = None


def _blocks_differ(blocks: Sequence[AnyBlock]) -> None:
    unique((block.block_id for block in blocks), "block_id")
    if sum(1 for element in elements_of(list(blocks)) if element.focus_on_load) > 1:
        raise ValueError("several elements want the focus")


MessageBlock = Annotated[
    Section | Header | Divider | Context | Actions | Input | RichText | Table | ImageBlock, Field(discriminator="type")
]
ViewBlock = Annotated[
    Section | Header | Divider | Context | Actions | Input | RichText | ImageBlock, Field(discriminator="type")
]


def _message_fits(blocks: list[Any]) -> list[Any]:
    _blocks_differ(blocks)
    tables = sum(isinstance(block, Table) for block in blocks)
    if tables > sizes.TABLES_OF_MESSAGE:
        raise ValueError(f"has {tables} tables of {sizes.TABLES_OF_MESSAGE}")
    characters = sum(sizes.kept_length(text) for block in blocks for text in texts_in(block))
    if characters > sizes.MESSAGE_CHARACTERS:
        raise ValueError(f"has {characters} characters of {sizes.MESSAGE_CHARACTERS} in its blocks")
    return blocks


MessageBlocks = Annotated[list[MessageBlock], Field(max_length=sizes.BLOCKS_OF_MESSAGE), AfterValidator(_message_fits)]


class Attachment(Part):
    """Blocks beside a bar, as an unfurled link has them."""

    blocks: MessageBlocks
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")] | None = None
    fallback: str | None = None


class Message(Part):
    """What chat.postMessage takes, without where to."""

    text: Annotated[str, StringConstraints(max_length=sizes.MESSAGE_TEXT)] = ""
    blocks: MessageBlocks | None = None
    attachments: list[Attachment] | None = Field(default=None, max_length=sizes.ATTACHMENTS_OF_MESSAGE)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text.strip() and not self.blocks and not self.attachments:
            raise ValueError("says nothing")
        return self


class View(Part):
    """A modal, or the App Home."""

    type: Literal["modal", "home"]
    blocks: list[ViewBlock] = Field(max_length=sizes.BLOCKS_OF_VIEW)
    title: schema.ViewTitle | None = None
    submit: schema.ViewButton | None = None
    close: schema.ViewButton | None = None
    private_metadata: Annotated[str, StringConstraints(max_length=sizes.PRIVATE_METADATA)] | None = None
    callback_id: Annotated[str, StringConstraints(min_length=1, max_length=sizes.CALLBACK_ID)] | None = None
    external_id: Annotated[str, StringConstraints(max_length=sizes.EXTERNAL_ID)] | None = None
    clear_on_close: bool | None = None
    notify_on_close: bool | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _blocks_differ(self.blocks)
        if self.type == "modal" and self.title is None:
            raise ValueError("a modal has a title")
        if self.type == "home" and (self.title or self.submit or self.close):
            raise ValueError("a home view has neither title nor buttons of its own")
        inputs = any(isinstance(block, Input) for block in self.blocks)
        if self.type == "modal" and inputs and self.submit is None:
            raise ValueError("a modal with inputs has a submit button")
        if self.private_metadata:
            json.loads(self.private_metadata)
        return self


def texts_in(found: Any) -> Iterator[str]:
    """Every text that is seen, anywhere in a validated part."""
    if isinstance(found, Part):
        for name in type(found).model_fields:
            value = getattr(found, name)
            if name in {"text", "alt_text", "initial_value"} and isinstance(value, str):
                yield value
            else:
                yield from texts_in(value)
    elif isinstance(found, list):
        for item in found:
            yield from texts_in(item)
