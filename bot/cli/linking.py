"""link: a link that signs a customer in on Telegram."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.options import Options


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(link)


def link(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="PERSON", help="customer:kim@example.com")],
) -> None:
    """Make a link that signs a customer in on Telegram. It works once; their earlier unused ones stop working."""
    from actions.skills.linking import link_url
    from bot.bootstrap import company_policy
    from bot.errors import ConfigError, UnknownPerson
    from bot.opening import open_store, system_clock
    from bot.persons import find_person
    from crm_store.proofs import make_link

    options: Options = context.obj
    settings = options.settings()
    policy = company_policy(settings)
    if policy.telegram_bot is None:
        raise ConfigError("the bot's name is not known; set rapport.telegram.bot in config.yml")
    store = open_store(settings)
    try:
        with store.unit_of_work(now=system_clock()) as uow:
            person = find_person(uow.session, customer)
            if person.ref is None or person.ref.kind != "contact":
                raise UnknownPerson(customer)
            token = make_link(uow.session, person.ref.id, by="command line", now=uow.now, lifetime=policy.link_lifetime)
            uow.commit()
    finally:
        store.close()
    print(link_url(policy.telegram_bot, token))
