"""run, chat and say."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.learning import model_of_today
from bot.cli.options import Options
from bot.cli.preparing import prepare

if TYPE_CHECKING:  # the command line starts before these heavy modules are needed
    from bot.bootstrap import Assistant
    from bot.talking import Talk

_PERSON_HELP = "Who speaks: a colleague's handle (dana, morgan, sam ...) or customer:kim@example.com."


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(say)
    app.command()(chat)
    app.command()(run)


def say(
    context: typer.Context,
    *,
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help=_PERSON_HELP)],
    text: Annotated[
        list[str] | None, typer.Argument(help="What to say, one turn per argument; - reads a turn per line.")
    ] = None,
    conversation: Annotated[
        str | None, typer.Option(metavar="ID", help="Which conversation to continue (default: the person's own).")
    ] = None,
    now: Annotated[str | None, typer.Option(metavar="ISO", help="Pretend it is this moment.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per turn.")] = False,
) -> None:
    """Say something and print the answer. A line that equals a button's label or payload presses it."""
    moment = _moment(now)
    assistant, talk = _talk(context, person, conversation, moment)
    try:
        for line in lines_of(text):
            unheard = [] if as_json else talk.unheard()
            exchange = talk.say(line)
            if as_json:
                print(json.dumps(exchange.to_json(), ensure_ascii=False), flush=True)
            else:
                from bot.channels.terminal.rendering import render_plain

                for body in (*unheard, exchange.body):
                    render_plain(body)
    finally:
        assistant.close()


def chat(
    context: typer.Context,
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help=_PERSON_HELP)] = "dana",
) -> None:
    """Chat in the terminal."""
    from bot.channels.terminal.session import run_chat

    options: Options = context.obj
    assistant, talk = _talk(context, person, None, None)
    try:

        def ask(token: str | None, line: str) -> list[dict[str, Any]]:
            return [*talk.unheard(), talk.say(line, token=token).body]

        run_chat(ask, who=person, home=options.settings().home)
    finally:
        assistant.close()


def run(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: config.yml).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (default: config.yml).")] = None,
    prepare_first: Annotated[bool, typer.Option("--prepare", help="First do what `rapport prepare` does.")] = False,
) -> None:
    """Start the assistant: the web chat and the scheduler."""
    from bot.memory import loading

    if prepare_first:
        _prepare(context)

    with loading():
        from bot.server import serve

    options: Options = context.obj
    serve(options.settings(), host=host, port=port, announce=lambda line: print(line, flush=True))


def _prepare(context: typer.Context) -> None:
    options: Options = context.obj
    trains = model_of_today(options.settings()) is None
    prepare(context)
    print("==> Starting the assistant", flush=True)
    if trains:
        # What training needed is not to stay in memory for as long as the assistant runs.
        os.execv(sys.executable, [sys.executable, *(each for each in sys.argv if each != "--prepare")])  # noqa: S606


def _talk(
    context: typer.Context, person: str, conversation: str | None, moment: datetime | None
) -> tuple[Assistant, Talk]:
    from bot.memory import loading

    options: Options = context.obj
    with loading():
        from bot.bootstrap import bootstrap
        from bot.opening import system_clock
        from bot.persons import find_person
        from bot.talking import Talk

        clock = system_clock if moment is None else (lambda: moment)
        assistant = bootstrap(options.settings(), clock=clock)
    with assistant.store.unit_of_work(now=clock(), read_only=True) as uow:
        found = find_person(uow.session, person)
    return assistant, Talk(assistant, found, conversation=conversation)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as err:
        raise typer.BadParameter(f"not an ISO date and time: {text}", param_hint="--now") from err
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def lines_of(arguments: list[str] | None) -> Iterator[str]:
    """The arguments, or the lines of standard input for "-" and for none at all."""
    for argument in arguments or ["-"]:
        if argument == "-":
            for line in sys.stdin:
                yield line.rstrip("\n")
        else:
            yield argument
