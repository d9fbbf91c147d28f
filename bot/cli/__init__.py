"""The command line: ``rapport``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Exit code 0 when it did what was asked, 1 when it could not, 2 for wrong usage."""
    from bot.memory import loading

    with loading():
        from bot.cli.app import app
        from bot.cli.failing import run

    sys.exit(run(app))
