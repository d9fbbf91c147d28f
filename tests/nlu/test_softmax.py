"""The regression the intent models are made of."""

import numpy as np
import pytest

from nlu.intents.projection import principal_axes
from nlu.intents.softmax import fit_softmax


def _problem() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    centres = random.standard_normal((4, 12))
    labels = np.repeat(np.arange(4), 30)
    x = (centres[labels] + 1.5 * random.standard_normal((120, 12))).astype(np.float32)
    return x @ principal_axes(x), labels


@pytest.mark.parametrize("strength", [0.1, 3.0])
def test_it_finds_the_regression_scikit_learn_finds(strength: float) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, labels = _problem()
    weights, bias = fit_softmax(x, labels, classes=4, strength=strength)
    reference = linear_model.LogisticRegression(C=strength, tol=1e-8, max_iter=1000).fit(x, labels)
    ours = x @ weights + bias
    theirs = reference.decision_function(x)
    assert np.abs((ours - ours.mean(axis=1, keepdims=True)) - theirs).max() < 0.05


def test_two_classes_and_classes_without_examples_are_told() -> None:
    x, labels = _problem()
    two = labels < 2
    weights, bias = fit_softmax(x[two], labels[two] * 3, classes=5, strength=3.0)
    logits = x[two] @ weights + bias
    assert (logits.argmax(axis=1) == labels[two] * 3).mean() > 0.9
    assert logits[:, [1, 2, 4]].max() < -40


def test_a_single_class_is_certain() -> None:
    weights, bias = fit_softmax(np.ones((3, 2), dtype=np.float32), np.array([1, 1, 1]), classes=2, strength=1.0)
    assert not weights.any()
    assert bias[1] > bias[0] + 40
