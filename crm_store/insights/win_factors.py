"""What goes with winning: win rates of groups beside those of all other deals, with honest intervals.

A difference is named only where chance alone would hardly make it, over all comparisons together (Benjamini and
Hochberg 1995, 5 % false alarms). It is no cause: referrals may be won more often because better customers refer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from crm_store.insights.outcomes.proportions import Proportion, beyond_chance
from crm_store.insights.query.groups import FOLDED, QueryGroup
from crm_store.insights.query.layer import Deals, Dimension, Measure
from crm_store.insights.query.report_query import Figure, ReportQuery
from crm_store.insights.query.running import run_query
from crm_store.insights.query.sources import Circumstances
from crm_store.insights.query.tallies import Tally

LEAST = 20
"""Groups with fewer closed deals say nothing."""
DIMENSIONS = (Dimension.SOURCE, Dimension.PRODUCT, Dimension.INDUSTRY, Dimension.REGION, Dimension.REP)
BANDS = (Decimal(5_000), Decimal(20_000), Decimal(50_000))
_RATE = Figure(Measure.WIN_RATE, Deals.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A group of closed deals beside all others. ``dimension`` None: by amount, from ``low`` up to ``high``."""

    dimension: Dimension | None
    group: QueryGroup | None
    low: Decimal | None
    high: Decimal | None
    rate: Proportion
    others: Proportion
    differs: bool = False


def win_factors(at: Circumstances, query: ReportQuery) -> list[Factor]:
    """The groups with at least 20 closed deals, those that differ first, by how far they do."""
    base = replace(query, figures=(_RATE,), by=(), top=None, lowest=False, against=None)
    whole = run_query(at, base).total.now[0]
    found: list[Factor] = []
    for dimension in DIMENSIONS:
        if base.condition_on(dimension) is not None:
            continue
        for line in run_query(at, replace(base, by=(dimension,))).lines:
            if line.groups[0].key not in {None, FOLDED}:
                found += _factor(line.now[0], whole, dimension=dimension, group=line.groups[0])
    if base.least is None and base.most is None:
        edges = (None, *BANDS, None)
        for low, high in pairwise(edges):
            most = high - Decimal("0.01") if high is not None else None
            part = run_query(at, replace(base, least=low, most=most)).total.now[0]
            found += _factor(part, whole, low=low, high=high)
    differ = beyond_chance([each.rate.chance_of_difference(each.others) for each in found]) if found else []
    marked = [replace(each, differs=differs) for each, differs in zip(found, differ, strict=True)]
    return sorted(marked, key=lambda each: (not each.differs, -abs(_distance(each))))


def _factor(
    part: Tally,
    whole: Tally,
    *,
    dimension: Dimension | None = None,
    group: QueryGroup | None = None,
    low: Decimal | None = None,
    high: Decimal | None = None,
) -> list[Factor]:
    rest = Proportion(hits=whole.won - part.won, of=whole.count - part.count)
    if part.count < LEAST or rest.of < LEAST:
        return []
    rate = Proportion(hits=part.won, of=part.count)
    return [Factor(dimension=dimension, group=group, low=low, high=high, rate=rate, others=rest)]


def _distance(factor: Factor) -> float:
    return (factor.rate.share or 0.0) - (factor.others.share or 0.0)
