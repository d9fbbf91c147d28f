"""How likely each open deal is to be won, learned from those that were closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from crm_store.insights.outcomes.choosing import TooFewCases, choose_model
from crm_store.insights.outcomes.features import Features, Floats
from crm_store.insights.outcomes.judging import Quality
from crm_store.insights.outcomes.models import FittedModel
from crm_store.insights.scoring.deal_history import DealHistory, deal_features
from crm_store.insights.scoring.events import Ints

LOOK_BACK = 3 * 365
_BETWEEN_MOMENTS = 14
_MOST_CASES = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WinModel:
    """The chosen model; ``quality`` over deals judged by models of deals that were closed earlier.

    ``by_stage`` is the quality of judging them by their stage's share of won deals alone. ``said`` and ``won``: what
    the model foresaw for the judged cases together, in deals, and how many were won.
    """

    chosen: str
    model: FittedModel
    features: Features
    quality: Quality
    cases: int
    deals: int
    judged: int
    said: float
    won: int


def fit_win(deals: DealHistory, *, today: date) -> WinModel:
    """The best model for this store; raises TooFewCases.

    Every closed deal is seen as it was every other week while it was open. A case is judged by a model of deals closed
    before the day it was seen on.
    """
    of, day = _seen(deals, today.toordinal())
    if not len(of):
        raise TooFewCases
    features, was_open = deal_features(deals, of, day)
    keep = np.flatnonzero(was_open)
    if len(keep) > _MOST_CASES:
        keep = keep[np.sort(np.argsort(-deals.closed[of[keep]], kind="stable")[:_MOST_CASES])]
    of, day, features = of[keep], day[keep], features.rows(keep)
    outcome = deals.won[of]
    chosen = choose_model(features, outcome, splits=_splits(deals.closed[of], day), large=False)
    held = outcome[chosen.judged]
    return WinModel(
        chosen=chosen.name,
        model=chosen.model,
        features=features,
        quality=chosen.quality,
        cases=len(of),
        deals=len(np.unique(of)),
        judged=len(np.unique(of[chosen.judged])),
        said=float(chosen.held_out.sum()),
        won=int(held.sum()),
    )


def win_probabilities(model: WinModel, deals: DealHistory, *, today: date) -> tuple[Ints, Features, Floats]:
    """The open deals (numbered as in ``deals``), what is known of them, and how likely each is to be won."""
    of = np.flatnonzero(deals.closed == 0)
    features, was_open = deal_features(deals, of, np.full(len(of), today.toordinal()))
    of, features = of[was_open], features.rows(was_open)
    return of, features, model.model.probability(features)


def _seen(deals: DealHistory, end: int) -> tuple[Ints, Ints]:
    """(deal, day): every closed deal on each day of the grid it was open on, the day it was made included."""
    closed = np.flatnonzero(deals.closed > 0)
    owners, days = [closed], [deals.created[closed]]
    for moment in range(end - _BETWEEN_MOMENTS, end - LOOK_BACK, -_BETWEEN_MOMENTS):
        there = closed[(deals.created[closed] < moment) & (deals.closed[closed] > moment)]
        owners.append(there)
        days.append(np.full(len(there), moment))
    of, day = np.concatenate(owners), np.concatenate(days)
    early = day < deals.closed[of]
    return of[early], day[early]


def _splits(closed: Ints, day: Ints) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The latter half of the cases, by the day they were seen on, in five stretches."""
    order = np.argsort(day, kind="stable")
    blocks = np.array_split(order[len(order) // 2 :], 5)
    return [
        (before, block) for block in blocks if len(block) and len(before := np.flatnonzero(closed <= day[block].min()))
    ]
