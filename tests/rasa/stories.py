"""The dialogue scripts as test stories in Rasa's own format, for ``rasa test core``.

Each script is held with the embedded engine; what every message was taken for and what became of forms and slots is
written down, and the actions that follow by the rules (``bot.dialogue.decide``). Rasa's policies must predict the same.
A script with several conversations is a story for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from actions.call import ActionCall
from actions.turn import Turn
from bot.dialogue.decide import Call, FillForm, decide
from bot.dialogue.domain import Domain
from bot.dialogue.holding import DialogueEngine, Steps
from bot.dialogue.state import DialogueState
from nlu.parse import ParseResult

Step = dict[str, Any]


@dataclass(slots=True)
class StoryRecorder:
    """A dialogue engine that writes down, by conversation, what another one is asked and how it goes on."""

    engine: DialogueEngine
    steps: dict[int, list[Step]] = field(default_factory=dict)

    @property
    def domain(self) -> Domain:
        """The rules."""
        return self.engine.domain

    def respond(
        self, state: DialogueState, parse: ParseResult, turn_for: Callable[[ActionCall], Turn]
    ) -> tuple[DialogueState, Steps]:
        """Answer a request, as the other engine does."""
        after, done = self.engine.respond(state, parse, turn_for)
        conversation = turn_for(ActionCall(action="")).conversation.id
        self.steps.setdefault(conversation, []).extend(_steps(self.domain, state, parse, after))
        return after, done

    def stories(self, name: str) -> Iterator[Step]:
        """The stories of what was said until now, which is then forgotten."""
        for number, steps in enumerate(self.steps.values(), start=1):
            yield {"story": name if len(self.steps) == 1 else f"{name} ({number})", "steps": steps}
        self.steps.clear()


def _steps(domain: Domain, before: DialogueState, parse: ParseResult, after: DialogueState) -> Iterator[Step]:
    yield _intent(parse)
    changed = [
        {name: after.slots.get(name)}
        for name in sorted({*before.slots, *after.slots})
        if before.slots.get(name) != after.slots.get(name)
    ]
    decision = decide(domain, before, parse)
    match decision:
        case FillForm():
            yield {"action": decision.form}
            if before.form != decision.form:
                yield {"active_loop": decision.form}
            if changed:
                yield {"slot_was_set": changed}
            if after.form == decision.form:
                yield {"slot_was_set": [{"requested_slot": after.requested_slot}]}
                return
            yield {"slot_was_set": [{"requested_slot": None}]}
            yield {"active_loop": None}
            submission = domain.submission_of(decision.form)
            yield from ({"action": action} for action in (submission.actions if submission else ()))
        case Call():
            if decision.closes_form:
                yield {"action": "action_deactivate_loop"}
                yield {"active_loop": None}
            yield from ({"action": action} for action in decision.actions)
            if changed:
                yield {"slot_was_set": changed}
            if after.form is not None:
                yield {"action": after.form}
        case _:
            yield {"action": "action_fallback"}


def _intent(parse: ParseResult) -> Step:
    # Only which entities there are can count for a rule, and of ours none asks.
    entities = {entity.entity: entity.value[:80] for entity in parse.entities}
    step: Step = {"intent": parse.intent.name}
    return step | ({"entities": [{name: value} for name, value in entities.items()]} if entities else {})
