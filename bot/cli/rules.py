"""rules: automation rules from the command line, as an administrator."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli.options import Options

if TYPE_CHECKING:
    from crm_store.models import AutomationRule
    from crm_store.unit_of_work import UnitOfWork

rules = typer.Typer(help="Automation rules: when something happens, do something.", no_args_is_help=True)
_Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The rule's number.")]
_DAYS = 30
_DAY = ["%Y-%m-%d"]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(rules, name="rules")


@contextmanager
def _store(context: typer.Context) -> Iterator[UnitOfWork]:
    from bot.opening import open_store, system_clock

    options: Options = context.obj
    store = open_store(options.settings())
    try:
        with store.unit_of_work(now=system_clock()) as uow:
            yield uow
            uow.commit()
    finally:
        store.close()


@rules.command("list")
def list_rules(context: typer.Context) -> None:
    """List the rules, the ready ones included, with how often each has acted in the last 30 days."""
    from bot.cli.tabulating import print_table
    from crm_store.automation.rules import install_ready_rules, rules_there_are, times_acted

    with _store(context) as uow:
        install_ready_rules(uow.session, owner_id=_owner(uow, None), now=uow.now)
        acted = times_acted(uow.session, since=uow.now - timedelta(days=_DAYS))
        rows = [
            {
                "number": str(rule.id),
                "state": "on" if rule.on else "off",
                "name": rule.name,
                "owner": rule.owner.handle,
                "acted": str(acted.get(rule.id, 0)),
            }
            for rule in rules_there_are(uow.session)
        ]
    print_table(rows)


@rules.command()
def add(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="YAML: one rule, or a list of rules; - reads standard input.")],
    owner: Annotated[
        str | None, typer.Option("--as", help="Whose rule it is (default: the first administrator).")
    ] = None,
    on: Annotated[bool, typer.Option("--on", help="Turn it on at once.")] = False,
) -> None:
    """Write rules down from YAML; all of the file or nothing."""
    import yaml

    from bot.errors import ConfigError
    from crm_store.automation.definition import read_rule
    from crm_store.automation.rules import add_rule

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as err:
        raise ConfigError(f"{file}: {' '.join(str(err).split())}") from err
    with _store(context) as uow:
        owner_id = _owner(uow, owner)
        for each in data if isinstance(data, list) else [data]:
            rule = add_rule(uow.session, read_rule(each), owner_id=owner_id, on=on, now=uow.now)
            print(f"{rule.id}: {rule.name} ({'on' if rule.on else 'off'})")


@rules.command()
def show(context: typer.Context, number: _Number) -> None:
    """Print a rule as YAML."""
    import yaml

    with _store(context) as uow:
        print(yaml.safe_dump(_rule(uow, number).definition, sort_keys=False, allow_unicode=True), end="")


@rules.command()
def on(context: typer.Context, number: _Number) -> None:
    """Turn a rule on, from now on."""
    from crm_store.automation.rules import turn_on

    with _store(context) as uow:
        rule = _rule(uow, number)
        turn_on(rule, by=rule.owner_id, now=uow.now)


@rules.command()
def off(context: typer.Context, number: _Number) -> None:
    """Turn a rule off."""
    from crm_store.automation.rules import turn_off

    with _store(context) as uow:
        turn_off(_rule(uow, number))


@rules.command()
def preview(
    context: typer.Context,
    number: _Number,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day (default: 30 days ago).")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day (default: today).")] = None,
) -> None:
    """Say what a rule would have done in the past."""
    from actions.describing import describe_briefly
    from bot.cli.tabulating import print_table
    from crm_store.automation.definition import read_rule
    from crm_store.automation.history import would_have_fired
    from crm_store.rates import Rates

    options: Options = context.obj
    company = options.settings().config.company
    zone = ZoneInfo(company.time_zone)
    with _store(context) as uow:
        today = uow.now.astimezone(zone).date()
        first = since.date() if since is not None else today - timedelta(days=_DAYS)
        last = until.date() if until is not None else today
        found = would_have_fired(
            uow.session,
            read_rule(_rule(uow, number).definition),
            since=_midnight(first, zone),
            until=min(_midnight(last + timedelta(days=1), zone), uow.now),
            rates=Rates.load(uow.session, company.currency),
            zone=zone,
        )
        rows = [
            {"when": f"{each.at.astimezone(zone):%Y-%m-%d %H:%M}", "record": describe_briefly(each.record)}
            for each in found
        ]
    print_table(rows)
    print(f"would have acted {len(rows)} times from {first} to {last}")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)


def _rule(uow: UnitOfWork, number: int) -> AutomationRule:
    from crm_store.errors import RecordNotFound
    from crm_store.models import AutomationRule

    rule = uow.session.get(AutomationRule, number)
    if rule is None or rule.deleted_at is not None:
        raise RecordNotFound("rule", str(number))
    return rule


def _owner(uow: UnitOfWork, handle: str | None) -> int:
    from sqlalchemy import select

    from bot.errors import UnknownPerson
    from crm_store.models import Role, User

    writers = select(User.id).where(User.active.is_(True), User.role.in_((Role.ADMIN, Role.MANAGER)))
    if handle is not None:
        writers = writers.where(User.handle == handle)
    found = uow.session.scalar(writers.order_by(User.role != Role.ADMIN, User.id).limit(1))
    if found is None:
        raise UnknownPerson(handle or "an administrator")
    return found
