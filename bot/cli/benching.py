"""nlu-bench and faq-bench."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import Options

_JSON = typer.Option("--json", help="Print one JSON object.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(name="nlu-bench")(nlu_bench)
    app.command(name="faq-bench")(faq_bench)


def nlu_bench(
    context: typer.Context,
    *,
    train: Annotated[Path, typer.Option(help="JSONL to train on.", exists=True, dir_okay=False)],
    test: Annotated[Path, typer.Option(help="JSONL to test on.", exists=True, dir_okay=False)],
    oos: Annotated[
        Path | None, typer.Option(help="JSONL of messages out of scope.", exists=True, dir_okay=False)
    ] = None,
    threshold: Annotated[str, typer.Option(help="In-scope threshold: auto (from training data) or a number.")] = "auto",
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Measure the embedded engine on any data set of {"text", "intent" or "label", "entities"} lines."""
    from bot.bootstrap import open_encoder_for
    from nlu.bench import run_nlu_bench
    from nlu.entities.bench import fit_spans

    options: Options = context.obj
    try:
        fixed = None if threshold == "auto" else float(threshold)
    except ValueError as err:
        raise typer.BadParameter(f"{threshold!r} is neither auto nor a number", param_hint="--threshold") from err
    encoder = open_encoder_for(options.settings())
    report = run_nlu_bench(
        train=train, test=test, oos=oos, threshold=fixed, encoder=encoder, fit_spans=fit_spans(encoder)
    )
    _print(report.as_json(), as_json=as_json)


def faq_bench(
    context: typer.Context,
    *,
    faq: Annotated[Path, typer.Option(help='JSONL of {"faq_id", "question", "answer"}.', exists=True, dir_okay=False)],
    queries: Annotated[Path, typer.Option(help='JSONL of {"query", "faq_id"}.', exists=True, dir_okay=False)],
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Measure how often the right article comes first."""
    from bot.bootstrap import open_encoder_for
    from nlu.bench import run_faq_bench

    options: Options = context.obj
    _print(
        run_faq_bench(faq=faq, queries=queries, encoder=open_encoder_for(options.settings())).as_json(), as_json=as_json
    )


def _print(figures: Mapping[str, float | None], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:32} {'-' if value is None else f'{value:.4f}'}")
