"""From an error to one clear line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from bot.dialogue.rules import DomainError
from bot.errors import BotError
from crm_store.errors import StoreError
from nlu.training_data import NluError

# Typer brings its own copy of click, whose errors are others than those of the package "click".
_UsageError: Any = typer.BadParameter.__bases__[0]
_ClickError: Any = _UsageError.__bases__[0]


def run(app: typer.Typer) -> int:
    """Run ``app``; the exit code. Expected failures are printed as one line on standard error."""
    try:
        code = app(standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except _UsageError as error:
        error.show()
        return 2
    except (_ClickError, typer.Abort) as error:
        print(f"rapport: {error}", file=sys.stderr)
        return 1
    except (BotError, StoreError, NluError, DomainError) as error:
        print(f"rapport: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code if isinstance(code, int) else 0
