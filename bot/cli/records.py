"""show, import and export."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import Options


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(show)
    app.command()(export)
    app.command(name="import")(import_file)


def show(
    context: typer.Context,
    *,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="deals, accounts, contacts, tasks, tickets, orders ...")],
    limit: Annotated[int | None, typer.Option(help="At most this many, newest first.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """Show records, as an administrator."""
    from bot.cli.tabulating import print_table
    from bot.opening import open_store, system_clock
    from crm_store.exchange import export_rows, kind_called

    options: Options = context.obj
    store = open_store(options.settings())
    try:
        with store.unit_of_work(now=system_clock(), read_only=True) as uow:
            rows = list(export_rows(uow.session, kind_called(kind), limit=limit))
    finally:
        store.close()
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        print_table(rows)


def export(
    context: typer.Context,
    *,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="deals, accounts, contacts, tasks, tickets, orders ...")],
    to: Annotated[Path | None, typer.Option(help="CSV file to write (default: standard output).")] = None,
) -> None:
    """Write all records of a kind as CSV."""
    from bot.opening import open_store, system_clock
    from crm_store.exchange import export_rows, kind_called, write_csv

    options: Options = context.obj
    store = open_store(options.settings())
    try:
        with store.unit_of_work(now=system_clock(), read_only=True) as uow:
            rows = export_rows(uow.session, kind_called(kind), limit=None)
            if to is None:
                write_csv(rows, sys.stdout)
                return
            with to.open("w", encoding="utf-8", newline="") as file:
                count = write_csv(rows, file)
    finally:
        store.close()
    print(f"Wrote {count} {kind} to {to}.")


def import_file(
    context: typer.Context,
    *,
    file: Annotated[
        Path,
        typer.Argument(help="CSV with a header row; articles also as Markdown or HTML.", exists=True, dir_okay=False),
    ],
    kind: Annotated[
        str | None, typer.Option(help="accounts, contacts, deals or articles (default: by the file).")
    ] = None,
    language: Annotated[str, typer.Option(help="Of articles that do not name one.")] = "en",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Import accounts, contacts or deals from CSV, or help articles from Markdown, HTML or CSV. All of it or none.

    Rows already there are left alone; articles already there are replaced and keep their versions.
    """
    from bot.opening import open_store, system_clock
    from crm_store.article_import import holds_articles, import_articles
    from crm_store.importing import import_csv

    options: Options = context.obj
    settings = options.settings()
    store = open_store(settings)
    try:
        with store.unit_of_work(now=system_clock()) as uow:
            if kind == "articles" or (kind is None and holds_articles(file)):
                articles = import_articles(uow, file, language=language)
                if not dry_run:
                    uow.commit()
                said = f"{articles.created} new articles, {articles.changed} changed, {articles.same} as they were."
                print(f"Would be: {said}" if dry_run else f"Imported: {said}")
                return
            report = import_csv(uow, file, kind=kind, currency=settings.config.company.currency)
            if not dry_run:
                uow.commit()
    finally:
        store.close()
    verb = "Would import" if dry_run else "Imported"
    print(f"{verb} {report.created} {report.kind}; {report.known} were there already.")
