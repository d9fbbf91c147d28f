"""Measures both engines on this machine in one run and writes docs/benchmarks-engines.md.

    make bench-engines                                     our own examples (needs make rasa's environments)
    RAPPORT_BENCH_DATA=/data make bench-engines            also a public few-shot set found below that folder
    make bench-engines BENCH_ARGS="--per-intent 20"        at most so many training examples of each intent

Both train all they have (intents and entities; Rasa has the pipeline of config.yml as it stands, and on our own
examples the rules too) on the same four fifths of each intent's examples, and are tested on the same fifth, whole
messages that neither has seen. An engine is right when its best intent is, whatever its threshold says. A message is
read, and a turn taken, through the interfaces the assistant uses (``nlu.parse.Engine``, the turn pipeline on the demo
company with the script of ``bench.turns``). CPU time stands beside wall time, because other work on the machine
stretches only the latter; Rasa's is that of its server and of our process together.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from bench import turns
from bench.engine_splits import Split, own_split, public_split
from bot.bootstrap import Assistant, open_encoder_for, open_engine
from bot.cli.options import configure_logging
from bot.dialogue.domain import load_domain
from bot.errors import EngineUnavailable
from bot.rasa.assembly import connect
from bot.rasa.client import RasaClient
from bot.rasa.process import ENVIRONMENT, RasaProcess, model_path, rasa_command
from bot.settings import PROJECT, RapportConfig, RasaServer, Settings
from nlu.parse import Engine
from nlu.trainer import train
from nlu.training_data import TrainingExample
from nlu.values.reading import Reading

REPORT = PROJECT / "docs" / "benchmarks-engines.md"
_READING = Reading(now=turns.NOW, zone=ZoneInfo("America/New_York"))
_PORTS = 5905, 5955
"""Of Rasa and of our actions while this runs."""

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Milliseconds of one message: wall time of the median and of the slowest twentieth, mean CPU time."""

    p50: float
    p95: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One engine on one set: seconds; megabytes; accuracy in [0, 1]. No turns are taken on somebody else's set."""

    train_wall: float
    train_cpu: float
    start_wall: float
    start_cpu: float
    memory: float
    parse: Spread
    accuracy: float
    turn: Spread | None


def measure_embedded(split: Split, folder: Path, messages: int) -> Figures:
    """The embedded engine; start and memory are those of a process of its own that can read a message."""
    settings = Settings(home=folder, database_url="", config=RapportConfig())
    encoder = open_encoder_for(settings)
    lines = (json.dumps(asdict(example)) for example in split.train)
    (folder / "train.jsonl").write_text("\n".join(lines), encoding="utf-8")
    started, cpu = time.perf_counter(), _our_cpu()
    train(folder / "train.jsonl", settings.model_dir, now=turns.NOW, encoder=encoder)
    train_wall, train_cpu = time.perf_counter() - started, _our_cpu() - cpu
    engine = open_engine(settings, encoder)
    accuracy, parse = _read(engine, split.test, _our_cpu)
    turn = None
    if split.ours:
        assistant = turns.open_assistant(engine, folder / "turns", large=False, encoder=encoder)
        turn = _talk(assistant, messages, _our_cpu)
    script = (
        "import resource,time;from bot.settings import load_settings;from bot.bootstrap import *;"
        "s=load_settings();open_engine(s,open_encoder_for(s));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024,time.process_time())"
    )
    environment = os.environ | {"RAPPORT_HOME": str(folder)}
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT, env=environment
    )
    start_wall = time.perf_counter() - started
    memory, start_cpu = map(float, done.stdout.split())
    return Figures(
        train_wall=train_wall,
        train_cpu=train_cpu,
        start_wall=start_wall,
        start_cpu=start_cpu,
        memory=memory,
        parse=parse,
        accuracy=accuracy,
        turn=turn,
    )


