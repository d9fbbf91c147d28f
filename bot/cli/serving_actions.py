"""actions: the action server alone, for a Rasa that talks to people itself."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from bot.cli.options import Options


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(actions)


def actions(
    context: typer.Context,
    person: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="To try things: everybody who talks to Rasa is this person."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; never one that others than Rasa can reach.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int | None, typer.Option(help="Port to listen on (default: config.yml).")] = None,
) -> None:
    """Serve the assistant's actions to a Rasa server you run yourself. See docs/rasa.md."""
    from bot.errors import ConfigError
    from bot.rasa.assembly import serve_actions

    options: Options = context.obj
    settings = options.settings()
    chosen = settings.config.rasa.actions_port if port is None else port
    if person is not None and host != "127.0.0.1":
        raise ConfigError("with --as anybody would be that person, so it listens on 127.0.0.1 only")
    serving = serve_actions(settings, host=host, port=chosen, everybody=person)
    asked_to_stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: asked_to_stop.set())
    print(f"Actions are served on http://{host}:{chosen}/webhook", flush=True)
    asked_to_stop.wait()
    serving.close()
