"""Measures what becomes of Telegram updates when the process that answers them is killed again and again.

    python bench/telegram_updates.py [--updates 10000] [--chats 50] [--kills 40] [--json]

A stand-in of the Bot API on a real socket hands out the updates; a process with the real channel, service and store
takes and answers them and is killed (SIGKILL) at random moments. Understanding is left out: the messages are commands.
Every tenth opens a ticket, so that a message answered twice would show as a second ticket.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from bot.opening import system_clock
from crm_store.demo.seeding import seed
from crm_store.engine import open_engine
from crm_store.schema import upgrade
from tests.telegram.endurance import endure


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--chats", type=int, default=50)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        engine = open_engine(f"sqlite:///{home / 'rapport.db'}")
        upgrade(engine)
        seed(engine, now=system_clock(), progress=None)
        engine.dispose()
        outcome = endure(
            home,
            updates=arguments.updates,
            chats=arguments.chats,
            kills=arguments.kills,
            seconds_before_kill=(0.1, 5.0),
            on_progress=lambda count: print(f"killed at {count} answers", file=sys.stderr, flush=True),
        )
    figures = dataclasses.asdict(outcome)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):20} {value:,.0f}")
    lost = outcome.answers_lost or outcome.taken_in != outcome.updates or outcome.tickets != outcome.tickets_wanted
    return 1 if lost or outcome.tickets_doubled else 0


if __name__ == "__main__":
    sys.exit(main())
