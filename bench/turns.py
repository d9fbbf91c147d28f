"""Measures complete turns: a text in, its effects and answer committed, the answer ready to be delivered.

    python bench/turns.py [--messages 320] [--large] [--models DIR] [--json]

Real store, real engine, the demo company, a mixed script of what reps, managers, agents and customers say. CPU time is
reported beside wall time, since other work on the machine stretches only the latter. ``--large`` does it again with
100,000 deals and 100,000 contacts (seeding them takes a minute or two) and reports the ratio.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy import select

from bot.bootstrap import Assistant, bootstrap, open_encoder_for, open_engine
from bot.cli.options import configure_logging
from bot.dialogue.holding import DialogueEngine
from bot.inbox import receive
from bot.memory import loading
from bot.messages import InboundMessage
from bot.outbox import next_to_deliver, record_delivered
from bot.settings import PROJECT, RapportConfig, Settings, load_settings
from crm_store.demo import seed, seed_large
from crm_store.models import Account, Contact, Deal, Stage, StageType, User
from crm_store.schema import upgrade
from crm_store.store import Store
from nlu.encoder import Encoder
from nlu.parse import Engine

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
SOURCE = "bench"
_RAPPORT = (sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())")

_STAFF_SAYS = (
    "log a deal with {account}, {amount}, closing end of March",
    "move the {account} deal to negotiation",
    "what's in my pipeline?",
    "had a call with {account}, they want a quote by Friday",
    "remind me tomorrow at 9 to call {account}",
    "show me {account}",
    "forecast for this quarter",
    "which deals are stale?",
    "make it {amount}",
    "what are my tasks?",
    "what changed since Monday?",
    "undo",
    "who is {contact}?",
    "close date of the {account} deal is June 15",
    "thanks",
    "add a company called Bench Works {number}",
    "what is the meaning of life",
    "how many deals did we win this year?",
    "no",
    "never mind",
)
_CUSTOMER_SAYS = (
    "hi",
    "where is my order?",
    "how do I reset my password?",
    "I want a refund, this is broken",
    "when are you open?",
    "let me talk to a human",
    "what is your return policy?",
    "thanks, bye",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFigures:
    """What was measured. Times in milliseconds of one turn; memory in MiB; starts in seconds.

    ``large_ratio`` is the median of 100,000 deals over that of the demo, in CPU time; None when it was not measured.
    """

    messages: int
    median_ms: float
    p99_ms: float
    cpu_median_ms: float
    cpu_p99_ms: float
    turns_per_second_1: float
    turns_per_second_8: float
    large_median_ms: float | None = None
    large_p99_ms: float | None = None
    large_ratio: float | None = None
    resident_mib: float | None = None
    start_to_first_answer_s: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Something somebody says in a conversation."""

    person: str
    conversation: str
    text: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each turn took, in seconds."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]


def mixed_script(store: Store, messages: int, *, conversations: int = 1, seed_number: int = 1) -> list[Line]:
    """``messages`` lines in turn for each of ``conversations`` groups of speakers, the same for the same database."""
    random = Random(seed_number)
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        session = uow.session
        dana = session.scalars(select(User).where(User.handle == "dana")).one()
        open_deals = select(Account.name).join(Deal).join(Stage).where(Deal.owner_id == dana.id)
        accounts = session.scalars(open_deals.where(Stage.type == StageType.OPEN).distinct().limit(60)).all()
        contacts = session.scalars(select(Contact).order_by(Contact.id).limit(60)).all()
        staff = [str(user.ref) for user in session.scalars(select(User).where(User.handle.in_(("dana", "morgan"))))]
        customers = [str(contact.ref) for contact in contacts[:4]]
    lines = []
    for number in range(messages):
        group = number % conversations
        is_customer = random.random() < 0.2
        person = random.choice(customers if is_customer else staff)
        template = random.choice(_CUSTOMER_SAYS if is_customer else _STAFF_SAYS)
        text = template.format(
            account=random.choice(accounts),
            contact=random.choice(contacts).name,
            amount=f"{random.randrange(5, 90)}k",
            number=number,
        )
        lines.append(Line(person, f"{person}-{group}", text))
    return lines


def run_turn(assistant: Assistant, line: Line, number: str) -> tuple[float, float]:
    """One turn; its wall and CPU seconds from the text to the committed answer in hand.

    The record of its delivery comes after that, as in the web chat: whoever waits for the answer has it by then. It is
    part of the turns per second.
    """
    began, began_cpu = time.perf_counter(), time.process_time()
    store = assistant.store
    message = InboundMessage(
        source=SOURCE,
        event_id=number,
        channel=SOURCE,
        conversation=line.conversation,
        sender=line.person,
        person=line.person,
        sent_at=NOW,
        text=line.text,
    )
    receipt = receive(store, message, now=NOW)
    while assistant.pipeline.process_next(receipt.conversation_id) is not None:
        pass
    taken: tuple[float, float] | None = None
    while (sent := next_to_deliver(store, receipt.conversation_id, now=NOW, repeatable=(SOURCE,))) is not None:
        taken = taken or (time.perf_counter() - began, time.process_time() - began_cpu)
        record_delivered(store, sent.outbox_id, external_id=None, now=NOW)
    return taken or (time.perf_counter() - began, time.process_time() - began_cpu)


