"""New examples are judged by what they do to understanding, on messages no model had seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from nlu.comparing import TOLERANCE, Comparison, Understanding, compare, fit_intents
from nlu.training_data import TrainingExample
from tests.nlu.small_talk import outside_examples, pizza_examples

_VOUCHERS = (
    "do you sell gift vouchers",
    "a gift voucher for my mother",
    "how much is a gift voucher",
    "gift voucher over 50 please",
    "can I pay with a gift voucher",
    "my gift voucher has expired",
)
VOUCHERS = [TrainingExample(text=text, intent="gift_voucher") for text in _VOUCHERS]
EXAMPLES = (*pizza_examples(), *outside_examples(), VOUCHERS[0])
NEW = VOUCHERS[1:]


def test_no_message_is_judged_by_a_model_that_saw_it() -> None:
    judged: list[str] = []

    def fit(examples: Sequence[TrainingExample]) -> Callable[[TrainingExample], str | None]:
        seen = {example.text for example in examples}

        def intent_of(example: TrainingExample) -> str | None:
            assert example.text not in seen
            judged.append(example.text)
            return example.intent

        return intent_of

    comparison = compare(EXAMPLES, NEW, fit=fit)
    assert Counter(judged) == {example.text: 2 for example in (*EXAMPLES, *NEW)}
    assert (comparison.known_messages, comparison.new_messages) == (len(EXAMPLES), len(NEW))
    assert comparison.before == comparison.after == Understanding(accuracy=1.0, macro_f1=1.0)


def _fit_by_common_words(examples: Sequence[TrainingExample]) -> Callable[[TrainingExample], str | None]:
    """The intent of the example that shares most words: learns like a model, without a small model's whims."""

    def shared(one: TrainingExample, other: TrainingExample) -> float:
        words, others = set(one.text.lower().split()), set(other.text.lower().split())
        return len(words & others) / len(words | others)

    def intent_of(example: TrainingExample) -> str | None:
        best = max(examples, key=lambda other: shared(example, other))
        return best.intent if shared(example, best) else None

    return intent_of


def test_good_examples_help_and_are_kept() -> None:
    comparison = compare(EXAMPLES[:-1], VOUCHERS, fit=_fit_by_common_words)
    assert comparison.new_after > comparison.new_before
    assert comparison.is_no_worse


def test_examples_with_wrong_labels_make_it_worse() -> None:
    wrong = [replace(example, intent="greet", text=f"{example.text} please") for example in EXAMPLES]
    comparison = compare(EXAMPLES, wrong, fit=fit_intents(None))
    assert comparison.known_after.accuracy < comparison.known_before.accuracy
    assert not comparison.is_no_worse


GOOD = Understanding(accuracy=0.9, macro_f1=0.9)


@pytest.mark.parametrize("figure", ["accuracy", "macro_f1"])
@pytest.mark.parametrize("which", ["after", "known_after"])
@pytest.mark.parametrize(("loss", "kept"), [(0.0, True), (TOLERANCE - 0.0001, True), (TOLERANCE + 0.0001, False)])
def test_a_figure_may_hardly_be_lower(figure: str, which: str, loss: float, kept: bool) -> None:
    comparison = Comparison(
        folds=5,
        known_messages=100,
        new_messages=10,
        before=GOOD,
        after=GOOD,
        known_before=GOOD,
        known_after=GOOD,
        new_before=0.0,
        new_after=1.0,
    )
    lower = Understanding(
        accuracy=0.9 - loss if figure == "accuracy" else 0.9, macro_f1=0.9 - loss if figure == "macro_f1" else 0.9
    )
    changed = replace(comparison, after=lower) if which == "after" else replace(comparison, known_after=lower)
    assert changed.is_no_worse is kept
