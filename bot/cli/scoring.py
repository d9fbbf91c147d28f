"""score: what the nightly job does, on demand."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli.options import Options


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(name="score")(score)


def score(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score all customers and open deals now: churn, lifetime value, segments, next product, chance to win."""
    from bot.cli.progress import progress_bar
    from bot.opening import company_day, open_store, system_clock
    from crm_store.insights.deal_snapshots import take_snapshot
    from crm_store.insights.scoring.nightly import score_store

    options: Options = context.obj
    settings = options.settings()
    now = system_clock()
    today = company_day(settings, now)
    store = open_store(settings)
    try:
        with progress_bar("Scoring") as progress:
            take_snapshot(store, now=now, today=today)
            report = score_store(
                store, now=now, currency=settings.config.company.currency, today=today, progress=progress
            )
    finally:
        store.close()
    if as_json:
        print(json.dumps(asdict(report)))
        return
    print(f"Scored {report.customers:,} customers and {report.deals:,} open deals in {report.seconds:.1f} s.")
    for each in report.models:
        figures = ", ".join(f"{name} {_short(value)}" for name, value in each.figures.items() if not _nested(value))
        state = "" if each.shown else " (not shown, too little history)"
        print(f"{each.task}: {each.version}{state}: {figures}")


def _nested(value: object) -> bool:
    return isinstance(value, dict | list)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
