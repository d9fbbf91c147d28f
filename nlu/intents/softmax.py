"""Multinomial logistic regression: fitted with scikit-learn, applied with NumPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from nlu.minilm import Floats

Labels = npt.NDArray[np.int64]

_ITERATIONS = 200
PRECISE, ROUGH = 1e-4, 1e-3
"""Tolerances of the fit: for the model itself, and for the many fits that only judge (a third of the iterations)."""


def fit_softmax(
    x: Floats, labels: Labels, *, classes: int, strength: float, tolerance: float = PRECISE
) -> tuple[Floats, Floats]:
    """Return weights (features, classes) and bias (classes,) of a regression with inverse regularisation ``strength``.

    A class without examples gets a bias that makes it practically impossible.
    """
    present = np.unique(labels)
    weights = np.zeros((x.shape[1], classes), dtype=np.float32)
    bias = np.full(classes, -50.0, dtype=np.float32)
    if len(present) == 1:
        bias[present] = 0
        return weights, bias
    model = LogisticRegression(C=strength, max_iter=_ITERATIONS, tol=tolerance).fit(x, labels)
    if len(present) == 2:
        # Of two classes scikit-learn fits one logit, the second class against the first.
        weights[:, present[1]] = model.coef_[0]
        bias[present] = (0, model.intercept_[0])
    else:
        weights[:, present] = model.coef_.T
        bias[present] = model.intercept_
    return weights, bias


def best_temperature(logits: Floats, labels: Labels) -> float:
    """Return the divisor of ``logits`` that makes the likelihood of ``labels`` largest (Guo et al. 2017)."""
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        top = scaled.max(axis=1)
        partition = np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top
        return float((partition - scaled[rows, labels]).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(5.0)), method="bounded")
    return float(np.exp(found.x))
