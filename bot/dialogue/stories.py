"""Rasa's test stories, held through the embedded engine's rules and forms.

For a project that comes from Rasa: which of its tests this engine passes as it stands, and which need what it has not,
policies that learn from stories. Nothing is run; a story says itself when a form is complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.dialogue.decide import Ask, Call, FillForm, decide, next_in_form
from bot.dialogue.domain import Domain
from bot.dialogue.rules import DomainError, names
from bot.dialogue.state import DialogueState
from nlu.data_files.annotated_text import read_annotated_text
from nlu.parse import Entity, IntentScore, ParseResult

Verdict = Literal["passed", "needs stories", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A test story: its name, file and steps as written."""

    name: str
    path: str
    steps: tuple[Mapping[str, Any], ...]

    def said(self) -> Iterator[tuple[str, str]]:
        """What the person says and the intent it has, where the story has words for it."""
        for step in self.steps:
            if isinstance(step.get("user"), str) and isinstance(step.get("intent"), str):
                text = read_annotated_text(step["user"].strip()).text
                if not text.startswith("/"):
                    yield text, step["intent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOutcome:
    """How a story went. ``needs stories``: at step ``at`` (from 1) it goes where no rule and no form leads.

    ``failed``: rules and forms do something else there.
    """

    verdict: Verdict
    at: int | None = None
    expected: str | None = None
    found: str | None = None


def read_stories(directory: Path) -> Iterator[Story]:
    """Every story of the YAML files below a directory, in order; raises DomainError."""
    for path in sorted(directory.rglob("*.y*ml")):
        text = path.read_text(encoding="utf-8")
        if not any(line.startswith("stories:") for line in text.splitlines()):
            continue
        try:
            stories = yaml.safe_load(text).get("stories") or []
        except (yaml.YAMLError, AttributeError) as err:
            raise DomainError(f"{path}: {err}") from err
        for number, spec in enumerate(stories, start=1):
            if not isinstance(spec, dict) or not all(isinstance(step, dict) for step in spec.get("steps") or ()):
                raise DomainError(f"{path}: story {number}: not a mapping with steps")
            yield Story(name=str(spec.get("story", "?")), path=str(path), steps=tuple(spec.get("steps") or ()))


def hold(story: Story, domain: Domain) -> StoryOutcome:
    """Whether the rules and forms of ``domain`` do what a story says.

    As in ``rasa test``, an open form counts as having rejected a message that the story answers by a rule, and as
    having taken one after which the story lets it ask again.
    """
    holding = _Holding(domain)
    for number, step in enumerate(story.steps, start=1):
        problem = holding.take(step)
        if problem is not None:
            return replace(problem, at=number)
    return holding.end()


class _Holding:
    """The dialogue in the middle of a story: its state, and the actions still to come for the latest message."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._state = DialogueState()
        self._due: list[str] = []
        self._intent = ""
        self._by_rule = True
        self._may_reject = False
        self._just_heard = False

    def take(self, step: Mapping[str, Any]) -> StoryOutcome | None:
        match step:
            case {"intent": str(intent)}:
                return self.end_of_turn() or self._hear(intent, step)
            case {"action": str(action)}:
                return self._act(action)
            case {"active_loop": None}:
                self._complete_form()
            case {"active_loop": _}:
                pass
            case {"slot_was_set": list(entries)}:
                changes = {k: v for entry in entries if isinstance(entry, Mapping) for k, v in entry.items()}
                requested = changes.pop("requested_slot", self._state.requested_slot)
                self._state = replace(self._state, requested_slot=requested).with_slots(_as_text(changes))
            case _:
                return StoryOutcome(verdict="needs stories", expected=str(dict(step)))
        return None

    def end(self) -> StoryOutcome:
        return self.end_of_turn() or StoryOutcome(verdict="passed")

    def end_of_turn(self) -> StoryOutcome | None:
        # A story may stop, or let the person speak, before an interrupted form has asked its question again.
        if self._due and self._due != [self._state.form]:
            return StoryOutcome(verdict="failed", expected="to listen", found=self._due[0])
        self._due = []
        return None

    def _hear(self, intent: str, step: Mapping[str, Any]) -> StoryOutcome | None:
        self._intent = intent
        self._just_heard = True
        decision = decide(self._domain, self._state, _parse(intent, step))
        if isinstance(decision, FillForm):
            self._by_rule = True
            self._may_reject = self._state.form == decision.form
            self._fill(decision)
        else:
            said = decision.said if isinstance(decision, Call) else {}
            self._state = self._state.with_slots(said)
            self._follow_rule()
        return None

    def _follow_rule(self) -> None:
        state = self._state
        rule = self._domain.rule_for(self._intent, form=state.form, slots=state.slots, last_action=state.last_action)
        self._by_rule, self._may_reject = rule is not None, False
        if rule is None:
            self._due = []
        elif rule.starts is not None:
            self._due = [rule.starts]
            self._state = state.in_form(rule.starts)
        else:
            self._state = state.in_form(None) if rule.closes_form else state
            closing = ["action_deactivate_loop"] if rule.closes_form else []
            self._due = [*closing, *rule.actions, *([self._state.form] if self._state.form else [])]

    def _fill(self, decision: FillForm) -> None:
        self._state = self._state.with_slots(decision.said).in_form(decision.form, self._state.requested_slot)
        following = next_in_form(self._domain, decision.form, self._state.slots)
        if isinstance(following, Ask):
            self._state = self._state.in_form(decision.form, following.slot)
        self._due = [decision.form]

    def _act(self, action: str) -> StoryOutcome | None:
        just_heard, self._just_heard = self._just_heard, False
        if just_heard and action == self._state.form and self._due[:1] != [action]:
            self._due = []
            return None
        if self._may_reject and self._due[:1] != [action]:
            self._follow_rule()
        self._may_reject = False
        if not self._due:
            # After the last of a rule's actions, and where no rule applies, only a story goes on.
            return StoryOutcome(verdict="needs stories", expected=action)
        found = self._due.pop(0)
        if found != action:
            verdict: Verdict = "failed" if self._by_rule else "needs stories"
            return StoryOutcome(verdict=verdict, expected=action, found=found)
        if action not in self._domain.forms:
            self._state = replace(self._state, last_action=action)
        return None

    def _complete_form(self) -> None:
        form = self._state.form
        if form is None:
            return
        rule = self._domain.submission_of(form, self._state.slots)
        self._due = [*(rule.actions if rule else ())]
        self._state = self._state.in_form(None)


def _parse(intent: str, step: Mapping[str, Any]) -> ParseResult:
    marked = step["user"].strip() if isinstance(step.get("user"), str) else ""
    text = read_annotated_text(marked)
    entities = [
        Entity(
            entity=span.entity,
            start=span.start,
            end=span.end,
            text=text.text[span.start : span.end],
            value=span.value or text.text[span.start : span.end],
            role=span.role,
            extractor="story",
        )
        for span in text.spans
    ]
    for entry in step.get("entities") or ():
        for name, value in entry.items() if isinstance(entry, Mapping) else ((next(names([entry])), "?"),):
            entities.append(Entity(entity=name, start=0, end=0, text=str(value), value=str(value), extractor="story"))
    certain = IntentScore(name=intent, confidence=1.0)
    return ParseResult(text=text.text, intent=certain, ranking=(certain,), entities=tuple(entities))


def _as_text(slots: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in slots.items()}


def summary_of(outcomes: Sequence[StoryOutcome]) -> dict[Verdict, int]:
    """How many stories went each way."""
    verdicts: tuple[Verdict, ...] = ("passed", "needs stories", "failed")
    return {verdict: sum(1 for each in outcomes if each.verdict == verdict) for verdict in verdicts}
