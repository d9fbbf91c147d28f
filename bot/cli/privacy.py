"""privacy: give out or erase all of one customer's personal data."""

from __future__ import annotations

import contextlib
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import Options

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from crm_store.personal_data import Done

_PERSON = typer.Argument(help="The customer: their e-mail address or name.", metavar="PERSON")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    privacy = typer.Typer(help="Give out or erase all of one customer's personal data.", no_args_is_help=True)
    privacy.command(name="export")(export)
    privacy.command(name="erase")(erase)
    app.add_typer(privacy, name="privacy")


def export(
    context: typer.Context,
    *,
    person: Annotated[str, _PERSON],
    to: Annotated[Path | None, typer.Option(help="JSON file to write (default: standard output).")] = None,
) -> None:
    """Write everything on record about a customer as JSON, and keep a proof that it was given out."""
    from bot.opening import open_store, system_clock
    from crm_store import personal_data

    options: Options = context.obj
    store = open_store(options.settings())
    try:
        now = system_clock()
        with store.unit_of_work(now=now) as uow:
            contact_id = _contact_id(uow.session, person)
            content, done = personal_data.export(uow.session, contact_id, now=now, by=_who())
            uow.commit()
    finally:
        store.close()
    if to is None:
        print(content)
    else:
        to.write_text(content + "\n", encoding="utf-8")
    typer.echo(_proof(done), err=to is None)


def erase(
    context: typer.Context,
    *,
    person: Annotated[str, _PERSON],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")] = False,
) -> None:
    """Erase a customer's personal data for good, after showing what that means, and keep a proof of it."""
    from bot.opening import open_store, system_clock
    from crm_store import personal_data

    options: Options = context.obj
    settings = options.settings()
    store = open_store(settings)
    try:
        now = system_clock()
        with store.unit_of_work(now=now, read_only=True) as uow:
            contact_id = _contact_id(uow.session, person)
            for fate, counts in personal_data.preview(uow.session, contact_id).items():
                listed = ", ".join(f"{number} {kind}" for kind, number in counts.items())
                print(f"{fate.value}: {listed or 'nothing'}")
        if dry_run:
            return
        if not yes:
            typer.confirm("Erase it? This cannot be undone.", abort=True)
        with store.unit_of_work(now=now) as uow:
            done = personal_data.erase(uow.session, contact_id, now=now, by=_who())
            uow.commit()
    finally:
        store.close()
    for name in done.files:
        with contextlib.suppress(FileNotFoundError):
            (settings.files_dir / name).unlink()
    print(_proof(done))


def _proof(done: Done) -> str:
    return f"Proof {done.act_id}: {sum(done.counts.values())} rows, SHA-256 {done.digest}"


def _who() -> str:
    return f"command line ({getpass.getuser()})"


def _contact_id(session: Session, person: str) -> int:
    from sqlalchemy import func, select

    from bot.errors import UnknownPerson
    from crm_store.models import Contact
    from crm_store.names import name_key

    said = person.removeprefix("customer:").strip()
    query = select(Contact.id).limit(2)
    query = query.where(
        func.lower(Contact.email) == said.lower() if "@" in said else Contact.name_key == name_key(said)
    )
    found = session.scalars(query).all()
    if len(found) != 1:
        raise UnknownPerson(person)
    return found[0]
