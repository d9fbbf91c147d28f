"""A picture of an evaluation: which intents are taken for which, and whether confidence means what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nlu.evaluation import EvaluationReport

MOST_INTENTS = 30
"""Intents drawn: those with the most mistakes."""


def draw_evaluation(report: EvaluationReport, path: Path) -> None:
    """Write a PNG (or whatever the suffix of ``path`` says) with the confusions and the reliability diagram."""
    figure = Figure(figsize=(16, 8), layout="constrained")
    FigureCanvasAgg(figure)
    confusion_axes, reliability_axes = figure.subplots(1, 2, width_ratios=[3, 2])
    mistakes: dict[str, int] = {}
    for confusion in report.confusions:
        for intent in (confusion.intent, confusion.taken_for):
            name = "(out of scope)" if intent is None else intent
            mistakes[name] = mistakes.get(name, 0) + confusion.count
    names = sorted(sorted(mistakes, key=lambda name: (-mistakes[name], name))[:MOST_INTENTS])
    counts = np.zeros((len(names), len(names)))
    for confusion in report.confusions:
        row, column = confusion.intent or "(out of scope)", confusion.taken_for or "(out of scope)"
        if row in names and column in names:
            counts[names.index(row), names.index(column)] = confusion.count
    if names:
        confusion_axes.imshow(counts, cmap="Oranges", vmin=0)
        for row, column in np.argwhere(counts > 0):
            confusion_axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", fontsize=7)
    confusion_axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    confusion_axes.set_yticks(range(len(names)), names, fontsize=8)
    confusion_axes.set_xlabel("taken for")
    confusion_axes.set_ylabel("intent")
    confusion_axes.set_title(f"Mistakes (accuracy {report.accuracy:.1%}, macro F1 {report.macro_f1:.1%})")
    reliability_axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="confidence = share right")
    reliability_axes.plot(
        [one.confidence for one in report.calibration], [one.accuracy for one in report.calibration], marker="o"
    )
    for one in report.calibration:
        reliability_axes.annotate(str(one.count), (one.confidence, one.accuracy), fontsize=7)
    reliability_axes.set_xlabel("confidence")
    reliability_axes.set_ylabel("share right")
    reliability_axes.set_title(f"Calibration (expected error {report.calibration_error:.1%})")
    reliability_axes.legend()
    figure.savefig(path, dpi=120)