def timed(assistant: Assistant, lines: Sequence[Line], *, label: str) -> Timing:
    """Say the lines one after the other."""
    wall, cpu = [], []
    for number, line in enumerate(lines):
        seconds, cpu_seconds = run_turn(assistant, line, f"{label}{number}")
        wall.append(seconds)
        cpu.append(cpu_seconds)
    return Timing(tuple(wall), tuple(cpu))


def turns_per_second(assistant: Assistant, messages: int, *, at_once: int, label: str) -> float:
    """How many turns a second, with so many conversations talking at once."""
    lines = mixed_script(assistant.store, messages, conversations=at_once, seed_number=at_once)
    groups = [
        [dataclasses.replace(line, conversation=f"{label}-{group}-{line.person}") for line in lines[group::at_once]]
        for group in range(at_once)
    ]
    threads = [
        threading.Thread(target=timed, args=(assistant, group), kwargs={"label": f"{label}-{number}-"})
        for number, group in enumerate(groups)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return messages / (time.perf_counter() - began)


def measure(
    engine: Engine, home: Path, *, messages: int = 320, large: bool = False, models: Path | None = None
) -> TurnFigures:
    """Measure in the empty directory ``home``; ``models`` lets the whole program be started and measured too."""
    small = open_assistant(engine, home / "small", large=False)
    timed(small, mixed_script(small.store, 40, seed_number=7), label="warm-up")
    timing = timed(small, mixed_script(small.store, messages), label="one")
    figures = TurnFigures(
        messages=messages,
        median_ms=_median(timing.wall),
        p99_ms=_p99(timing.wall),
        cpu_median_ms=_median(timing.cpu),
        cpu_p99_ms=_p99(timing.cpu),
        turns_per_second_1=turns_per_second(small, messages, at_once=1, label="alone"),
        turns_per_second_8=turns_per_second(small, messages, at_once=8, label="together"),
    )
    small.store.close()
    if large:
        grown = open_assistant(engine, home / "large", large=True)
        timed(grown, mixed_script(grown.store, 40, seed_number=7), label="warm-up")
        slow = timed(grown, mixed_script(grown.store, messages), label="one")
        grown.store.close()
        figures = dataclasses.replace(
            figures,
            large_median_ms=_median(slow.wall),
            large_p99_ms=_p99(slow.wall),
            large_ratio=_median(slow.cpu) / figures.cpu_median_ms,
        )
    if models is not None:
        (home / "small" / "models").symlink_to(models.resolve())
        figures = dataclasses.replace(
            figures,
            start_to_first_answer_s=_seconds_to_answer(home / "small"),
            resident_mib=_resident_mib(home / "small"),
        )
    return figures


def open_assistant(
    engine: Engine,
    home: Path,
    *,
    large: bool,
    dialogue: DialogueEngine | None = None,
    encoder: Encoder | None = None,
) -> Assistant:
    """An assistant on a demo company made for it in the new directory ``home``."""
    home.mkdir(parents=True)
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'rapport.db'}", config=RapportConfig())
    store = Store(settings.database_url)
    upgrade(store.engine)
    (seed_large if large else seed)(store.engine, now=NOW, progress=None)
    gc.collect()
    with loading():  # as the server does it
        return bootstrap(settings, clock=lambda: NOW, store=store, engine=engine, dialogue=dialogue, encoder=encoder)


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "RAPPORT_HOME": str(home), "DATABASE_URL": ""}


def _seconds_to_answer(home: Path) -> float:
    command = [*_RAPPORT, "say", "--as", "dana", "what's in my pipeline?"]
    began = time.perf_counter()
    subprocess.run(command, cwd=PROJECT, env=_environment(home), check=True, capture_output=True)  # noqa: S603 - ours
    return time.perf_counter() - began


def _resident_mib(home: Path) -> float | None:
    """Memory of the server once it is ready; None where the system does not tell."""
    command = [*_RAPPORT, "run", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - ours
        command, cwd=PROJECT, env=_environment(home), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            if server.stdout is not None:
                server.stdout.readline()
            status = Path(f"/proc/{server.pid}/status")
            lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
        finally:
            server.terminate()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), None)


def _median(seconds: Sequence[float]) -> float:
    return 1000 * statistics.median(seconds)


def _p99(seconds: Sequence[float]) -> float:
    return 1000 * statistics.quantiles(seconds, n=100)[98]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=320)
    parser.add_argument("--large", action="store_true", help="also with 100,000 deals and contacts")
    parser.add_argument("--models", type=Path, help="directory of trained models (default: those of RAPPORT_HOME)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    configure_logging(verbose=False)
    settings = load_settings()
    models: Path = chosen.models or settings.model_dir
    engine_settings = dataclasses.replace(settings, home=models.parent)
    engine = open_engine(engine_settings, open_encoder_for(settings))
    with tempfile.TemporaryDirectory(prefix="rapport-turns-") as directory:
        figures = measure(
            engine, Path(directory), messages=chosen.messages, large=chosen.large, models=engine_settings.model_dir
        )
    if chosen.json:
        print(json.dumps(dataclasses.asdict(figures)))
        return
    for name, value in dataclasses.asdict(figures).items():
        print(f"{name:26} {'-' if value is None else round(value, 2)}")


if __name__ == "__main__":
    main()
