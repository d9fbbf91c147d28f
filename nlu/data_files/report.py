"""What is odd about a set of training examples: repeats, contradictions, thin and crowded intents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.training_data import TrainingExample

CROWDED = 5.0
"""An intent is called crowded when it has more than this many times the median number of examples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One text found under several intents (None is out of scope)."""

    text: str
    intents: tuple[str | None, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReport:
    """``duplicates`` counts texts repeated within one intent; ``imbalance`` is the largest intent over the smallest."""

    examples: int
    intents: int
    out_of_scope: int
    duplicates: tuple[tuple[str, int], ...]
    conflicts: tuple[Conflict, ...]
    single_example_intents: tuple[str, ...]
    crowded_intents: tuple[str, ...]
    imbalance: float


def normal_text(text: str) -> str:
    """Return ``text`` as compared for sameness: case and runs of white space do not count."""
    return " ".join(text.casefold().split())


def report_on(examples: Sequence[TrainingExample]) -> DataReport:
    """Look through ``examples``; the result is sorted by text or name, so equal data give equal reports."""
    by_text: dict[str, list[TrainingExample]] = defaultdict(list)
    for example in examples:
        by_text[normal_text(example.text)].append(example)
    duplicates: list[tuple[str, int]] = []
    conflicts: list[Conflict] = []
    for text, same in sorted(by_text.items()):
        counts = Counter(example.intent for example in same)
        if max(counts.values()) > 1:
            duplicates.append((text, max(counts.values())))
        if len(counts) > 1:
            intents = tuple(sorted(counts, key=lambda intent: (intent is None, intent or "")))
            conflicts.append(Conflict(text=text, intents=intents, sources=tuple(example.source for example in same)))
    sizes = Counter(example.intent for example in examples if example.intent is not None)
    ordered = sorted(sizes.values())
    median = ordered[len(ordered) // 2] if ordered else 0
    return DataReport(
        examples=len(examples),
        intents=len(sizes),
        out_of_scope=sum(example.intent is None for example in examples),
        duplicates=tuple(duplicates),
        conflicts=tuple(conflicts),
        single_example_intents=tuple(sorted(intent for intent, size in sizes.items() if size == 1)),
        crowded_intents=tuple(sorted(intent for intent, size in sizes.items() if size > CROWDED * median)),
        imbalance=ordered[-1] / ordered[0] if ordered else 1.0,
    )