def measure_rasa(split: Split, folder: Path, messages: int) -> Figures:
    """A Rasa server of its own, asked over HTTP as the assistant asks it."""
    rasa = RasaServer(
        url=f"http://127.0.0.1:{_PORTS[0]}",
        environment=PROJECT / ".venv-rasa",
        actions_port=_PORTS[1],
        timeout_seconds=120,
    )
    settings = Settings(home=folder, database_url="", config=RapportConfig(engine="rasa", rasa=rasa))
    train_wall, train_cpu = _train_rasa(split, settings)
    process = RasaProcess(settings)
    started = time.perf_counter()
    process.start()
    parts = connect(settings, load_domain(settings.domain_path, settings.data_dir))
    try:
        pid = _answering(process, RasaClient(rasa.url, timeout=rasa.timeout_seconds))
        start_wall, start_cpu = time.perf_counter() - started, _cpu_of(pid)

        def cpu() -> float:
            return _cpu_of(pid) + _our_cpu()

        accuracy, parse = _read(parts.engine, split.test, cpu)
        turn = None
        if split.ours:
            parts.require_ready()
            home, encoder = folder / "turns", open_encoder_for(settings)
            turn = _talk(
                turns.open_assistant(parts.engine, home, large=False, dialogue=parts.dialogue, encoder=encoder),
                messages,
                cpu,
            )
        memory = _resident_megabytes(pid)
    finally:
        parts.close()
        process.stop()
    return Figures(
        train_wall=train_wall,
        train_cpu=train_cpu,
        start_wall=start_wall,
        start_cpu=start_cpu,
        memory=memory,
        parse=parse,
        accuracy=accuracy,
        turn=turn,
    )


def _train_rasa(split: Split, settings: Settings) -> tuple[float, float]:
    """Train on the split, with our rules if it is ours; wall and CPU seconds."""
    model = model_path(settings)
    folder = model.parent
    data = folder / "data"
    data.mkdir(parents=True)
    config = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))
    config.pop("rapport")
    (folder / "config.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    examples = [_in_rasas_format(example) for example in split.train]
    (data / "nlu.json").write_text(json.dumps({"rasa_nlu_data": {"common_examples": examples}}), encoding="utf-8")
    command = [str(rasa_command(settings)), "train"]
    if split.ours:
        files = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(settings.data_dir.rglob("*.yml")))
        rules = [rule for file in files for rule in file.get("rules", ())]
        (data / "rules.yml").write_text(yaml.safe_dump({"version": "3.1", "rules": rules}), encoding="utf-8")
        command += ["--skip-validation", "--data", str(data), "--domain", str(settings.domain_path)]
    else:
        command += ["nlu", "--nlu", str(data)]
    command += ["--config", str(folder / "config.yml"), "--out", str(folder)]
    command += ["--fixed-model-name", model.name.removesuffix(".tar.gz")]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=os.environ | ENVIRONMENT, check=True)  # noqa: S603 - ours
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _in_rasas_format(example: TrainingExample) -> dict[str, object]:
    """An example as Rasa's JSON format has it, which unlike the YAML one takes any text."""
    entities = [
        {"start": span.start, "end": span.end, "value": example.text[span.start : span.end], "entity": span.entity}
        | ({"role": span.role} if span.role else {})
        for span in example.entities
    ]
    return {"text": example.text, "intent": example.intent, "entities": entities}


def _answering(process: RasaProcess, client: RasaClient) -> int:
    """The server's process id, once it has loaded its model."""
    while (pid := process.pid) is not None:
        try:
            client.status()
        except EngineUnavailable:
            time.sleep(0.1)
        else:
            client.close()
            return pid
    raise AssertionError("Rasa died; see its server.log")


def _read(engine: Engine, test: Sequence[TrainingExample], cpu: Callable[[], float]) -> tuple[float, Spread]:
    """Share of messages whose best intent is right, and how long reading one takes."""
    for example in test[:20]:
        engine.parse(example.text, reading=_READING)  # warm
    walls: list[float] = []
    right = 0
    before = cpu()
    for example in test:
        started = time.perf_counter()
        ranking = engine.parse(example.text, reading=_READING).ranking
        walls.append(time.perf_counter() - started)
        right += bool(ranking) and ranking[0].name == example.intent
    return right / len(test), _spread(walls, cpu() - before)


