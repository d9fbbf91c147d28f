"""Cases with a known outcome out of a table: what is asked, what may be used to answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_store.insights.benching.figures import Figures
from crm_store.insights.benching.table import DataTable
from crm_store.insights.outcomes.choosing import LEAST_OF_EACH, Chosen, TooFewCases, choose_model, giveaways
from crm_store.insights.outcomes.features import Bools, Column, Features
from crm_store.insights.outcomes.reasons import reasons_for

_PROTECTED = re.compile(
    r"gender|^sex$|^race|ethnic|religio|nationalit|disab|senior|^age$|marital|pregnan|^orientation", re.IGNORECASE
)
_ID = re.compile(r"(^|[^a-z])(id|number|no|code|key|uuid|index)$|customerid$|^row", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The cases of a file; ``order`` from the earliest to the latest when the file has dates."""

    features: Features
    outcome: Bools
    order: NDArray[np.int64] | None
    notes: tuple[str, ...]


def read_cases(
    table: DataTable,
    target: str,
    *,
    yes: re.Pattern[str],
    no: re.Pattern[str],
    later: re.Pattern[str],
    starts: tuple[str, ...],
) -> Cases:
    """The cases of a table by the column ``target``; rows whose outcome is neither ``yes`` nor ``no`` are left out.

    Columns whose name matches ``later`` are written after the outcome and are left out, as are identifiers and
    columns that alone tell the outcome. ``starts``: names of a column with the date a case began.
    """
    answers = table.columns[target]
    known = np.array([bool(yes.fullmatch(text)) or bool(no.fullmatch(text)) for text in answers])
    outcome = np.array([bool(yes.fullmatch(text)) for text in answers])[known]
    notes: list[str] = []
    if not known.all():
        notes.append(f"{int((~known).sum())} rows without a known outcome in {target} were left out")
    if min(int(outcome.sum()), int((~outcome).sum())) < LEAST_OF_EACH:
        values = sorted(set(answers))[:6]
        raise table.unusable(
            f"column {target} needs at least {LEAST_OF_EACH} rows of each outcome; it has e.g. {', '.join(values)}"
        )
    table = table.only(known.tolist())
    columns: dict[str, Column] = {}
    left_out: list[str] = []
    protected = [name for name in table.columns if _PROTECTED.search(name) and name != target]
    for name in table.columns:
        if name == target or name in protected:
            continue
        column = None if later.search(name) else _column(table, name)
        if column is None:
            left_out.append(name)
        else:
            columns[name] = column
    features = Features(columns=columns)
    telling = giveaways(features, outcome)
    if telling:
        notes.append(f"left out because they alone tell the outcome (written after it): {', '.join(telling)}")
        features = features.without(telling)
    if protected:
        notes.append(f"never used, because people are protected from it: {', '.join(protected)}")
    if left_out:
        notes.append(f"not used (identifiers, dates, or written after the outcome): {', '.join(left_out)}")
    if not features.columns:
        raise table.unusable("no column is left to learn from")
    order = None
    start = table.find(*starts)
    if start is not None and table.is_dates(start):
        days = np.array([day.toordinal() for day in table.dates(start)])
        order = np.argsort(days, kind="stable")
        notes.append(f"compared in the order of {start}: every case is judged by models of earlier ones only")
    return Cases(features=features, outcome=outcome, order=order, notes=tuple(notes))


def bench_cases(table: DataTable, cases: Cases) -> tuple[Chosen, Figures]:
    """The best model for the cases and its figures on those it has not seen."""
    try:
        chosen = choose_model(cases.features, cases.outcome, order=cases.order)
    except TooFewCases as err:
        raise table.unusable("too few cases of each outcome to learn from and to check with") from err
    quality = chosen.quality
    highest = int(chosen.judged[int(np.argmax(chosen.held_out))])
    one = cases.features.rows(np.array([highest]))
    reasons = reasons_for(chosen.model, one, cases.features)
    numbers: dict[str, float | int | None] = {
        "cases": len(cases.outcome),
        "positive": int(cases.outcome.sum()),
        "auc": quality.auc,
        "calibration_error": quality.calibration_error,
        "log_loss": quality.log_loss,
        "brier": quality.brier,
        "lift_top_tenth": quality.lift,
        **{f"auc_{name}": each.auc for name, each in chosen.qualities.items()},
        **{f"log_loss_{name}": each.log_loss for name, each in chosen.qualities.items()},
    }
    choices = {
        "chosen": chosen.name,
        "validation": "in time order" if chosen.in_time_order else "5-fold cross-validation",
        "reasons_of_highest": [f"{each.column} = {each.value} ({each.effect:+.2f})" for each in reasons],
    }
    return chosen, Figures(numbers=numbers, choices=choices, notes=cases.notes)


def _column(table: DataTable, name: str) -> Column | None:
    """A column as a feature; None for identifiers, dates and texts that are different almost everywhere."""
    texts = table.columns[name]
    distinct = len(set(texts))
    if distinct < 2 or (_ID.search(name) and distinct > table.rows / 2):
        return None
    if table.is_numeric(name):
        return np.array(table.numbers(name), dtype=float)
    if table.is_dates(name) or distinct > max(50, table.rows / 10):
        return None
    return np.array(texts, dtype=str)
