"""What holds for every test: Hypothesis never judges by the clock, and in CI a skipped test is a failed one."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.assistants import (
    encoder,
    help_centre,
    make_rig,
    rig,
    scored_database,
    scored_rig,
    seeded_database,
    trained_engine,
    trained_rig,
)

__all__ = [
    "encoder",
    "help_centre",
    "make_rig",
    "rig",
    "scored_database",
    "scored_rig",
    "seeded_database",
    "trained_engine",
    "trained_rig",
]

IN_CI = os.environ.get("CI") == "true"

settings.register_profile("rapport", deadline=None, derandomize=IN_CI)
settings.load_profile("rapport")


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """In CI everything a test needs is installed, so a skip there hides a broken setup."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although CI=true: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report
