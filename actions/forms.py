"""Forms: what they ask for, and the request that a filled-in one stands for.

A form is another way to say something: what it comes to is a command, which runs through the same turn as a message.
So nothing is written here; what is checked is only what a person can put right while the form is still open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from actions.call import Command
from actions.form_checks import amount_text, no_time, not_yet, past_closing, too_short, wrong_amount
from actions.running import UNKNOWN
from actions.words import Words
from nlu.values import read_money
from nlu.values.reading import Reading

LONGEST = 3_000
"""Characters of the longest field."""


class Input(Enum):
    """How a field is filled in."""

    LINE = "line"
    TEXT = "text"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: ``label`` names its label, ``entity`` what it becomes in the command.

    ``check`` says what is wrong with a value, in words, or None; it is not asked about an empty one.
    """

    name: str
    label: str
    entity: str
    input: Input = Input.LINE
    required: bool = False
    longest: int = 200
    check: Callable[[str, Reading, Words], str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSpec:
    """A form. ``changes``: it edits a record, and only what was changed is said."""

    intent: str
    fields: tuple[Field, ...]
    changes: bool = False


Choices = tuple[tuple[str, str], ...]
"""What a field offers, as (label, value) pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """A form about to be shown: the record it is about and its version, and what its fields hold and offer.

    ``refs`` are the records that fields name: while a name stays as it is, that very record is meant. ``notice`` is
    said above the fields.
    """

    form: str
    ref: str | None = None
    version: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Choices] = field(default_factory=dict)
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A form that was sent. ``opened`` holds the digests of the values it was opened with."""

    form: str
    ref: str | None = None
    version: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)
    opened: Mapping[str, str] = field(default_factory=dict)

    def untouched(self, name: str, value: str | None) -> bool:
        """Whether the field still holds what it was opened with; one that was not shown does."""
        return value is None or self.opened.get(name) == digest(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a form: its command; or what is wrong, by field; or the form as it is now, to be shown again with
    what was entered.

    None of them: nothing was changed, and there is nothing to do.
    """

    command: Command | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    again: FormState | None = None
    entered: Mapping[str, str] = field(default_factory=dict)


def command_of(sent: Submission, *, reading: Reading, words: Words, current: FormState | None = None) -> Outcome:
    """The request a form stands for; raises KeyError for a form there is none of.

    ``current`` is the form as it would open now. Where somebody else changed a field meanwhile that is changed here
    too, the form comes back with both known: what was entered, and what it would overwrite.
    """
    spec = FORMS[sent.form]
    values = {name: value.strip() for name, value in sent.values.items()}
    # What a record holds already is not for this form to judge: a close date may have passed.
    judged = [each for each in spec.fields if not (spec.changes and sent.untouched(each.name, values.get(each.name)))]
    errors = {each.name: said for each in judged if (said := _wrong(each, values.get(each.name, ""), reading, words))}
    if errors:
        return Outcome(errors=errors)
    if spec.changes:
        known = current.values.get("amount", "") if current is not None else ""
        changed = {each.name: _canonical(each, values.get(each.name, ""), reading, known) for each in judged}
        return _change(spec, sent, changed, words, current)
    values = {each.name: _canonical(each, values.get(each.name, ""), reading, "") for each in spec.fields}
    return Outcome(command=Command(spec.intent, _skipped(spec) | _entities(spec, sent, values)))


def digest(value: str) -> str:
    """A short fingerprint of a field's value: enough to see whether it has changed."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def _entities(spec: FormSpec, sent: Submission, values: Mapping[str, str]) -> dict[str, str]:
    same = {name for name in sent.refs if sent.untouched(name, values.get(name, ""))}
    entities = {
        each.entity: sent.refs[each.name] if each.name in same else values[each.name]
        for each in spec.fields
        if values[each.name]
    }
    # Somebody else's name instead: then it is no longer about the record the form was opened on.
    return entities | (_about(sent) if len(same) == len(sent.refs) else {})


def _change(
    spec: FormSpec, sent: Submission, changed: Mapping[str, str], words: Words, current: FormState | None
) -> Outcome:
    changed = {name: value for name, value in changed.items() if not sent.untouched(name, value)}
    if not changed:
        return Outcome()
    now = current.values if current is not None else {}
    overtaken = [
        each
        for each in spec.fields
        if current is not None
        and each.name in changed
        and not sent.untouched(each.name, now.get(each.name, ""))
        and now.get(each.name, "") != changed[each.name]
    ]
    if current is not None and overtaken:
        found = "; ".join(f"{words.label(each.label)}: {now.get(each.name) or '–'}" for each in overtaken)
        notice = words.say("utter_form_overtaken", found=found)
        return Outcome(again=replace(current, notice=notice), entered=changed)
    version = current.version if current is not None else sent.version
    entities = {each.entity: changed[each.name] or UNKNOWN for each in spec.fields if each.name in changed}
    return Outcome(command=Command(spec.intent, entities | _about(sent) | _at_version(version)))


def _about(sent: Submission) -> dict[str, str]:
    return {"ref": sent.ref} if sent.ref is not None else {}


def _at_version(version: int | None) -> dict[str, str]:
    return {"version": str(version)} if version is not None else {}


def _skipped(spec: FormSpec) -> dict[str, str]:
    """Empty fields that a message without them would be asked for: here they were left out on purpose."""
    return {each.entity: UNKNOWN for each in spec.fields if each.name in _ASKED_FOR.get(spec.intent, ())}


_ASKED_FOR = {"log_deal": ("amount", "close_date"), "create_task": ("due",)}


def _wrong(asked: Field, value: str, reading: Reading, words: Words) -> str | None:
    if not value:
        return words.say("utter_form_required") if asked.required else None
    return asked.check(value, reading, words) if asked.check is not None else None


def _canonical(asked: Field, value: str, reading: Reading, known: str) -> str:
    """The value as a command carries it; an amount without a currency keeps that of the ``known`` one."""
    if asked.check is not wrong_amount or not value:
        return value
    amount = read_money(value, locale=reading.locale)
    if amount is None:
        return value
    return amount_text(amount.value, amount.currency or known.partition(" ")[2])


_AMOUNT = Field(name="amount", label="amount", entity="amount", longest=40, check=wrong_amount)
_CLOSE_DATE = Field(name="close_date", label="close_date", entity="date", input=Input.DATE, check=past_closing)
_STAGE = Field(name="stage", label="stage", entity="stage", input=Input.CHOICE)

FORMS: Mapping[str, FormSpec] = {
    "log_deal": FormSpec(
        intent="log_deal",
        fields=(
            Field(name="account", label="company", entity="account", required=True),
            _AMOUNT,
            _CLOSE_DATE,
            Field(name="name", label="deal_name", entity="deal"),
            _STAGE,
            Field(name="contact", label="contact", entity="contact"),
        ),
    ),
    "edit_deal": FormSpec(
        intent="update_deal",
        changes=True,
        fields=(
            Field(name="name", label="deal_name", entity="title", required=True, longest=LONGEST),
            _AMOUNT,
            _CLOSE_DATE,
            _STAGE,
            Field(name="next_step", label="next_step", entity="next_step", input=Input.TEXT, longest=LONGEST),
        ),
    ),
    "log_activity": FormSpec(
        intent="log_activity",
        fields=(
            Field(name="kind", label="kind", entity="activity_kind", input=Input.CHOICE, required=True),
            Field(name="note", label="note", entity="note", input=Input.TEXT, longest=LONGEST),
            Field(name="account", label="company", entity="account"),
            Field(name="contact", label="contact", entity="contact"),
            Field(name="date", label="day", entity="date", input=Input.DATE, required=True, check=not_yet),
        ),
    ),
    "create_task": FormSpec(
        intent="create_task",
        fields=(
            Field(name="subject", label="task", entity="subject", required=True, longest=500),
            Field(name="due", label="due", entity="date", check=no_time),
        ),
    ),
    "open_ticket": FormSpec(
        intent="open_ticket",
        fields=(
            Field(name="subject", label="subject", entity="subject", required=True, check=too_short),
            Field(name="note", label="description", entity="note", input=Input.TEXT, longest=LONGEST),
            Field(name="account", label="company", entity="account"),
            Field(name="contact", label="contact", entity="contact"),
        ),
    ),
    "feedback": FormSpec(
        intent="open_ticket",
        fields=(
            Field(name="subject", label="feedback_about", entity="subject", input=Input.CHOICE, required=True),
            Field(name="note", label="description", entity="note", input=Input.TEXT, required=True, longest=LONGEST),
        ),
    ),
}
"""The forms by name; "edit_deal" is for one deal, the others may be about a record or about none."""
