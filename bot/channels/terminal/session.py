"""Talking in the terminal: read a line, ask, show the answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from rich.console import Console

from bot.channels.terminal.rendering import choices_of, make_console, render
from crm_store.errors import DatabaseUnavailable

Ask = Callable[[str | None, str], list[dict[str, Any]]]
"""Takes the token of a pressed button or None, and what was typed; returns the bodies of the answers."""

_LEAVE = {"/quit", "/exit", "/q"}
_HISTORY_FILE = "chat_history"


def run_chat(
    ask: Ask, *, who: str, home: Path, console: Console | None = None, interactive: bool | None = None
) -> None:
    """Talk until /quit or the end of input (Ctrl-D). A number presses the button of that number in the last answer.

    At a terminal (``interactive``; by default what standard input is) there is a prompt with a history kept in
    ``home``; otherwise every line of standard input is one message.
    """
    shown = console if console is not None else make_console()
    at_terminal = sys.stdin.isatty() if interactive is None else interactive
    if at_terminal:
        shown.print(f"You are {who}. Ctrl-D or /quit leaves, a number presses a button, Alt-Enter starts a new line.")
    choices: list[tuple[str, str]] = []
    for line in _typed_lines(who, home) if at_terminal else _piped_lines():
        if line in _LEAVE:
            break
        pressed = _chosen(choices, line)
        try:
            bodies = _ask(ask, shown, pressed, line)
        except DatabaseUnavailable as err:
            shown.print(f"The database is out of reach, so nothing was done ({err}). Try again.", style="red")
            continue
        except KeyboardInterrupt:
            # A turn is one transaction: interrupted, it has either happened as a whole or not at all.
            shown.print("Interrupted.", style="yellow")
            continue
        for body in bodies:
            render(shown, body)
        choices = [choice for body in bodies for choice in choices_of(body)]
        if at_terminal:
            shown.print()


def _ask(ask: Ask, console: Console, chosen: tuple[str, str] | None, line: str) -> list[dict[str, Any]]:
    token, text = chosen or (None, line)
    if not console.is_terminal:
        return ask(token, text)
    with console.status("Working on it", spinner="dots"):
        return ask(token, text)


def _chosen(choices: list[tuple[str, str]], line: str) -> tuple[str, str] | None:
    # int() would also take "1_0", "+1" and digits of other scripts.
    if line.isascii() and line.isdigit() and 1 <= int(line[:4]) <= len(choices) and len(line) <= 4:
        return choices[int(line) - 1]
    return None


def _piped_lines() -> Iterator[str]:
    for line in sys.stdin:
        if text := line.strip():
            yield text


def _typed_lines(who: str, home: Path) -> Iterator[str]:
    home.mkdir(parents=True, exist_ok=True)
    history = home / _HISTORY_FILE
    history.touch(mode=0o600)
    prompt: PromptSession[str] = PromptSession(f"{who} > ", history=FileHistory(str(history)), key_bindings=_keys())
    while True:
        try:
            line = prompt.prompt().strip()
        except EOFError:
            return
        except KeyboardInterrupt:
            continue  # Ctrl-C clears the line, as in a shell
        if line:
            yield line


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
