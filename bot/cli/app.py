"""The commands and what they share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli import (
    benching,
    database,
    doctor,
    insights_benching,
    learning,
    linking,
    preparing,
    privacy,
    rasa_projects,
    records,
    reviewing,
    rules,
    scoring,
    serving_actions,
    slack,
    talking,
)
from bot.cli.options import Options

app = typer.Typer(
    name="rapport",
    help="The CRM you talk to. Start with `rapport run` (web chat) or `rapport chat --as dana` (terminal).",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def common(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Data directory (default: RAPPORT_HOME, else ./var).", show_default=False)
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every turn on standard error.")] = False,
) -> None:
    """Options every command understands."""
    context.obj = Options(home=home, verbose=verbose)


talking.add_to(app)
learning.add_to(app)
reviewing.add_to(app)
benching.add_to(app)
rasa_projects.add_to(app)
serving_actions.add_to(app)
insights_benching.add_to(app)
scoring.add_to(app)
database.add_to(app)
preparing.add_to(app)
records.add_to(app)
linking.add_to(app)
privacy.add_to(app)
doctor.add_to(app)
slack.add_to(app)
rules.add_to(app)
