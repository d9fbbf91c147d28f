"""BG/NBD: how often customers who may leave unseen buy again (Fader, Hardie & Lee 2005, "Counting your customers" the
easy way), fitted by maximum likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class FitFailed(ValueError):
    """No parameters describe these purchases: too few customers came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Every customer's purchases in a few numbers, in one unit of time.

    ``repeats``: purchases after the first; ``recency``: time from the first to the last of them; ``age``: time from
    the first purchase to the end of what was watched.
    """

    repeats: Floats
    recency: Floats
    age: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatPurchases:
    """The fitted model: buying rates are Gamma(r, alpha) over customers, the chance to leave after a purchase is
    Beta(a, b).
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def expected(self, history: History, horizon: float) -> Floats:
        """How often each customer is expected to buy in the next ``horizon`` units of time (their equation 10)."""
        from scipy.special import hyp2f1  # noqa: PLC0415 - SciPy takes a while to import

        x, recency, age = history.repeats, history.recency, history.age
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        shrunk = ((alpha + age) / (alpha + age + horizon)) ** (r + x)
        series = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + age + horizon))
        numerator = (a + b + x - 1) / (a - 1) * (1 - shrunk * series)
        return np.asarray(numerator * self.alive(history)) if recency.size else np.zeros(0)

    def alive(self, history: History) -> Floats:
        """The probability that each customer has not left."""
        x, recency, age = history.repeats, history.recency, history.age
        ratio = np.log(self.alpha + age) - np.log(self.alpha + recency)
        odds = np.exp((self.r + x) * ratio) * self.a / (self.b + np.maximum(x, 1) - 1)
        return np.asarray(1 / (1 + np.where(x > 0, odds, 0.0)))


def fit_repeat_purchases(history: History) -> RepeatPurchases:
    """The parameters of the greatest likelihood; raises FitFailed."""
    from scipy.optimize import minimize  # noqa: PLC0415 - SciPy takes a while to import

    if not np.any(history.repeats > 0) or len(history.repeats) < 10:
        raise FitFailed
    distinct, counts = _distinct(history)
    # Time in units of a typical age keeps the search well scaled, whatever the unit.
    scale = float(np.median(history.age)) / 10 or 1.0
    scaled = History(repeats=distinct.repeats, recency=distinct.recency / scale, age=distinct.age / scale)
    total = counts.sum()

    def loss(logs: Floats) -> float:
        return float(-np.sum(counts * _log_likelihood(scaled, np.exp(logs))) / total)

    starts = [np.log([0.3, 1.0, 0.8, 2.5]), np.log([1.0, 3.0, 0.5, 1.0]), np.log([0.2, 0.5, 2.0, 8.0])]
    found = min(
        (minimize(loss, start, method="L-BFGS-B", bounds=[(-8, 8)] * 4, options={"ftol": 1e-9, "gtol": 1e-6})
         for start in starts),
        key=lambda each: float(each.fun),
    )  # fmt: skip
    # Bounded as well: where nobody ever leaves, a and b grow for ever at the same likelihood.
    polished = minimize(
        loss,
        found.x,
        method="Nelder-Mead",
        bounds=[(-8, 8)] * 4,
        options={"xatol": 1e-6, "fatol": 1e-12, "maxiter": 1500},
    )
    if not np.isfinite(polished.fun):
        raise FitFailed
    r, alpha, a, b = (float(each) for each in np.exp(polished.x))
    alpha *= scale
    fitted = float(np.sum(counts * _log_likelihood(distinct, np.array([r, alpha, a, b]))))
    return RepeatPurchases(r=r, alpha=alpha, a=a, b=b, log_likelihood=fitted)


def _distinct(history: History) -> tuple[History, Floats]:
    """Every combination once, with how many customers have it: hundreds of thousands become a few thousand."""
    rows, counts = np.unique(np.c_[history.repeats, history.recency, history.age], axis=0, return_counts=True)
    return History(repeats=rows[:, 0], recency=rows[:, 1], age=rows[:, 2]), counts.astype(float)


def _log_likelihood(history: History, parameters: Floats) -> Floats:
    """Their equation 6, in the form that does not overflow (Fader & Hardie's note on computing it)."""
    from scipy.special import betaln, gammaln  # noqa: PLC0415 - SciPy takes a while to import

    r, alpha, a, b = parameters
    x, recency, age = history.repeats, history.recency, history.age
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stayed = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + recency)
    return np.asarray(common + np.where(x > 0, np.logaddexp(stayed, left), stayed))
