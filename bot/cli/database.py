"""db upgrade, db seed, db backup and db restore."""

from __future__ import annotations

import typer

from bot.cli.options import Options


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="The database: create or upgrade it, fill it with the demo company, back up, restore.")
    group.command()(upgrade)
    group.command()(seed)
    app.add_typer(group, name="db", no_args_is_help=True)


def upgrade(context: typer.Context) -> None:
    """Create the tables, or bring them to this version."""
    from crm_store.engine import open_engine
    from crm_store.schema import current_revision, head_revision
    from crm_store.schema import upgrade as upgrade_schema

    options: Options = context.obj
    engine = open_engine(options.settings().database_url)
    before = current_revision(engine)
    upgrade_schema(engine)
    engine.dispose()
    print("Database is up to date." if before == head_revision() else f"Database upgraded to {head_revision()}.")


def seed(context: typer.Context) -> None:
    """Fill an empty database with the demo company."""
    from bot.bootstrap import open_store, system_clock
    from bot.cli.progress import progress_bar
    from crm_store.demo.seeding import seed as seed_company

    options: Options = context.obj
    store = open_store(options.settings())
    try:
        with progress_bar("Seeding") as progress:
            report = seed_company(store.engine, now=system_clock(), progress=progress)
        print(report)
    finally:
        store.close()
