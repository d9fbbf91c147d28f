"""What both engines are trained on and tested with: our own examples, and a public few-shot set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.settings import PROJECT
from nlu.data_files.loading import load_training_data
from nlu.training_data import TrainingExample

LONGEST = 300
"""Characters of the longest example; DIET pays for the square of a batch's longest message."""

_PUBLIC = ("BANKING77, 10 per intent", "intent/banking77/fewshot_train_10.jsonl", "intent/banking77/test.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A training and a test set; ``ours`` when the assistant can work with what is learned from it."""

    name: str
    ours: bool
    train: Sequence[TrainingExample]
    test: Sequence[TrainingExample]


def own_split(per_intent: int | None) -> Split:
    """Our own examples: of each intent every fifth for testing, of the others at most ``per_intent`` for training."""
    seen: Counter[str] = Counter()
    train: list[TrainingExample] = []
    test: list[TrainingExample] = []
    taken: Counter[str] = Counter()
    for example in load_training_data(PROJECT / "nlu" / "data").examples:
        if example.intent in {None, "out_of_scope"} or len(example.text) > LONGEST:
            continue
        intent = str(example.intent)
        seen[intent] += 1
        if seen[intent] % 5 == 0:
            test.append(example)
        elif per_intent is None or taken[intent] < per_intent:
            taken[intent] += 1
            train.append(example)
    limited = "" if per_intent is None else f", {per_intent} per intent"
    name = f"our own examples{limited} ({len(train):,} to train on, {len(test):,} to test with)"
    return Split(name=name, ours=True, train=train, test=test)


def public_split(data: Path) -> Split | None:
    """The public few-shot set, if it is there; nothing of it is used for what is shipped."""
    name, train, test = _PUBLIC
    if not (data / train).exists():
        return None
    learned, asked = load_training_data(data / train).examples, load_training_data(data / test).examples
    return Split(name=name, ours=False, train=learned, test=asked)
