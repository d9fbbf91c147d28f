"""prepare: all that the assistant needs before it is started, in one process."""

from __future__ import annotations

import typer

from bot.cli.database import seed, upgrade
from bot.cli.learning import train


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(prepare)


def prepare(context: typer.Context) -> None:
    """Do what `db upgrade`, `db seed` and `train` do. Does nothing when nothing has changed."""
    print("==> Preparing the database", flush=True)
    upgrade(context)
    seed(context)
    print("==> Training the assistant (skipped when nothing changed)", flush=True)
    train(context)
