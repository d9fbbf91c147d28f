"""The embedded engine's half of a conversation: follow the rules, fill forms, run actions until it must listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from actions.call import ActionCall
from actions.form_offers import offer_form
from actions.form_reminding import forget_reminders, remind_of_form
from actions.registry import audience_of, skill_for
from actions.running import UNKNOWN, read_slots, run_action
from actions.turn import Turn
from bot.dialogue.decide import Ask, Call, Fallback, FillForm, decide, next_in_form, slots_of_form
from bot.dialogue.domain import Domain
from bot.dialogue.holding import Steps, ask_response
from bot.dialogue.state import DialogueState
from nlu.parse import ParseResult

FALLBACK_ACTION = "action_fallback"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Holds conversations by the domain's rules. Stateless; the state goes in and comes out."""

    domain: Domain

    def respond(
        self, state: DialogueState, parse: ParseResult, turn_for: Callable[[ActionCall], Turn]
    ) -> tuple[DialogueState, Steps]:
        """Answer one request. ``turn_for`` gives the turn an action call works in; its reply grows with every step."""
        steps = Steps()
        decision = decide(self.domain, state, parse)
        match decision:
            case FillForm():
                state = self._fill_form(decision, state, parse, turn_for, steps)
            case Call():
                state = self._run_all(decision.actions, state.with_slots(decision.said), parse, turn_for, steps)
                if decision.closes_form:
                    state = state.in_form(None)
                state = self._return_to_form(state, parse, turn_for)
            case Fallback():
                state = self._run_all((FALLBACK_ACTION,), state, parse, turn_for, steps)
        if self.domain.looks_back:
            state = replace(state, last_action=steps.actions[-1] if steps.actions else None)
        return state, steps

    def _fill_form(
        self,
        step: FillForm,
        state: DialogueState,
        parse: ParseResult,
        turn_for: Callable[[ActionCall], Turn],
        steps: Steps,
    ) -> DialogueState:
        if state.form != step.form:
            state = state.with_slots(dict.fromkeys(slots_of_form(self.domain, step.form), None)).in_form(step.form)
        turn = turn_for(self._call(step.form, state, parse))
        if not self._may_run(step.form, turn, steps):
            return state.in_form(None)
        turn.conversation.pending = {}
        forget_reminders(turn)
        steps.actions.append(f"validate_{step.form}")
        reading = read_slots(turn, dict(step.said))
        state = state.with_slots({**dict.fromkeys(reading.rejected, None), **reading.accepted})
        following = next_in_form(self.domain, step.form, state.slots)
        if isinstance(following, Ask):
            state = state.in_form(step.form, following.slot)
            if following.slot not in reading.rejected:
                turn.say(ask_response(step.form, following.slot))
                offer_form(turn, step.form, state.slots)
                steps.actions.append(ask_response(step.form, following.slot))
            return state
        state = state.in_form(None)
        return self._run_all(following.actions, state, parse, turn_for, steps)

    def _may_run(self, form: str, turn: Turn, steps: Steps) -> bool:
        # A form nobody may submit is not worth filling in: ask its action first.
        rule = self.domain.submission_of(form)
        if rule is None or not rule.actions:
            return True
        if skill_for(rule.actions[0], audience_of(turn)) is not None:
            return True
        steps.failure = run_action(turn_with(turn, rule.actions[0]))
        steps.actions.append(rule.actions[0])
        return False

    def _run_all(
        self,
        actions: tuple[str, ...],
        state: DialogueState,
        parse: ParseResult,
        turn_for: Callable[[ActionCall], Turn],
        steps: Steps,
    ) -> DialogueState:
        for action in actions:
            steps.actions.append(action)
            turn = turn_for(self._call(action, state, parse))
            if action in self.domain.responses:
                turn.say(action)
                continue
            failure = run_action(turn)
            state = state.with_slots(turn.slots)
            if failure is not None:
                steps.failure = failure
                break
        return state

    def _return_to_form(
        self, state: DialogueState, parse: ParseResult, turn_for: Callable[[ActionCall], Turn]
    ) -> DialogueState:
        if state.form is None or state.requested_slot is None:
            return state
        turn = turn_for(self._call(state.form, state, parse))
        question = turn.words.say(ask_response(state.form, state.requested_slot))
        remind_of_form(turn, state.form, state.requested_slot, question=question)
        return state

    def _call(self, action: str, state: DialogueState, parse: ParseResult) -> ActionCall:
        return ActionCall(
            action=action,
            intent=parse.intent.name,
            confidence=parse.intent.confidence,
            text=parse.text,
            entities=parse.entities,
            ranking=parse.ranking,
            slots=self._known(state.slots),
            form=state.form,
            requested_slot=state.requested_slot,
        )

    @staticmethod
    def _known(slots: Mapping[str, str | None]) -> dict[str, str | None]:
        return {name: None if value == UNKNOWN else value for name, value in slots.items()}


def turn_with(turn: Turn, action: str) -> Turn:
    """The same turn, called for another action."""
    turn.call = replace(turn.call, action=action)
    return turn
