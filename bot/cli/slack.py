"""slack: who is who, by an administrator's hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import Options

if TYPE_CHECKING:  # the command line starts before these heavy modules are needed
    from crm_store.store import Store

_MEMBER = typer.Argument(metavar="TEAM/USER", help="A Slack member by ids, as in T024BE7LD/U0G9QF9C6.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Who is who in Slack.", no_args_is_help=True)
    group.command()(link)
    group.command()(unlink)
    group.command()(members)
    app.add_typer(group, name="slack")


def link(
    context: typer.Context,
    member: Annotated[str, _MEMBER],
    handle: Annotated[str, typer.Argument(help="The colleague's handle.")],
) -> None:
    """Make a Slack member speak for a colleague, without a confirmation of theirs."""
    from bot.channels.slack.people import identity_of
    from bot.channels.slack.people import link as link_identity
    from bot.opening import system_clock
    from bot.persons import find_person
    from crm_store.models import User

    _check(member)
    store = _store(context)
    with store.unit_of_work(now=system_clock()) as uow:
        person = find_person(uow.session, handle)
        user = uow.session.get(User, person.ref.id) if person.ref is not None and person.ref.kind == "user" else None
        if user is None:
            raise typer.BadParameter(f"no active colleague is called {handle}", param_hint="HANDLE")
        link_identity(uow, identity_of(uow, member), user)
        uow.commit()
    store.close()
    print(f"{member} speaks for {handle}")


def unlink(context: typer.Context, member: Annotated[str, _MEMBER]) -> None:
    """Make a Slack member speak for nobody."""
    from actions.words import Words
    from bot.channels.slack.people import People
    from bot.opening import system_clock

    _check(member)
    store = _store(context)
    People(store, Words({}), system_clock).unlink(member)
    store.close()
    print(f"{member} speaks for nobody")


def members(context: typer.Context) -> None:
    """List the Slack members the assistant has met."""
    from sqlalchemy import select

    from bot.channels.slack.places import CHANNEL
    from bot.opening import system_clock
    from crm_store.models import ChannelIdentity

    store = _store(context)
    with store.unit_of_work(now=system_clock(), read_only=True) as uow:
        known = select(ChannelIdentity).where(ChannelIdentity.channel == CHANNEL).order_by(ChannelIdentity.id)
        for each in uow.session.scalars(known):
            print(f"{each.external_id}\t{each.user.handle if each.user else '-'}\t{each.display_name}")
    store.close()


def _check(member: str) -> None:
    team, _, user = member.partition("/")
    if not (team.startswith(("T", "E")) and user.startswith(("U", "W"))) or not member.replace("/", "", 1).isalnum():
        raise typer.BadParameter("write it as TEAM/USER: T024BE7LD/U0G9QF9C6", param_hint="TEAM/USER")


def _store(context: typer.Context) -> Store:
    from bot.opening import open_store

    options: Options = context.obj
    return open_store(options.settings())
