"""What an action call tells of the conversation: Rasa's tracker, as far as the actions need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.dialogue.state import DialogueState
from bot.rasa.client import RasaEntity, RasaIntent, RasaParse
from nlu.parse import FALLBACK_INTENT

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

    @property
    def text(self) -> str:
        """The latest message as it was written."""
        return str(_mapping(self.data.get("latest_message")).get("text") or "")

    @property
    def message_id(self) -> str:
        """Rasa's name of the latest message; of a tracker that has none, when it was said."""
        message = _mapping(self.data.get("latest_message"))
        users = [event for event in self.data.get("events") or () if event.get("event") == "user"]
        at = users[-1].get("timestamp") if users else self.data.get("latest_event_time")
        return str(message.get("message_id") or (users[-1].get("message_id") if users else None) or at)

    def found(self) -> RasaParse:
        """The latest message as Rasa read it; a payload's entities, which are at no place in it, left out."""
        message = _mapping(self.data.get("latest_message"))
        intent = _mapping(message.get("intent"))
        name = str(intent.get("name") or FALLBACK_INTENT)
        entities = [
            RasaEntity.model_validate(each)
            for each in message.get("entities") or ()
            if {"entity", "start", "end"} <= set(each)
        ]
        return RasaParse(
            intent=RasaIntent(name=name, confidence=float(intent.get("confidence") or 0.0)),
            intent_ranking=[RasaIntent.model_validate(each) for each in message.get("intent_ranking") or ()],
            entities=entities,
        )


def said_shortly(value: str) -> str:
    """What Rasa is told of a value. It works for many seconds on a message of ten thousand characters."""
    return value[:LONGEST_VALUE]


LONGEST_VALUE = 500
OWN_SLOTS = frozenset({"requested_slot", "session_started_metadata"})
"""Slots Rasa keeps for itself."""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
