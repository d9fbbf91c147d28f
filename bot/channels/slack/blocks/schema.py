"""The structure of Block Kit as far as this project uses it: what Slack would refuse does not validate here.

Written from docs.slack.dev/reference/block-kit. An unknown key or type is a mistake too: Slack answers it with
invalid_blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.channels.slack.blocks import sizes


class Part(BaseModel):
    """Anything in a payload: strictly typed, and nothing in it that Slack does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _present(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _clock(text: str) -> str:
    if re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", text) is None:
        raise ValueError("is no time of day like 09:30")
    return text


def _web_address(text: str) -> str:
    if re.match(r"https?://\S+$", text) is None:
        raise ValueError("is no web address")
    return text


Shown = Annotated[str, AfterValidator(_present)]
Day = Annotated[str, AfterValidator(_day)]
Clock = Annotated[str, AfterValidator(_clock)]
Url = Annotated[str, StringConstraints(max_length=sizes.URL), AfterValidator(_web_address)]
ActionId = Annotated[str, StringConstraints(min_length=1, max_length=sizes.ACTION_ID)]
BlockId = Annotated[str, StringConstraints(min_length=1, max_length=sizes.BLOCK_ID)]


class PlainText(Part):
    """Text without markup."""

    type: Literal["plain_text"]
    text: Shown
    emoji: bool | None = None

    @property
    def length(self) -> int:
        """By Slack's count."""
        return sizes.kept_length(self.text)


class Mrkdwn(Part):
    """Text in Slack's markup; what people wrote must be escaped in it."""

    type: Literal["mrkdwn"]
    text: Shown
    verbatim: bool | None = None

    @property
    def length(self) -> int:
        """By Slack's count."""
        return sizes.units(self.text)

    @model_validator(mode="after")
    def _mentions_nobody(self) -> Self:
        # Nothing of ours addresses a channel or a person; if it is there, somebody's text was not escaped.
        if re.search(r"<[!@#]", self.text) or re.search(r"&(?!amp;|lt;|gt;)", self.text):
            raise ValueError("holds unescaped text")
        return self


def _at_most(limit: int) -> Callable[[PlainText | Mrkdwn], PlainText | Mrkdwn]:
    def check(text: PlainText | Mrkdwn) -> PlainText | Mrkdwn:
        if text.length > limit:
            raise ValueError(f"has {text.length} characters of {limit}")
        return text

    return check


AnyText = Annotated[PlainText | Mrkdwn, Field(discriminator="type")]
SectionText = Annotated[AnyText, AfterValidator(_at_most(sizes.SECTION_TEXT))]
FieldText = Annotated[AnyText, AfterValidator(_at_most(sizes.FIELD_TEXT))]
ContextText = Annotated[AnyText, AfterValidator(_at_most(sizes.CONTEXT_TEXT))]
HeaderText = Annotated[PlainText, AfterValidator(_at_most(sizes.HEADER_TEXT))]
ButtonText = Annotated[PlainText, AfterValidator(_at_most(sizes.BUTTON_TEXT))]
OptionText = Annotated[PlainText, AfterValidator(_at_most(sizes.OPTION_TEXT))]
Placeholder = Annotated[PlainText, AfterValidator(_at_most(sizes.PLACEHOLDER))]
LabelText = Annotated[PlainText, AfterValidator(_at_most(sizes.INPUT_LABEL))]
ViewTitle = Annotated[PlainText, AfterValidator(_at_most(sizes.VIEW_TITLE))]
ViewButton = Annotated[PlainText, AfterValidator(_at_most(sizes.VIEW_BUTTON))]


class Confirm(Part):
    """A question before an element acts."""

    title: Annotated[PlainText, AfterValidator(_at_most(sizes.CONFIRM_TITLE))]
    text: Annotated[AnyText, AfterValidator(_at_most(sizes.CONFIRM_TEXT))]
    confirm: Annotated[PlainText, AfterValidator(_at_most(sizes.CONFIRM_ANSWER))]
    deny: Annotated[PlainText, AfterValidator(_at_most(sizes.CONFIRM_ANSWER))]
    style: Literal["primary", "danger"] | None = None


class Option(Part):
    """One choice of a menu."""

    text: OptionText
    value: Annotated[str, StringConstraints(min_length=1, max_length=sizes.OPTION_VALUE)]
    description: OptionText | None = None


class Interactive(Part):
    """An element that people use; ``action_id`` says which one it was."""

    action_id: ActionId
    confirm: Confirm | None = None
    focus_on_load: bool | None = None


class Button(Interactive):
    """A button. One with a ``url`` opens it."""

    type: Literal["button"]
    text: ButtonText
    value: Annotated[str, StringConstraints(max_length=sizes.BUTTON_VALUE)] | None = None
    url: Url | None = None
    style: Literal["primary", "danger"] | None = None
    accessibility_label: Annotated[str, StringConstraints(max_length=sizes.BUTTON_TEXT)] | None = None


class StaticSelect(Interactive):
    """A menu of options."""

    type: Literal["static_select"]
    options: list[Option] = Field(min_length=1, max_length=sizes.OPTIONS)
    placeholder: Placeholder | None = None
    initial_option: Option | None = None

    @model_validator(mode="after")
    def _initial_is_an_option(self) -> Self:
        _one_of_the_options([self.initial_option] if self.initial_option else [], self.options)
        return self


class ExternalSelect(Interactive):
    """A menu whose options are asked for while typing."""

    type: Literal["external_select"]
    placeholder: Placeholder | None = None
    initial_option: Option | None = None
    min_query_length: int | None = None


class UsersSelect(Interactive):
    """A menu of the workspace's people."""

    type: Literal["users_select"]
    placeholder: Placeholder | None = None
    initial_user: str | None = None


class Overflow(Interactive):
    """A menu behind three dots."""

    type: Literal["overflow"]
    options: list[Option] = Field(min_length=1, max_length=sizes.OVERFLOW_OPTIONS)


class DatePicker(Interactive):
    """A calendar."""

    type: Literal["datepicker"]
    initial_date: Day | None = None
    placeholder: Placeholder | None = None


class TimePicker(Interactive):
    """A clock."""

    type: Literal["timepicker"]
    initial_time: Clock | None = None
    placeholder: Placeholder | None = None
    timezone: str | None = None


class RadioButtons(Interactive):
    """Choices of which one holds."""

    type: Literal["radio_buttons"]
    options: list[Option] = Field(min_length=1, max_length=sizes.RADIO_OPTIONS)
    initial_option: Option | None = None

    @model_validator(mode="after")
    def _initial_is_an_option(self) -> Self:
        _one_of_the_options([self.initial_option] if self.initial_option else [], self.options)
        return self


class Checkboxes(Interactive):
    """Choices of which any number holds."""

    type: Literal["checkboxes"]
    options: list[Option] = Field(min_length=1, max_length=sizes.RADIO_OPTIONS)
    initial_options: list[Option] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _initial_are_options(self) -> Self:
        _one_of_the_options(self.initial_options or [], self.options)
        return self


class DispatchConfig(Part):
    """When a text field reports what is typed."""

    trigger_actions_on: list[Literal["on_enter_pressed", "on_character_entered"]] = Field(min_length=1)


class TextInput(Interactive):
    """A field to type into."""

    type: Literal["plain_text_input"]
    multiline: bool | None = None
    min_length: int | None = Field(default=None, ge=0, le=sizes.INPUT_VALUE)
    max_length: int | None = Field(default=None, ge=1, le=sizes.INPUT_VALUE)
    initial_value: str | None = None
    placeholder: Placeholder | None = None
    dispatch_action_config: DispatchConfig | None = None

    @model_validator(mode="after")
    def _initial_fits(self) -> Self:
        if self.initial_value is not None and sizes.units(self.initial_value) > (self.max_length or sizes.INPUT_VALUE):
            raise ValueError("the initial value is longer than the field takes")
        return self


class Image(Part):
    """A picture from the web."""

    type: Literal["image"]
    image_url: Url
    alt_text: Annotated[str, StringConstraints(max_length=sizes.ALT_TEXT)]


def _one_of_the_options(initial: Iterable[Option], options: list[Option]) -> None:
    if any(option not in options for option in initial):
        raise ValueError("the initial option is none of the options")


def unique(values: Iterable[str | None], what: str) -> None:
    """Raises ValueError when a value that is there is there twice."""
    seen: set[str] = set()
    for value in values:
        if value is not None and value in seen:
            raise ValueError(f"{what} {value} is there twice")
        seen.add(value or "")


def elements_of(found: Any) -> list[Interactive]:
    """Every element that people use, anywhere in a validated part."""
    if isinstance(found, Interactive):
        return [found]
    if isinstance(found, Part):
        return [each for name in type(found).model_fields for each in elements_of(getattr(found, name))]
    if isinstance(found, list):
        return [each for item in found for each in elements_of(item)]
    return []
