"""nlu-bench and faq-bench."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

_JSON = typer.Option("--json", help="Print one JSON object.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(name="nlu-bench")(nlu_bench)
    app.command(name="faq-bench")(faq_bench)


def nlu_bench(
    train: Annotated[Path, typer.Option(help="JSONL to train on.", exists=True, dir_okay=False)],
    test: Annotated[Path, typer.Option(help="JSONL to test on.", exists=True, dir_okay=False)],
    oos: Annotated[
        Path | None, typer.Option(help="JSONL of messages out of scope.", exists=True, dir_okay=False)
    ] = None,
    threshold: Annotated[str, typer.Option(help="In-scope threshold: auto (from training data) or a number.")] = "auto",
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Measure the embedded engine on any data set of {"text", "intent" or "label", "entities"} lines."""
    from nlu.bench import run_nlu_bench

    try:
        fixed = None if threshold == "auto" else float(threshold)
    except ValueError as err:
        raise typer.BadParameter(f"{threshold!r} is neither auto nor a number", param_hint="--threshold") from err
    _print(run_nlu_bench(train, test, oos, fixed).as_json(), as_json=as_json)


def faq_bench(
    faq: Annotated[Path, typer.Option(help='JSONL of {"faq_id", "question", "answer"}.', exists=True, dir_okay=False)],
    queries: Annotated[Path, typer.Option(help='JSONL of {"query", "faq_id"}.', exists=True, dir_okay=False)],
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Measure how often the right article comes first."""
    from nlu.bench import run_faq_bench

    _print(run_faq_bench(faq, queries).as_json(), as_json=as_json)


def _print(figures: dict[str, float | None], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:32} {'-' if value is None else f'{value:.4f}'}")
