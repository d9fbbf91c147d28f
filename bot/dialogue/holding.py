"""What any engine that holds a conversation promises, and what it tells of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from actions.call import ActionCall
from actions.running import Failure
from actions.turn import Turn
from bot.dialogue.domain import Domain
from bot.dialogue.state import DialogueState
from nlu.parse import ParseResult


@dataclass(slots=True)
class Steps:
    """What was done for one request, for the trace."""

    actions: list[str] = field(default_factory=list)
    failure: Failure | None = None


class DialogueEngine(Protocol):
    """Answers requests by the domain's rules. Keeps no state of its own: it goes in and comes out."""

    @property
    def domain(self) -> Domain:
        """The rules."""
        ...

    def respond(
        self, state: DialogueState, parse: ParseResult, turn_for: Callable[[ActionCall], Turn]
    ) -> tuple[DialogueState, Steps]:
        """Answer one request, in the calling thread as far as the turns are concerned.

        ``turn_for`` gives the turn an action call works in; its reply grows with every step. Raises EngineUnavailable;
        what was done until then is rolled back with the caller's transaction.
        """
        ...


def ask_response(form: str, slot: str) -> str:
    """The response that asks for a form's slot, named as Rasa does."""
    return f"utter_ask_{form}_{slot}"
