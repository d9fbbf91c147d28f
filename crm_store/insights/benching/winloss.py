"""Win probabilities on opportunities of which it is known how they ended."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np

from crm_store.insights.benching.cases import Cases, bench_cases, read_cases
from crm_store.insights.benching.figures import Figures
from crm_store.insights.benching.table import read_table
from crm_store.insights.outcomes.features import Features
from crm_store.insights.outcomes.proportions import Proportion, beyond_chance

_TARGETS = ("outcome", "opportunity result", "result", "status", "deal_stage", "stage", "stage_name", "won", "is_won",
            "win", "opportunity_status", "state", "target", "label")  # fmt: skip
_YES = re.compile(r"(closed[ -]*)?(won|win)|yes|true|1|1\.0|success(ful)?", re.IGNORECASE)
_NO = re.compile(r"(closed[ -]*)?(lost|loss|lose)|no|false|0|0\.0|unsuccessful|failed", re.IGNORECASE)
_LATER = re.compile(
    r"clos(e|ed|ing)[ _]*(value|date|amount|at|on)|lost|loss|won|reason|through closing|revenue_booked", re.IGNORECASE
)
_STARTS = (
    "engage_date",
    "created",
    "created_at",
    "create_date",
    "created_date",
    "createddate",
    "open_date",
    "start_date",
    "opened",
    "date_created",
    "creation_date",
    "opportunity_created",
    "first_contact",
)
_RARE = 30
_SHOWN = 8


def bench_winloss(path: Path, *, target: str | None = None) -> Figures:
    """AUC and calibration on opportunities the model has not seen; win rates that differ beyond chance."""
    table = read_table(path)
    column = table.need("how the opportunity ended", *((target,) if target else _TARGETS))
    cases = read_cases(table, column, yes=_YES, no=_NO, later=_LATER, starts=_STARTS)
    _, figures = bench_cases(table, cases)
    won = Proportion(hits=int(cases.outcome.sum()), of=len(cases.outcome))
    low, high = won.interval
    numbers = {**figures.numbers, "win_rate": won.share, "win_rate_low": low, "win_rate_high": high}
    choices = {**figures.choices, "win_rates_beyond_chance": _standing_out(cases)}
    return Figures(numbers=numbers, choices=choices, notes=(*figures.notes, _CAUTION))


_CAUTION = "win rates go together with these values; that does not say the values cause them"


def _standing_out(cases: Cases) -> list[str]:
    """The values whose win rate differs from that of all other cases beyond chance, the largest difference first."""
    found: list[tuple[float, float, str]] = []
    total, won = len(cases.outcome), int(cases.outcome.sum())
    for name, column in cases.features.columns.items():
        if Features.is_number(column):
            continue
        for value, count in Counter(column.tolist()).items():
            if count < _RARE or total - count < _RARE:
                continue
            here = Proportion(hits=int(cases.outcome[column == np.str_(value)].sum()), of=count)
            rest = Proportion(hits=won - here.hits, of=total - count)
            low, high = here.interval
            share, others = here.hits / here.of, rest.hits / rest.of
            text = f"{name} = {value or 'missing'}: {share:.0%} ({low:.0%} to {high:.0%}, {count} cases)"
            found.append((here.chance_of_difference(rest), abs(share - others), text))
    believed = beyond_chance([chance for chance, _, _ in found])
    kept = [(size, text) for (_, size, text), told in zip(found, believed, strict=True) if told]
    return [text for _, text in sorted(kept, reverse=True)[:_SHOWN]]
