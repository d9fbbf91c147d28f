from __future__ import annotations

import pytest

from actions.report_output import defused
from actions.report_words import (
    Comparison,
    Output,
    Whose,
    read_comparison,
    read_grouping,
    read_kind,
    read_output,
    read_whose,
)
from crm_store.insights.grouping import Grouping
from crm_store.models import ActivityKind


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("my", Whose.OWN), ("MY", Whose.OWN), ("our", Whose.TEAM), ("team", Whose.TEAM), ("the team's", Whose.TEAM),
        ("everybody", Whose.EVERYONE), ("everyone", Whose.EVERYONE),
        ("company", Whose.EVERYONE), ("all", Whose.EVERYONE),
        ("Enterprise", None),
    ],
)  # fmt: skip
def test_words_for_whose_records(said: str, meant: Whose | None) -> None:
    assert read_whose(said) is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("graph", Output.CHART), ("bar chart", Output.CHART), ("pie", Output.CHART), ("pie chart", Output.CHART),
        ("excel", Output.CSV), ("spreadsheet", Output.CSV), ("CSV", Output.CSV), ("pdf", Output.PDF),
        ("table", Output.TABLE), ("haiku", None),
    ],
)  # fmt: skip
def test_words_for_how_to_show_it(said: str, meant: Output | None) -> None:
    assert read_output(said) is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("stage", Grouping.STAGE), ("per stage", Grouping.STAGE), ("by rep", Grouping.REP), ("owner", Grouping.REP),
        ("salesperson", Grouping.REP), ("monthly", Grouping.MONTH), ("Quarter", Grouping.QUARTER),
        ("source", Grouping.SOURCE), ("products", Grouping.PRODUCT), ("customer", Grouping.ACCOUNT), ("moon", None),
    ],
)  # fmt: skip
def test_words_for_what_to_group_by(said: str, meant: Grouping | None) -> None:
    assert read_grouping(said) is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("calls", ActivityKind.CALL), ("E-mails", ActivityKind.EMAIL), ("emails", ActivityKind.EMAIL),
        ("meetings", ActivityKind.MEETING), ("demos", ActivityKind.MEETING),
        ("notes", ActivityKind.NOTE), ("naps", None),
    ],
)  # fmt: skip
def test_words_for_kinds_of_activity(said: str, meant: ActivityKind | None) -> None:
    assert read_kind(said) is meant


@pytest.mark.parametrize(
    ("before", "meant"),
    [
        ("deals worth more than", Comparison.AT_LEAST), ("open deals over", Comparison.AT_LEAST),
        ("above", Comparison.AT_LEAST),
        ("list my opportunities smaller than", Comparison.AT_MOST),
        ("under", Comparison.AT_MOST), ("up to", Comparison.AT_MOST),
        ("deals of", None),
    ],
)  # fmt: skip
def test_words_before_an_amount(before: str, meant: Comparison | None) -> None:
    assert read_comparison(before) is meant


@pytest.mark.parametrize("cell", ["=1+1", "+49 30 1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", " =1"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-12.50", "Desk = chair", "40000", ""])
def test_harmless_cells_stay_as_they_are(cell: str) -> None:
    assert defused(cell) == cell
