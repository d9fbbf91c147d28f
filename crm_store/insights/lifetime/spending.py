"""Gamma-Gamma: what a customer spends per purchase (Fader & Hardie 2013), fitted by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_store.insights.lifetime.repeat_purchases import FitFailed, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """The fitted model: a customer's purchases are Gamma(p, nu), and nu is Gamma(q, gamma) over customers."""

    p: float
    q: float
    gamma: float
    log_likelihood: float

    def expected(self, repeats: Floats, mean_spend: Floats) -> Floats:
        """What each customer's purchases are expected to be worth: their mean, drawn towards everybody's.

        With no purchase to go by it is everybody's.
        """
        everybody = self.p * self.gamma / (self.q - 1)
        own = self.p * repeats
        weight = own / (own + self.q - 1)
        return np.asarray(weight * np.where(repeats > 0, mean_spend, 0.0) + (1 - weight) * everybody)


def fit_spending(repeats: Floats, mean_spend: Floats) -> Spending:
    """The parameters of the greatest likelihood over customers with at least one purchase of a positive amount.

    Raises FitFailed when there are fewer than ten.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - SciPy takes a while to import
    from scipy.special import gammaln  # noqa: PLC0415

    counted = (repeats > 0) & (mean_spend > 0)
    x, spent = repeats[counted], mean_spend[counted]
    if len(x) < 10:
        raise FitFailed
    unit = float(spent.mean())
    z = spent / unit

    def log_likelihood(p: float, q: float, gamma: float) -> float:
        return float(
            np.sum(
                gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + (p * x - 1) * np.log(z)
                + (p * x) * np.log(x) - (p * x + q) * np.log(gamma + x * z)
            )
        )  # fmt: skip

    def loss(logs: Floats) -> float:
        p, q, gamma = (float(each) for each in np.exp(logs))
        return -log_likelihood(p, 1 + q, gamma) / len(x)  # q over 1: the mean over customers exists

    start = np.log([2.0, 2.0, 1.0])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-7, 9)] * 3)
    found = minimize(loss, found.x, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-11, "maxiter": 1500})
    p, q, gamma = (float(each) for each in np.exp(found.x))
    fitted = log_likelihood(p, 1 + q, gamma) - len(x) * float(np.log(unit))
    return Spending(p=p, q=1 + q, gamma=gamma * unit, log_likelihood=fitted)
