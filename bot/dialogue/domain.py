"""domain.yml and the rules, as data: the part of Rasa 3.1's format this assistant uses.

Anything else in the files is either accepted and ignored (Rasa's own settings) or refused with the place named, so a
feature the embedded engine does not know never fails silently.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.dialogue.rules import DomainError, Rule, names, read_rules

M = TypeVar("M", bound=BaseModel)


class MappingCondition(BaseModel):
    """When a slot mapping applies: a form is active, and perhaps waits for this slot."""

    model_config = ConfigDict(extra="forbid")

    active_loop: str | None = None
    requested_slot: str | None = None


class SlotMapping(BaseModel):
    """How a slot is filled from a message."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["from_entity", "from_text", "from_intent", "from_trigger_intent", "custom"]
    entity: str | None = None
    role: str | None = None
    group: str | None = None
    intent: list[str] = Field(default_factory=list)
    not_intent: list[str] = Field(default_factory=list)
    value: Any = None
    conditions: list[MappingCondition] = Field(default_factory=list)
    action: str | None = None

    @field_validator("intent", "not_intent", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class Slot(BaseModel):
    """A slot of the dialogue's memory."""

    model_config = ConfigDict(extra="ignore")

    type: str = "text"
    initial_value: Any = None
    mappings: list[SlotMapping] = Field(default_factory=list)


class Form(BaseModel):
    """A form: the slots it needs, in the order it asks for them."""

    model_config = ConfigDict(extra="ignore")

    required_slots: list[str]
    ignored_intents: list[str] = Field(default_factory=list)

    @field_validator("ignored_intents", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """Everything the embedded policy interprets."""

    intents: frozenset[str]
    entities: frozenset[str]
    slots: Mapping[str, Slot]
    forms: Mapping[str, Form]
    actions: frozenset[str]
    responses: Mapping[str, tuple[str, ...]]
    rules: tuple[Rule, ...]

    @property
    def looks_back(self) -> bool:
        """Whether a rule depends on what was done last."""
        return any(rule.after is not None for rule in self.rules)

    def rule_for(
        self, intent: str, *, form: str | None, slots: Mapping[str, str | None], last_action: str | None = None
    ) -> Rule | None:
        """The rule an intent starts; one made for the open form, or for what was done last, wins over a general one."""
        fitting = [
            rule
            for rule in self.rules
            if rule.intent == intent
            and rule.active_loop in {None, form}
            and not (rule.outside_forms and form is not None)
            and rule.after in {None, last_action}
            and all(slots.get(name) == value for name, value in rule.slots.items())
        ]
        return max(
            fitting,
            key=lambda rule: (rule.after is not None, rule.active_loop is not None, len(rule.slots)),
            default=None,
        )

    def submission_of(self, form: str, slots: Mapping[str, str | None] | None = None) -> Rule | None:
        """The rule that says what happens when a form is complete; ``slots``: as they then are."""
        theirs = [rule for rule in self.rules if rule.submits == form]
        if slots is not None:
            theirs = [rule for rule in theirs if all(slots.get(name) == v for name, v in rule.slots.items())]
        return next(iter(theirs), None)


def load_domain(domain_path: Path, data_dir: Path) -> Domain:
    """Read domain.yml and every rules file below ``data_dir``; raises DomainError."""
    data = _load_yaml(domain_path)
    slots = {name: _valid(Slot, spec or {}, domain_path, name) for name, spec in _mapping(data, "slots", domain_path)}
    forms = {name: _valid(Form, spec, domain_path, name) for name, spec in _mapping(data, "forms", domain_path)}
    for name, form in forms.items():
        for slot in form.required_slots:
            if slot not in slots:
                raise DomainError(f"{domain_path}: {name}: there is no slot {slot!r}")
    rules = tuple(rule for path in sorted(data_dir.rglob("*.yml")) for rule in _rules_in(path, forms))
    responses = {
        name: _variations(variations, domain_path, name)
        for name, variations in _mapping(data, "responses", domain_path)
    }
    return Domain(
        intents=frozenset(names(data.get("intents"))),
        entities=frozenset(names(data.get("entities"))),
        slots=slots,
        forms=forms,
        actions=frozenset(data.get("actions") or ()),
        responses=responses,
        rules=rules,
    )


def _load_yaml(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_SAFE_LOADER)  # noqa: S506 - the C build of the safe loader
    except (OSError, yaml.YAMLError) as err:
        raise DomainError(f"{path}: {err}") from err
    if not isinstance(data, dict):
        raise DomainError(f"{path}: not a mapping")
    return data


def _mapping(data: dict[str, Any], key: str, path: Path) -> ItemsView[str, Any]:
    found = data.get(key) or {}
    if not isinstance(found, dict):
        raise DomainError(f"{path}: {key}: not a mapping")
    return found.items()


def _valid(model: type[M], spec: object, path: Path, name: str) -> M:
    try:
        return model.model_validate(spec)
    except ValidationError as err:
        first = err.errors()[0]
        place = ".".join(str(part) for part in (name, *first["loc"]))
        raise DomainError(f"{path}: {place}: {first['msg']}") from err


def _variations(variations: object, path: Path, name: str) -> tuple[str, ...]:
    if not isinstance(variations, list) or not all(isinstance(each, dict) for each in variations):
        raise DomainError(f"{path}: {name}: not a list of variations")
    return tuple(variation["text"] for variation in variations if "text" in variation)


_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _rules_in(path: Path, forms: Mapping[str, Form]) -> Iterator[Rule]:
    # Only files with a `rules:` line hold rules; the big example files are not worth parsing here.
    if any(line.startswith("rules:") for line in path.read_text(encoding="utf-8").splitlines()):
        yield from read_rules(_load_yaml(path).get("rules") or [], str(path), forms)
