"""The review queue as people look at it: messages alike together, with the meanings that are likeliest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crm_store.models import ReviewItem

OUT_OF_SCOPE = "out_of_scope"
"""The label of messages the assistant has no skill for."""

_NEVER_SUGGESTED = frozenset({"nlu_fallback", OUT_OF_SCOPE})
_SUGGESTIONS = 3
_CHOSEN = 2.0
"""What a meaning somebody chose when asked counts, where one the engine is certain of counts 1."""

GroupMessages = Callable[[Sequence[str]], Sequence[Sequence[int]]]
"""Puts the positions of messages that mean the same together, the biggest group and the most typical message first."""


def each_alone(texts: Sequence[str]) -> Sequence[Sequence[int]]:
    """Group only equal messages."""
    groups: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        groups.setdefault(text, []).append(number)
    return sorted(groups.values(), key=len, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Items that mean the same, the most typical first; ``suggestions`` are up to three intents, likeliest first."""

    items: tuple[ReviewItem, ...]
    suggestions: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The different messages, the most typical first."""
        return tuple(dict.fromkeys(item.text for item in self.items))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The items' numbers, sorted."""
        return tuple(sorted(item.id for item in self.items))


def clusters_of(items: Sequence[ReviewItem], group: GroupMessages) -> tuple[Cluster, ...]:
    """Group ``items``, the biggest group first."""
    groups = group([item.text for item in items])
    return tuple(
        Cluster(items=tuple(items[number] for number in numbers), suggestions=_likeliest([items[n] for n in numbers]))
        for numbers in groups
    )


def _likeliest(items: Sequence[ReviewItem]) -> tuple[str, ...]:
    votes: defaultdict[str, float] = defaultdict(float)
    for item in items:
        for intent, confidence in item.candidates:
            votes[str(intent)] += float(confidence)
        if item.suggestion is not None:
            votes[item.suggestion] += _CHOSEN
    ranked = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))
    return tuple(intent for intent, _ in ranked if intent not in _NEVER_SUGGESTED)[:_SUGGESTIONS]
