"""Every action of domain.yml for Rasa: one adapter in front of the very handlers the embedded engine runs.

Three kinds of actions are called: a skill's own, ``validate_<form>`` (bring what was said into canonical form) and
``action_ask_<form>_<slot>`` (ask, or go back to the question after an interruption).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from actions.call import ActionCall
from actions.form_offers import offer_form
from actions.form_reminding import forget_reminders, remind_of_form
from actions.registry import all_skills, audience_of
from actions.reply import Reply
from actions.running import UNKNOWN, read_slots, run_action
from actions.turn import Turn
from bot.dialogue.decide import of_form, slots_of_form, slots_said
from bot.dialogue.domain import Domain
from bot.dialogue.holding import Steps, ask_response
from bot.rasa.messages import to_rasa
from bot.rasa.open_turns import ActionOutcome, ActionRequest
from bot.rasa.tracker_view import TrackerView
from nlu.parse import ParseResult

TurnFor = Callable[[ActionCall], Turn]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """An ``action_ask_`` action: what it asks for."""

    form: str
    slot: str


class ActionAdapter:
    """Runs whatever action Rasa calls. Stateless; raises KeyError for an action nobody declares."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._validating = {f"validate_{name}": name for name in domain.forms}
        self._asking = {
            f"action_ask_{name}_{slot}": _Asking(form=name, slot=slot)
            for name, form in domain.forms.items()
            for slot in form.required_slots
        }

    def names(self) -> Iterator[str]:
        """Every action that can be called."""
        yield from all_skills()
        yield from self._validating
        yield from self._asking

    def run(self, request: ActionRequest, parse: ParseResult, turn_for: TurnFor, steps: Steps) -> ActionOutcome:
        """Run an action in the turn ``turn_for`` gives; ``parse`` is the message it answers."""
        view = TrackerView(request.tracker)
        if (form := self._validating.get(request.action)) is not None:
            return self._validate(form, view, parse, turn_for, steps)
        if (asking := self._asking.get(request.action)) is not None:
            return self._ask(asking, view, parse, turn_for, steps)
        turn = _turn(turn_for, request.action, view, parse)
        steps.actions.append(request.action)
        steps.failure = run_action(turn)
        return _outcome(turn, turn.slots)

    def _validate(
        self, form: str, view: TrackerView, parse: ParseResult, turn_for: TurnFor, steps: Steps
    ) -> ActionOutcome:
        opens = view.opens(form)
        turn = _turn(turn_for, form, view, parse)
        if opens and not self._may_submit(form, turn):
            # A form nobody may submit is not worth filling in: it is done at once, and its action refuses.
            return ActionOutcome(events=(_slot("requested_slot", None),))
        set_now = of_form(self._domain, form, {name: v for name, v in view.slots_set().items() if v is not None})
        # What Rasa has put into the slots comes from the reading as it was told: cut short where it is long, and not
        # the person's words where a slot takes the whole text. The same mappings are read once more.
        before = replace(view.state(), form=None, requested_slot=None) if opens else view.state()
        said = of_form(self._domain, form, slots_said(self._domain, before, parse))
        if view.interrupted(form) or not (said or set_now or opens):
            return ActionOutcome()
        steps.actions.append(f"validate_{form}")
        turn.conversation.pending = {}
        forget_reminders(turn)
        reading = read_slots(turn, said)
        changes: dict[str, str | None] = dict.fromkeys(slots_of_form(self._domain, form)) if opens else {}
        changes |= {**dict.fromkeys(set_now), **dict.fromkeys(reading.rejected), **reading.accepted}
        return _outcome(turn, changes)

    def _may_submit(self, form: str, turn: Turn) -> bool:
        rule = self._domain.submission_of(form)
        return rule is None or not rule.actions or audience_of(turn) in all_skills()[rule.actions[0]].audience

    def _ask(
        self, asking: _Asking, view: TrackerView, parse: ParseResult, turn_for: TurnFor, steps: Steps
    ) -> ActionOutcome:
        turn = _turn(turn_for, asking.form, view, parse)
        response = ask_response(asking.form, asking.slot)
        if view.interrupted(asking.form):
            remind_of_form(turn, asking.form, asking.slot, question=turn.words.say(response))
        elif not self._rejected_just_now(asking, view):
            turn.say(response)
            offer_form(turn, asking.form, turn.call.slots)
            steps.actions.append(response)
        return _outcome(turn, {})

    @staticmethod
    def _rejected_just_now(asking: _Asking, view: TrackerView) -> bool:
        # What was wrong with the answer has been said, and that is question enough.
        values = [
            e.get("value") for e in view.since_message() if e.get("event") == "slot" and e.get("name") == asking.slot
        ]
        return len(values) > 1 and values[-1] is None and any(value is not None for value in values)


def _turn(turn_for: TurnFor, action: str, view: TrackerView, parse: ParseResult) -> Turn:
    state = view.state()
    turn = turn_for(
        ActionCall(
            action=action,
            intent=parse.intent.name,
            confidence=parse.intent.confidence,
            text=parse.text,
            entities=parse.entities,
            ranking=parse.ranking,
            slots={name: None if value == UNKNOWN else value for name, value in state.slots.items()},
            form=state.form,
            requested_slot=state.requested_slot,
        )
    )
    # What this action says travels through Rasa; the answer is put together from what Rasa hands out.
    turn.reply = Reply()
    return turn


def _outcome(turn: Turn, slots: Mapping[str, str | None]) -> ActionOutcome:
    return ActionOutcome(
        events=tuple(_slot(name, value) for name, value in slots.items()), messages=tuple(to_rasa(turn.reply))
    )


def _slot(name: str, value: str | None) -> dict[str, Any]:
    return {"event": "slot", "timestamp": None, "name": name, "value": value}