def _talk(assistant: Assistant, messages: int, cpu: Callable[[], float]) -> Spread:
    """How long a complete turn takes."""
    try:
        turns.timed(assistant, turns.mixed_script(assistant.store, 40, seed_number=7), label="warm-up")
        script = turns.mixed_script(assistant.store, messages)
        before = cpu()
        walls = turns.timed(assistant, script, label="one").wall
        return _spread(walls, cpu() - before)
    finally:
        assistant.store.close()


def _spread(walls: Sequence[float], cpu: float) -> Spread:
    return Spread(
        p50=1000 * statistics.median(walls),
        p95=1000 * statistics.quantiles(walls, n=20)[-1],
        cpu=1000 * cpu / len(walls),
    )


def _our_cpu() -> float:
    """CPU seconds of this process and of those it has waited for, which train beside it."""
    return sum(os.times()[:4])


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def report(measured: Sequence[tuple[Split, dict[str, Figures]]], now: datetime, load: float) -> str:
    """The page."""
    lines = [
        "# Both engines on one machine",
        "",
        "Written by `make bench-engines`; nothing here is typed by hand. How it is measured: `bench/engines.py`.",
        "",
        f"{now:%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; load when it began: "
        f"{load:.1f} (above 1 other work stretched the wall times)"
        + (f"; held to {threads} thread(s) each." if (threads := os.environ.get("OMP_NUM_THREADS")) else "."),
    ]
    for split, engines in measured:
        lines += ["", f"## {split.name}", "", "| what | " + " | ".join(engines) + " |", "|---|" + "---|" * len(engines)]
        for title, show in _ROWS:
            lines.append(f"| {title} | " + " | ".join(show(figures) for figures in engines.values()) + " |")
    return "\n".join(lines) + "\n"


def _shown(spread: Spread | None) -> str:
    return "not measured" if spread is None else f"{spread.p50:,.1f} / {spread.p95:,.1f} / {spread.cpu:,.1f}"


_ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("right intent on messages not trained on", lambda f: f"{f.accuracy:.1%}"),
    ("training, wall / CPU s", lambda f: f"{f.train_wall:,.0f} / {f.train_cpu:,.0f}"),
    ("start until it can be asked, wall / CPU s", lambda f: f"{f.start_wall:,.1f} / {f.start_cpu:,.1f}"),
    ("resident memory of the engine, MB", lambda f: f"{f.memory:,.0f}"),
    ("reading a message, ms: p50 / p95 wall / mean CPU", lambda f: _shown(f.parse)),
    ("a complete turn, ms: p50 / p95 wall / mean CPU", lambda f: _shown(f.turn)),
)


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-intent", type=int)
    parser.add_argument("--messages", type=int, default=320, help="turns to take")
    options = parser.parse_args()
    configure_logging(verbose=False)
    load = os.getloadavg()[0]
    public = public_split(Path(os.environ.get("RAPPORT_BENCH_DATA", "/nonexistent")))
    measured = []
    for split in (own_split(options.per_intent), *([public] if public else ())):
        engines = {}
        for engine, measure in (("embedded", measure_embedded), ("Rasa", measure_rasa)):
            sys.stderr.write(f"==> {engine}: {split.name}\n")
            with tempfile.TemporaryDirectory(prefix="rapport-engines-") as folder:
                engines[engine] = measure(split, Path(folder), options.messages)
        measured.append((split, engines))
    REPORT.write_text(report(measured, datetime.now(UTC), load), encoding="utf-8")
    sys.stderr.write(f"{REPORT.relative_to(PROJECT)} is written\n")


if __name__ == "__main__":
    main()
