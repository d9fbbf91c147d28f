"""What an action call tells of the conversation: Rasa's tracker, as far as the actions need it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.dialogue.state import DialogueState
from nlu.parse import FALLBACK_INTENT, Entity, IntentScore, ParseResult

_STEPS_OF_RASA = frozenset({"action_listen", "action_extract_slots", "action_session_start"})


@dataclass(frozen=True, slots=True)
class TrackerView:
    """A tracker as it comes with an action call."""

    data: Mapping[str, Any]

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What came along with the message."""
        found = _mapping(self.data.get("latest_message")).get("metadata")
        return _mapping(found)

    @property
    def form(self) -> str | None:
        """The open form."""
        name = _mapping(self.data.get("active_loop")).get("name")
        return name if isinstance(name, str) else None

    def state(self) -> DialogueState:
        """Slots and form. Rasa's own slots (requested_slot, session metadata) are no part of it."""
        slots = _mapping(self.data.get("slots"))
        requested = slots.get("requested_slot")
        return DialogueState(
            slots={name: str(value) for name, value in slots.items() if value is not None and name not in OWN_SLOTS},
            form=self.form,
            requested_slot=requested if isinstance(requested, str) else None,
        )

    def since_message(self) -> Sequence[Mapping[str, Any]]:
        """The events after the latest message."""
        events: list[Mapping[str, Any]] = list(self.data.get("events") or ())
        at = max((i for i, event in enumerate(events) if event.get("event") == "user"), default=-1)
        return events[at + 1 :]

    def slots_set(self) -> dict[str, str | None]:
        """The slots set since the latest message, each with its latest value."""
        return {
            str(event["name"]): None if event.get("value") is None else str(event["value"])
            for event in self.since_message()
            if event.get("event") == "slot" and event.get("name") not in OWN_SLOTS
        }

    def opens(self, form: str) -> bool:
        """Whether the latest message opened ``form``."""
        return any(e.get("event") == "active_loop" and e.get("name") == form for e in self.since_message())

    def interrupted(self, form: str) -> bool:
        """Whether another action has answered the latest message before ``form`` came back."""
        return any(
            event.get("event") == "action" and event.get("name") not in _STEPS_OF_RASA and event.get("name") != form
            for event in self.since_message()
        )

    def parse(self) -> ParseResult:
        """The latest message as Rasa read it."""
        message = _mapping(self.data.get("latest_message"))
        intent = _mapping(message.get("intent"))
        score = IntentScore(
            name=str(intent.get("name") or FALLBACK_INTENT), confidence=float(intent.get("confidence") or 0.0)
        )
        return ParseResult(
            text=str(message.get("text") or ""),
            intent=score,
            ranking=tuple(
                IntentScore(name=str(each["name"]), confidence=float(each.get("confidence") or 0.0))
                for each in message.get("intent_ranking") or ()
                if each.get("name") not in {None, FALLBACK_INTENT}
            ),
            entities=tuple(_entities(message)),
        )


def said_shortly(value: str) -> str:
    """What Rasa is told of a value. It works for many seconds on a message of ten thousand characters."""
    return value[:LONGEST_VALUE]


def whole_value(told: str, parse: ParseResult) -> str:
    """The value that Rasa was told as ``told``."""
    if len(told) < LONGEST_VALUE:
        return told
    return next((e.value for e in parse.entities if said_shortly(e.value) == told), told)


LONGEST_VALUE = 500
OWN_SLOTS = frozenset({"requested_slot", "session_started_metadata"})
"""Slots Rasa keeps for itself."""


def _entities(message: Mapping[str, Any]) -> Iterator[Entity]:
    for each in message.get("entities") or ():
        value = str(each.get("value"))
        yield Entity(
            entity=str(each.get("entity")),
            start=int(each.get("start") or 0),
            end=int(each.get("end") or 0),
            text=value,
            value=value,
            role=each.get("role"),
            extractor=str(each.get("extractor") or "rasa"),
        )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
