"""Rules in Rasa 3.1's format: an intent, or the completion of a form, and what follows."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


class DomainError(Exception):
    """A Rasa file cannot be used; the message names the file and the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: what must hold, the intent it starts with, and the actions that follow.

    ``submits`` is the form whose completion starts the rule instead of an intent. ``starts`` is the form the rule
    opens, ``closes_form``: it ends the open form. ``active_loop`` is the form that must be open, ``outside_forms``:
    none may be. ``after`` is the action that must have been the last one before.
    """

    name: str
    intent: str | None = None
    entities: frozenset[str] = frozenset()
    active_loop: str | None = None
    outside_forms: bool = False
    after: str | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    submits: str | None = None
    starts: str | None = None
    actions: tuple[str, ...] = ()
    closes_form: bool = False


def read_rules(specs: object, path: str, forms: Collection[str]) -> Iterator[Rule]:
    """The rules of a file's ``rules:``, one for each alternative of an ``or:``; raises DomainError."""
    if not isinstance(specs, list):
        raise DomainError(f"{path}: rules: not a list")
    for number, spec in enumerate(specs, start=1):
        if not isinstance(spec, dict):
            raise DomainError(f"{path}: rule {number}: not a mapping")
        steps = [_alternatives(step) for step in spec.get("steps") or ()]
        for chosen in itertools.product(*steps):
            yield _to_rule(spec, chosen, path, forms)


def names(items: Any) -> Iterator[str]:
    """The names in a list of names, or of mappings of one name to its settings."""
    for item in items or ():
        yield item if isinstance(item, str) else next(iter(item))


def _alternatives(step: object) -> list[object]:
    alternatives = step.get("or") if isinstance(step, dict) else None
    return alternatives if isinstance(alternatives, list) and alternatives else [step]


def _to_rule(spec: dict[str, Any], steps: tuple[object, ...], path: str, forms: Collection[str]) -> Rule:
    name = str(spec.get("rule", "?"))
    active_loop: str | None = None
    outside_forms = False
    slots: dict[str, Any] = {}
    for condition in spec.get("condition") or ():
        if "active_loop" in condition:
            active_loop = condition["active_loop"]
            outside_forms = active_loop is None
        for entry in condition.get("slot_was_set") or ():
            slots.update(entry)
    intent: str | None = None
    entities: frozenset[str] = frozenset()
    actions: list[str] = []
    after = starts = submits = None
    closes = False
    for step in steps:
        match step:
            case {"intent": str(found), **more} if intent is None:
                intent = found
                entities = frozenset(names(more.get("entities")))
                if actions:
                    after, actions = actions[-1], []
            case {"action": str(action)} if action in forms and intent is None:
                submits = action
            case {"action": str(action)} if action in forms:
                starts = action
            case {"action": "action_deactivate_loop"}:
                closes = True
            case {"action": str(action)}:
                actions.append(action)
            case {"active_loop": None}:
                closes = closes or submits is None
            case {"active_loop": _} | {"slot_was_set": _}:
                pass
            case _:
                raise DomainError(f"{path}: rule {name!r}: cannot interpret the step {step!r}")
    return Rule(
        name=name,
        intent=intent,
        entities=entities,
        active_loop=None if submits else active_loop,
        outside_forms=outside_forms,
        after=after,
        slots=slots,
        submits=submits,
        starts=starts,
        actions=tuple(actions),
        closes_form=closes,
    )
