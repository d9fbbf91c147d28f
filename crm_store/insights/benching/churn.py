"""Churn on customers of whom it is known whether they left."""

from __future__ import annotations

import re
from pathlib import Path

from crm_store.insights.benching.cases import bench_cases, read_cases
from crm_store.insights.benching.figures import Figures
from crm_store.insights.benching.table import read_table

_TARGETS = ("churn", "churned", "churn_label", "churn_value", "exited", "attrition", "attrition_flag", "left",
            "is_churn", "cancelled", "target", "label")  # fmt: skip
_YES = re.compile(r"yes|y|true|t|1|1\.0|churn(ed)?|left|exited|attrited customer|cancell?ed|leave", re.IGNORECASE)
_NO = re.compile(
    r"no|n|false|f|0|0\.0|-1|not churned|stayed|joined|retained|existing customer|active|stay", re.IGNORECASE
)
_LATER = re.compile(r"churn|^left|exit|cancel.*(date|reason)|attrition|customer status|naive_bayes", re.IGNORECASE)
_STARTS = ("snapshot_date", "snapshot", "as_of", "observation_date")


def bench_churn(path: Path, *, target: str | None = None) -> Figures:
    """AUC, calibration and reasons on customers the model has not seen."""
    table = read_table(path)
    column = table.need("whether the customer left", *((target,) if target else _TARGETS))
    cases = read_cases(table, column, yes=_YES, no=_NO, later=_LATER, starts=_STARTS)
    return bench_cases(table, cases)[1]
