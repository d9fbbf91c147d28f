"""db upgrade, db seed, db backup and db restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import Options

_TOLD = {"account": "accounts", "contact": "contacts", "deal": "deals", "ticket": "tickets", "article": "articles"}


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="The database: create or upgrade it, fill it with the demo company, back up, restore.")
    group.command()(upgrade)
    group.command()(seed)
    group.command()(backup)
    group.command()(restore)
    app.add_typer(group, name="db", no_args_is_help=True)


def upgrade(context: typer.Context) -> None:
    """Create the tables, or bring them to this version."""
    from crm_store.engine import open_engine
    from crm_store.revisions import current_revision, head_revision
    from crm_store.store import translated_errors

    options: Options = context.obj
    engine = open_engine(options.settings().database_url)
    try:
        with translated_errors():
            if current_revision(engine) == head_revision():
                print("Database is up to date.")
                return
            # Loading Alembic takes longer than to see that there is nothing for it to do.
            from crm_store.schema import upgrade as upgrade_schema

            upgrade_schema(engine)
    finally:
        engine.dispose()
    print(f"Database upgraded to {head_revision()}.")


def seed(context: typer.Context) -> None:
    """Fill an empty database with the demo company."""
    from bot.cli.progress import progress_bar
    from bot.opening import company_day, open_store, system_clock
    from crm_store.demo.seeding import seed as seed_company

    options: Options = context.obj
    settings = options.settings()
    store, now = open_store(settings), system_clock()
    try:
        with progress_bar("Seeding") as progress:
            report = seed_company(store.engine, now=now, progress=progress)
        if report.seeded:
            from crm_store.insights.scoring.nightly import score_store

            with progress_bar("Scoring") as progress:
                currency = settings.config.company.currency
                score_store(store, now=now, currency=currency, today=company_day(settings, now), progress=progress)
    finally:
        store.close()
    if not report.seeded:
        print("The demo company is there already.")
        return
    counts = ", ".join(f"{report.counts[table]:,} {name}" for table, name in _TOLD.items() if table in report.counts)
    print(f"Seeded the demo company: {counts}.")


def backup(
    context: typer.Context,
    *,
    to: Annotated[Path | None, typer.Argument(help="File to write (default: backups/ in the data directory).")] = None,
) -> None:
    """Copy the database safely, also while the assistant runs."""
    from bot.cli.progress import progress_bar
    from bot.opening import system_clock
    from crm_store.backup import back_up

    options: Options = context.obj
    settings = options.settings()
    target = to or settings.home / "backups" / f"rapport-{system_clock():%Y%m%d-%H%M%S}.db"
    target.parent.mkdir(parents=True, exist_ok=True)
    with progress_bar("Backing up") as progress:
        back_up(settings.database_url, target, progress)
    print(f"Backed up to {target}.")


def restore(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
) -> None:
    """Put a backup in the database's place; the former database is kept. Stop the assistant first."""
    from bot.cli.progress import progress_bar
    from crm_store.backup import restore as put_back

    options: Options = context.obj
    with progress_bar("Restoring") as progress:
        kept = put_back(options.settings().database_url, file, progress)
    print(f"Restored {file}." + (f" The former database is {kept}." if kept else ""))
