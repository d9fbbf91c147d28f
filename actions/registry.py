"""Which skills there are. A skill is a function with a name, the roles that may use it, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    """One thing the assistant can do. ``audience``: the roles it is for, plus "customer" and "visitor".

    ``instead``: what the same words mean when others say them, by who they are; an agent's "what's open?" is about
    tickets.
    """

    action: str
    audience: frozenset[str]
    handler: Handler
    instead: Mapping[str, str] = field(default_factory=dict)


_skills: dict[str, Skill] = {}
_slot_readers: dict[str, SlotReader] = {}


def skill(
    action: str, *, audience: frozenset[str] | set[str], instead: Mapping[str, str] | None = None
) -> Callable[[Handler], Handler]:
    """Declare the handler of an action of domain.yml; ``instead`` names the actions of those it is not for."""

    def declare(handler: Handler) -> Handler:
        _skills[action] = Skill(
            action=action, audience=frozenset(audience), handler=handler, instead=MappingProxyType(dict(instead or {}))
        )
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


def skill_for(action: str, audience: str) -> Skill | None:
    """The skill that ``action`` means for this audience; None when it is not for them. Raises KeyError if unknown."""
    found = all_skills()[action]
    if audience in found.audience:
        return found
    instead = found.instead.get(audience)
    return skill_for(instead, audience) if instead is not None else None


def skill_exists(action: str) -> bool:
    """Whether any audience has a skill of this name."""
    return action in all_skills()


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
