"""Which skills there are. A skill is a function with a name, the roles that may use it, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import actions.skills
from actions.turn import Turn
from crm_store.actors import ActorKind
from crm_store.models import Role

Handler = Callable[[Turn], None]
SlotReader = Callable[[Turn, str], str]

CUSTOMER = "customer"
VISITOR = "visitor"
STAFF: frozenset[str] = frozenset(role.value for role in Role)
SALES: frozenset[str] = frozenset({Role.REP, Role.MANAGER, Role.ADMIN})
EVERYONE: frozenset[str] = STAFF | {CUSTOMER, VISITOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """One thing the assistant can do. ``audience``: the roles it is for, plus "customer" and "visitor"."""

    action: str
    audience: frozenset[str]
    handler: Handler


_skills: dict[str, Skill] = {}
_slot_readers: dict[str, SlotReader] = {}


def skill(action: str, *, audience: frozenset[str] | set[str]) -> Callable[[Handler], Handler]:
    """Declare the handler of an action of domain.yml."""

    def declare(handler: Handler) -> Handler:
        _skills[action] = Skill(action=action, audience=frozenset(audience), handler=handler)
        return handler

    return declare


def reads_slot(slot: str) -> Callable[[SlotReader], SlotReader]:
    """Declare how a form's slot is read: said text in, canonical text out; raises SlotRejected or an ActionError."""

    def declare(reader: SlotReader) -> SlotReader:
        _slot_readers[slot] = reader
        return reader

    return declare


def all_skills() -> Mapping[str, Skill]:
    """Every skill by its action's name."""
    _import_skills()
    return MappingProxyType(_skills)


def slot_readers() -> Mapping[str, SlotReader]:
    """How each form slot is read."""
    _import_skills()
    return MappingProxyType(_slot_readers)


def audience_of(turn: Turn) -> str:
    """What the asker is, in the terms of ``Skill.audience``."""
    if turn.actor.kind is ActorKind.USER and turn.user is not None:
        return turn.user.role.value
    return CUSTOMER if turn.actor.kind is ActorKind.CONTACT else VISITOR


@cache
def _import_skills() -> None:
    for module in pkgutil.iter_modules(actions.skills.__path__, prefix="actions.skills."):
        importlib.import_module(module.name)
