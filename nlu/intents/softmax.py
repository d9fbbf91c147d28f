"""Multinomial logistic regression in float32, fitted by L-BFGS."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar

from nlu.minilm import Floats

Labels = npt.NDArray[np.int64]

PRECISE, ROUGH = 80, 40
"""Steps of the fit: for the model itself, and for the many fits that only judge."""

_CURVATURE = 0.05
"""Typical p (1 - p) of a class, which scales the columns; anything from 0.02 to 0.1 takes as many steps."""

_LEAST_GAIN = 1e-6
"""The fit ends when a step lowers the loss by a smaller share."""


def fit_softmax(
    x: Floats, labels: Labels, *, classes: int, strength: float, steps: int = PRECISE
) -> tuple[Floats, Floats]:
    """Return weights (features, classes) and bias (classes,) of a regression with inverse regularisation ``strength``.

    Minimises the sum of the log losses plus the squared weights over 2 ``strength``; the bias is free. The columns of
    ``x`` should be uncorrelated (``nlu.intents.projection``): each is scaled by the curvature it brings, which makes a
    few dozen steps enough. A class without examples gets a bias that makes it practically impossible.
    """
    present, rows = np.unique(labels, return_inverse=True)
    weights = np.zeros((x.shape[1], classes), dtype=np.float32)
    bias = np.full(classes, -50.0, dtype=np.float32)
    if len(present) == 1:
        bias[present] = 0
        return weights, bias
    x = np.asarray(x, dtype=np.float32)
    objective = _Objective(x, rows, len(present), strength)
    found = minimize(
        objective,
        np.zeros((x.shape[1] + 1) * len(present)),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxcor": 10, "ftol": _LEAST_GAIN, "gtol": 1e-9},
    )
    weights[:, present], bias[present] = objective.unscaled(found.x)
    return weights, bias


class _Objective:
    """The loss and its gradient, as a function of the scaled weights and bias in one flat vector."""

    def __init__(self, x: Floats, rows: Labels, classes: int, strength: float) -> None:
        self._x = x
        self._rows = rows
        self._classes = classes
        self._penalty = np.float32(1 / strength)
        self._scale = 1 / np.sqrt(_CURVATURE * np.einsum("ij,ij->j", x, x) + self._penalty)[:, None]
        self._bias_scale = 1 / np.sqrt(_CURVATURE * len(x))

    def unscaled(self, point: npt.NDArray[np.float64]) -> tuple[Floats, Floats]:
        """Return the weights and the bias at ``point``."""
        both = point.reshape(-1, self._classes).astype(np.float32)
        return both[:-1] * self._scale, both[-1] * np.float32(self._bias_scale)

    def __call__(self, point: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights, bias = self.unscaled(point)
        logits = self._x @ weights
        logits += bias
        logits -= logits.max(axis=1, keepdims=True)
        at = (np.arange(len(logits)), self._rows)
        loss = -float(logits[at].sum(dtype=np.float64))
        np.exp(logits, out=logits)
        partition = logits.sum(axis=1, keepdims=True)
        loss += float(np.log(partition).sum(dtype=np.float64))
        loss += float(self._penalty) / 2 * float(np.einsum("ij,ij->", weights, weights, dtype=np.float64))
        logits /= partition
        logits[at] -= 1
        gradient = np.empty((len(weights) + 1, self._classes))
        gradient[:-1] = (self._x.T @ logits + self._penalty * weights) * self._scale
        gradient[-1] = logits.sum(axis=0) * self._bias_scale
        return loss, gradient.ravel()


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
