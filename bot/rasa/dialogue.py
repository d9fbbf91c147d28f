"""Holding a conversation by a Rasa server: it follows the rules and fills the forms, our actions work in our turn.

Ours is the state that counts: it is committed with the turn's effects. Before a request Rasa's tracker is brought to
it if it differs, after a Rasa restart as well as after a turn of ours that was rolled back (docs/adr/007).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import structlog

from actions.call import ActionCall
from actions.turn import Turn
from bot.dialogue.domain import Domain
from bot.dialogue.holding import Steps
from bot.dialogue.state import DialogueState
from bot.errors import EngineUnavailable
from bot.rasa.adapter import ActionAdapter
from bot.rasa.client import RasaClient, TrackerState
from bot.rasa.messages import add_to
from bot.rasa.open_turns import ActionOutcome, ActionRequest, OpenTurns
from bot.rasa.tracker_view import OWN_SLOTS, TrackerView, said_shortly
from nlu.parse import ParseResult

_log = structlog.get_logger(__name__)
TURN = "rapport_turn"
"""The metadata key under which a message carries the name of the open turn its actions belong to."""

FALLBACK = "action_fallback"
"""What config.yml has Rasa do when no rule covers a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RasaDialogue:
    """Implements ``bot.dialogue.holding.DialogueEngine``. Safe to use from several threads."""

    domain: Domain
    client: RasaClient
    turns: OpenTurns

    def respond(
        self, state: DialogueState, parse: ParseResult, turn_for: Callable[[ActionCall], Turn]
    ) -> tuple[DialogueState, Steps]:
        """Answer one request; raises EngineUnavailable."""
        outer = turn_for(ActionCall(action=""))
        sender = f"rapport-{outer.conversation.id}"
        self._bring_to(state, sender)
        adapter = ActionAdapter(self.domain)
        steps = Steps()
        done: dict[str, ActionOutcome] = {}
        fallbacks: list[str] = []

        def run(request: ActionRequest) -> ActionOutcome:
            # The same call again, of a Rasa that did not hear the answer, gets the same answer and does nothing.
            key = json.dumps([request.action, dict(request.tracker)], sort_keys=True, default=str)
            if key not in done:
                if request.action == FALLBACK:
                    fallbacks.append(key)
                done[key] = adapter.run(request, parse, turn_for, steps)
            return done[key]

        messages = self.turns.serve(
            lambda name: self.client.send(sender, command_text(parse), {TURN: name, "text": parse.text}), run
        )
        if not done:
            # Rasa swallows the failure of an action: all there is to see is that none of ours was called.
            raise EngineUnavailable(f"Rasa at {self.client.url} did not call the action server; see Rasa's log")
        if len(fallbacks) > 1:
            # Rasa without a rule for a message falls back until it has done ten actions.
            raise EngineUnavailable(
                f"Rasa at {self.client.url} has no rule for {parse.intent.name}: its model is older than the rules. "
                "Train this project (make rasa) and restart Rasa"
            )
        add_to(outer.reply, messages)
        return _after(state, self.client.tracker(sender)), steps

    def _bring_to(self, state: DialogueState, sender: str) -> None:
        tracker = self.client.tracker(sender)
        if tracker.latest_action_name == "action_listen" and not tracker.paused and _after(state, tracker) == state:
            return
        _log.info("rasa_tracker_brought_to_our_state", sender=sender)
        self.client.append(sender, list(_events_to(state)))


def run_in(turns: OpenTurns, request: ActionRequest) -> Future[ActionOutcome]:
    """Have the turn run an action that its message's metadata names; raises TurnClosed."""
    return turns.hand_over(str(TrackerView(request.tracker).metadata.get(TURN, "")), request)


def command_text(parse: ParseResult) -> str:
    """A request as Rasa writes it: "/log_deal@0.97{"account": ["Initech"]}".

    The message has been read before (``RasaEngine``), an answer to a question turned into what it stands for. Saying
    the reading instead of the words keeps a person's text from ever being taken for a command.
    """
    entities: dict[str, list[str]] = {}
    # Of several values Rasa gives a slot the last one, we the first one mentioned.
    for entity in reversed(parse.entities):
        entities.setdefault(entity.entity, []).append(said_shortly(entity.value))
    # ASCII escapes keep line ends out, at which Rasa stops reading.
    values = json.dumps(entities, ensure_ascii=True) if entities else ""
    return f"/{parse.intent.name}@{parse.intent.confidence:.4f}{values}"


def _events_to(state: DialogueState) -> list[dict[str, Any]]:
    """What turns any tracker into one that waits for the next message in ``state``; its history stays before it."""
    events: list[dict[str, Any]] = [{"event": "restart"}]
    events += [{"event": "action", "name": "action_session_start"}, {"event": "session_started"}]
    events += [{"event": "slot", "name": name, "value": value} for name, value in state.slots.items()]
    if state.form is not None:
        events.append({"event": "action", "name": state.form})
        events.append({"event": "active_loop", "name": state.form})
        events.append({"event": "slot", "name": "requested_slot", "value": state.requested_slot})
    events.append({"event": "action", "name": "action_listen"})
    return events


def _after(state: DialogueState, tracker: TrackerState) -> DialogueState:
    slots = {name: str(v) for name, v in tracker.slots.items() if v is not None and name not in OWN_SLOTS}
    requested = tracker.requested_slot if tracker.form is not None else None
    return replace(state, slots=slots, form=tracker.form, requested_slot=requested)
