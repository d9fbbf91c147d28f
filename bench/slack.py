"""Measures the Slack channel against the local stand-in: how fast it acknowledges and answers, and what a storm loses.

    python -m bench.slack [--talk SECONDS] [--people 50] [--soak EVENTS] [--kills N] [--models DIR] [--json]

``--talk``: that many people talk at once, each waiting for the answer and then 3 to 7 s, with the trained model and the
server as `rapport run` starts it. ``--soak``: commands in a storm with 5 % repeats, 2 % reordered and kill -9.
Stand-in and assistant share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import PROJECT, RapportConfig
from crm_store.demo.seeding import seed
from crm_store.insights.scoring.nightly import score_store
from crm_store.schema import upgrade
from crm_store.store import Store
from tests.slack.soaking import Outcome, Rain, people_of, soak
from tests.slack.standin.server import Standin
from tests.slack.standin.workspace import APP_TOKEN, BOT_TOKEN

_SAYS = (
    "what's in my pipeline?",
    "log a deal with Initech, 40k, closing end of March",
    "had a call with Globex, they want a quote by Friday",
    "remind me tomorrow at 9 to send the contract",
    "show me Initech",
    "what are my tasks?",
    "forecast for this quarter",
    "undo",
    "thanks",
)
_LEAST_PAUSE, _LONGEST_PAUSE = 3.0, 7.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Milliseconds, and how many messages they come from."""

    messages: int
    acknowledge_p50: float
    acknowledge_p99: float
    answer_p50: float
    answer_p99: float


def company(folder: Path) -> Path:
    """The demo company in a database file, scored, as `rapport db seed` leaves it."""
    path, now = folder / "demo.db", datetime.now(UTC)
    store = Store(f"sqlite:///{path}")
    upgrade(store.engine)
    seed(store.engine, now=now, progress=None)
    score_store(store, now=now, currency=RapportConfig().company.currency, today=now.date())
    store.close()
    return path


async def talk(folder: Path, models: Path, *, people: int, seconds: float, settle: float) -> Latencies:
    """Let people talk for a while with a server that was started ``settle`` seconds before.

    The first ten seconds are not counted.
    """
    home = folder / "home"
    async with Standin() as standin:
        users = people_of(home, company(folder), standin, people)
        shutil.copytree(models, home / "models")
        server = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "import sys; from bot.cli import main; sys.exit(main())",
            "--home",
            str(home),
            "run",
            "--port",
            "0",
            cwd=PROJECT,
            env={
                **os.environ,
                "PYTHONPATH": str(PROJECT),
                "SLACK_BOT_TOKEN": BOT_TOKEN,
                "SLACK_APP_TOKEN": APP_TOKEN,
                "SLACK_API_URL": standin.api_url,
            },
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            await asyncio.wait_for(standin.sockets.connected(), 120)
            await asyncio.sleep(settle)
            answers: list[float] = []
            end = time.monotonic() + 10 + seconds
            await asyncio.gather(*(_one(standin, user, end - seconds, end, answers) for user in users))
        finally:
            server.terminate()
            await server.wait()
        acknowledged = [sent.seconds for sent in standin.sent if sent.acknowledged][-len(answers) :]
    return Latencies(
        messages=len(answers),
        acknowledge_p50=_percentile(acknowledged, 50),
        acknowledge_p99=_percentile(acknowledged, 99),
        answer_p50=_percentile(answers, 50),
        answer_p99=_percentile(answers, 99),
    )


async def _one(standin: Standin, user: str, start: float, end: float, answers: list[float]) -> None:
    chance = random.Random(user)
    room = standin.workspace.direct(user)
    await asyncio.sleep(chance.uniform(0, _LONGEST_PAUSE))
    while time.monotonic() < end:
        text = chance.choice(_SAYS)
        began = time.monotonic()
        before = len(room.messages)
        await standin.say(user, text)
        # One message is the person's own; the next is the beginning of the answer.
        await standin.until(lambda before=before: len(room.messages) > before + 1, seconds=60)
        if began > start:
            answers.append(time.monotonic() - began)
        await asyncio.sleep(chance.uniform(_LEAST_PAUSE, _LONGEST_PAUSE))


def _percentile(seconds: list[float], percent: int) -> float:
    return 1000 * statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] if len(seconds) > 1 else 0.0


def measure_soak(folder: Path, *, events: int, kills: int) -> Outcome:
    """A storm with repeats, reordering and kills."""
    return asyncio.run(
        soak(
            folder / "soak",
            company(folder),
            Rain(events=events, kills=kills),
            progress=lambda line: print(line, file=sys.stderr, flush=True),
        )
    )


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--talk", type=float, default=60, metavar="SECONDS")
    parser.add_argument(
        "--settle",
        type=float,
        default=75,
        metavar="SECONDS",
        help="how long the server runs before anybody talks (default: until it has done what it does once)",
    )
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--soak", type=int, default=0, metavar="EVENTS")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--models", type=Path, default=PROJECT / "var" / "models")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, object] = {}
    if options.talk:
        with tempfile.TemporaryDirectory() as folder:
            latencies = asyncio.run(
                talk(Path(folder), options.models, people=options.people, seconds=options.talk, settle=options.settle)
            )
            figures |= dataclasses.asdict(latencies)
    if options.soak:
        with tempfile.TemporaryDirectory() as folder:
            figures |= dataclasses.asdict(measure_soak(Path(folder), events=options.soak, kills=options.kills))
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value:,.1f}" if isinstance(value, float) else f"{name:20} {value}")


if __name__ == "__main__":
    main()
