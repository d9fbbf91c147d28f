"""Reading a rule from a sentence: "when a deal enters Negotiation over 50k notify me".

Pure: text in, the rule's data out. Who "Riley" and "Initech" are is for the caller to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from actions.rule_actions_said import read_actions
from actions.rule_triggers_said import read_trigger
from actions.rule_words_unread import unread_words

_LEAD = re.compile(
    r"^\W*(?:(?:please|can you|could you|i want|i'd like|set up|make|add|create|write|new|automate this|from now on|"
    r"automatically|an?|the|automation|rule|rules|it so|that|which|where|to)\b[\s:,-]*)+",
    re.IGNORECASE,
)
_WHEN = r"(?:when(?:ever)?|wenever|if|once|as soon as|every ?time(?: that)?|each time|any ?time|on the day)"
_WHEN_FIRST = re.compile(rf"^\W*{_WHEN}\b\s*", re.IGNORECASE)
_WHEN_INSIDE = re.compile(rf"[\s,]+(?:{_WHEN}|(?:about|of)\s+(?:every|each|any|all)(?:\s+new)?)\b\s+", re.IGNORECASE)
_TIME_FIRST = re.compile(
    r"^\W*(?:\w+ (?:days?|weeks?|months?) (?:after|before)|the day (?:after|before))\b", re.IGNORECASE
)
_ACTION_START = re.compile(
    r"(?:\s*(?:,|->|=>|;|:|-)\s*|\s+)(?:and\s+)?(?:then\s+)?(?=(?:please\s+)?(?:automatically\s+)?(?:"
    r"notify|tell|alert|ping|message|inform|warn|let|create|add|make|open|remind|assign|give|hand|route|set|change|move|"
    r"mark|ask|start|request|get|e-?mail|mail|send|call|post|trigger|task)\b)",
    re.IGNORECASE,
)
_GOES_TO = re.compile(r"\s+(?=(?:go(?:es)?|should go|is assigned|are assigned) to\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRule:
    """The parts of a rule as its definition wants them; an empty part was not understood."""

    when: dict[str, Any] | None
    conditions: tuple[dict[str, Any], ...] = ()
    actions: tuple[dict[str, Any], ...] = ()
    unread: tuple[str, ...] = ()
    """Words of the first half that are in no part of the rule."""


def read_rule_sentence(
    text: str,
    *,
    person: Callable[[str], str | None],
    account: str | None = None,
    stages: frozenset[str] = frozenset(),
) -> SaidRule:
    """The rule in ``text``.

    ``person`` gives the handle of a colleague called so, None for nobody; ``account`` is the company the sentence
    names, ``stages`` the names of the pipeline's stages in lower case.
    """
    said = " ".join(text.split()).strip()
    best = SaidRule(when=None)
    for when_text, then_text in _splits(said):
        trigger = read_trigger(when_text, account=account, person=person, stages=stages)
        if trigger is None:
            continue
        when, conditions = trigger
        actions = read_actions(then_text, person=person, kind=str(when.get("record") or _kind(when)))
        if actions:
            read = [*when.values(), *(each.get("value", "") for each in conditions), *([account] if account else [])]
            return SaidRule(
                when=when,
                conditions=tuple(conditions),
                actions=tuple(actions),
                unread=unread_words(when_text, read=read),
            )
        if best.when is None:
            best = SaidRule(when=when, conditions=tuple(conditions))
    return best


def _kind(when: dict[str, Any]) -> str:
    return {"stage_entered": "deal", "ticket": "ticket", "score_crossed": "account"}[str(when["event"])]


def _splits(said: str) -> list[tuple[str, str]]:
    """The ways to take the sentence apart into when and then, the likeliest first."""
    body = said
    lead = _LEAD.match(body)
    if lead is not None and lead.end() < len(body):
        body = body[lead.end() :]
    pairs = []
    first = _WHEN_FIRST.match(body)
    if first is not None or _TIME_FIRST.match(body):
        rest = body[first.end() :] if first is not None else body
        pairs += [(rest[: cut.start()], rest[cut.end() :]) for cut in _ACTION_START.finditer(rest)]
        pairs += [(rest[: cut.start()], rest[cut.end() :]) for cut in _GOES_TO.finditer(rest)]
        pairs.append((rest, ""))
    pairs += [(body[cut.end() :], body[: cut.start()]) for cut in _WHEN_INSIDE.finditer(body)]
    before = re.search(r"\s(?=\w+ (?:days?|weeks?|months?) (?:before|after)\b)", body)
    if before is not None:
        pairs.append((body[before.end() :], body[: before.start()]))
    if first is None:
        # "tickets that are reopened go to Sam", "deal lost -> task for owner"
        pairs += [(body[: cut.start()], body[cut.end() :]) for cut in _ACTION_START.finditer(body)]
        pairs += [(body[: cut.start()], body[cut.end() :]) for cut in _GOES_TO.finditer(body)]
    return [(when.strip(" ,.;:"), then.strip(" ,;:")) for when, then in pairs]
