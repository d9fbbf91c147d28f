"""What an action is called with, and the commands buttons carry."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nlu.parse import Entity, IntentScore

_COMMAND = re.compile(r"/([a-z_]{1,40})(\{.*\})?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """A request in its machine form, as Rasa writes it: "/move_deal{"ref": "deal:12", "stage": "Won"}".

    Only the assistant's own buttons carry commands. What a person types is never read as one.
    """

    intent: str
    entities: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"/{self.intent}{json.dumps(dict(self.entities), ensure_ascii=False)}"
            if self.entities
            else f"/{self.intent}"
        )

    @classmethod
    def from_text(cls, text: str) -> Command | None:
        """Read a command's text form; None when it is nothing of the kind."""
        match = _COMMAND.fullmatch(text)
        if match is None:
            return None
        try:
            entities = json.loads(match[2]) if match[2] else {}
        except json.JSONDecodeError:
            return None
        return cls(match[1], {str(key): str(value) for key, value in entities.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall:
    """One call of an action: what was understood, and the state of the dialogue it is called in.

    ``ranking`` holds the engine's candidates, best first. ``form`` and ``requested_slot`` are set while a form is open.
    """

    action: str
    intent: str = ""
    confidence: float = 1.0
    text: str = ""
    entities: tuple[Entity, ...] = ()
    ranking: tuple[IntentScore, ...] = ()
    slots: Mapping[str, str | None] = field(default_factory=dict)
    form: str | None = None
    requested_slot: str | None = None

    def all(self, entity: str, *, role: str | None = None) -> tuple[str, ...]:
        """The canonical values of every ``entity`` in the message, in order of mention."""
        return tuple(e.value for e in self.entities if e.entity == entity and (role is None or e.role == role))

    def first(self, entity: str, *, role: str | None = None) -> str | None:
        """The first value of ``entity`` in the message."""
        return next(iter(self.all(entity, role=role)), None)

    @property
    def is_command(self) -> bool:
        """Whether a button or a form asks: of what a person says, the engine has other candidates too."""
        return len(self.ranking) <= 1

    @property
    def words(self) -> str:
        """What the person wrote; of a button that goes on with an earlier message, that message."""
        return self.first("words") or self.text

    @property
    def page(self) -> int:
        """Which page of a list is asked for, from 1."""
        said = self.first("page") or ""
        return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) <= 4 else 1

    def next_page(self) -> Command:
        """The command that shows the next page of the list this call shows."""
        return self.command(page=str(self.page + 1), words=self.words)

    def command(self, **changed: str) -> Command:
        """This call as a command, with some entities replaced: how a question's answer resumes what was asked."""
        entities = {e.entity if e.role is None else f"{e.entity}__{e.role}": e.value for e in self.entities}
        return Command(self.intent, entities | changed)

    def with_entities(self, command: Command) -> ActionCall:
        """This call with the entities of a command, in the place of its own of the same names."""
        kept = tuple(entity for entity in self.entities if entity.entity not in command.entities)
        return replace(self, entities=(*kept, *command_entities(command)))


def command_entities(command: Command) -> tuple[Entity, ...]:
    """A command's entities as a message would have had them; "stage__from" carries a role."""
    entities = []
    for key, value in command.entities.items():
        name, _, role = key.partition("__")
        entities.append(
            Entity(entity=name, start=0, end=0, text=value, value=value, role=role or None, extractor="button")
        )
    return tuple(entities)
