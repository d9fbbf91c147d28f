"""insights-bench."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.tabulating import print_table

if TYPE_CHECKING:
    from crm_store.insights.benching.figures import Figures


class Task(StrEnum):
    """What can be measured."""

    CHURN = "churn"
    FORECAST = "forecast"
    CLV = "clv"
    RECOMMEND = "recommend"
    WINLOSS = "winloss"


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(name="insights-bench")(insights_bench)


def insights_bench(
    *,
    task: Annotated[Task, typer.Option(help="Which model to run.")],
    data: Annotated[Path, typer.Option(help="CSV file; columns in docs/insights.md.", exists=True, dir_okay=False)],
    season: Annotated[int | None, typer.Option(help="forecast: values per season (12 for months).", min=1)] = None,
    horizon: Annotated[int | None, typer.Option(help="forecast: how many values to hold out.", min=1)] = None,
    target: Annotated[str | None, typer.Option(help="churn, winloss: the column that tells the outcome.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run one of the insights' models on any data set and say how good it is on what it has not seen."""
    from bot.cli.progress import progress_bar

    with progress_bar("Measuring") as progress:
        progress(f"{task} on {data.name}", 0.0)
        figures = _run(task, data, season=season, horizon=horizon, target=target)
        progress("done", 1.0)
    if as_json:
        print(json.dumps(figures.as_json()))
        return
    for name, value in figures.numbers.items():
        print(f"{name:32} {'-' if value is None else f'{value:,}' if isinstance(value, int) else f'{value:.4f}'}")
    for name, choice in figures.choices.items():
        if isinstance(choice, dict):
            print(f"{name}:")
            print_table([{"": key, "value": value} for key, value in choice.items()])
        else:
            print(f"{name}: {'; '.join(choice) if isinstance(choice, list) else choice}")
    for note in figures.notes:
        print(f"note: {note}")


def _run(task: Task, data: Path, *, season: int | None, horizon: int | None, target: str | None) -> Figures:
    match task:
        case Task.FORECAST:
            from crm_store.insights.benching.forecasts import bench_forecast

            return bench_forecast(data, season=season, horizon=horizon)
        case Task.CLV:
            from crm_store.insights.benching.lifetimes import bench_clv

            return bench_clv(data)
        case Task.CHURN:
            from crm_store.insights.benching.churn import bench_churn

            return bench_churn(data, target=target)
        case Task.WINLOSS:
            from crm_store.insights.benching.winloss import bench_winloss

            return bench_winloss(data, target=target)
        case Task.RECOMMEND:
            from crm_store.insights.benching.recommendations import bench_recommend

            return bench_recommend(data)
