"""Measures both engines on this machine in one run and writes docs/benchmarks-engines.md.

    make bench-engines                                     our own examples (needs make rasa's environments)
    RAPPORT_BENCH_DATA=/data make bench-engines            also a public few-shot set found below that folder
    make bench-engines BENCH_ARGS="--per-intent 20"        at most so many training examples of each intent

Both train on the same four fifths of each intent's examples and are tested on the same fifth, whole messages that
neither has seen; an engine is right when its best intent is, whatever its threshold says. Rasa has the pipeline of
config.yml as it stands. CPU time stands beside wall time, because other work on the machine stretches only the latter.
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
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import yaml

from bot.bootstrap import open_encoder_for
from bot.rasa.process import ENVIRONMENT
from bot.settings import PROJECT, load_settings
from nlu.data_files.loading import load_training_data
from nlu.encoder import Encoder
from nlu.intents.training import train_intents
from nlu.training_data import TrainingExample

REPORT = PROJECT / "docs" / "benchmarks-engines.md"
LONGEST = 300
"""Characters of the longest example; DIET pays for the square of a batch's longest message."""

_PUBLIC = ("BANKING77, 10 per intent", "intent/banking77/fewshot_train_10.jsonl", "intent/banking77/test.jsonl")
_RASA = PROJECT / ".venv-rasa" / "bin" / "rasa"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One engine on one set: seconds, but ``parse_*`` in milliseconds; megabytes; accuracy in [0, 1]."""

    train_wall: float
    train_cpu: float
    start_wall: float
    start_cpu: float
    memory: float
    parse_p50: float
    parse_p95: float
    parse_cpu: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A training and a test set."""

    name: str
    train: Sequence[TrainingExample]
    test: Sequence[TrainingExample]


def own_split(per_intent: int | None) -> Split:
    """Our own examples: of each intent every fifth for testing, of the others at most ``per_intent`` for training."""
    seen: Counter[str] = Counter()
    train: list[TrainingExample] = []
    test: list[TrainingExample] = []
    taken: Counter[str] = Counter()
    for example in load_training_data(PROJECT / "nlu" / "data").examples:
        if example.intent in {None, "out_of_scope"} or len(example.text) > LONGEST:
            continue
        intent = str(example.intent)
        seen[intent] += 1
        if seen[intent] % 5 == 0:
            test.append(example)
        elif per_intent is None or taken[intent] < per_intent:
            taken[intent] += 1
            train.append(example)
    limited = "" if per_intent is None else f", {per_intent} per intent"
    return Split(name=f"our own examples{limited} ({len(train):,} / {len(test):,})", train=train, test=test)


def public_split(data: Path) -> Split | None:
    """The public few-shot set, if it is there; nothing of it is used for what is shipped."""
    name, train, test = _PUBLIC
    if not (data / train).exists():
        return None
    return Split(
        name=name, train=load_training_data(data / train).examples, test=load_training_data(data / test).examples
    )


def measure_embedded(split: Split, encoder: Encoder | None) -> Figures:
    """Intents of the embedded engine; start and memory are those of a process that answers a first message."""
    started, cpu = time.perf_counter(), time.process_time()
    model = train_intents(split.train, encoder=encoder)
    train_wall, train_cpu = time.perf_counter() - started, time.process_time() - cpu
    layers = encoder.layers if encoder else None
    parse = _timed(lambda text: model.predict(text, layers=layers).ranking[0].name, split.test, time.process_time)
    script = (
        "import resource,time;from bot.settings import load_settings;from bot.bootstrap import *;"
        "s=load_settings();open_engine(s,open_encoder_for(s));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024,time.process_time())"
    )
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    memory, start_cpu = map(float, done.stdout.split())
    return Figures(
        train_wall=train_wall,
        train_cpu=train_cpu,
        start_wall=time.perf_counter() - started,
        start_cpu=start_cpu,
        memory=memory,
        **parse,
    )


def measure_rasa(split: Split, folder: Path) -> Figures:
    """Rasa's NLU with the pipeline of config.yml, asked over HTTP as the assistant asks it."""
    config = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))
    config.pop("rapport")
    (folder / "config.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    examples = [
        {
            "text": each.text,
            "intent": each.intent,
            "entities": [
                {"start": s.start, "end": s.end, "value": each.text[s.start : s.end], "entity": s.entity}
                for s in each.entities
            ],
        }
        for each in split.train
    ]
    (folder / "nlu.json").write_text(json.dumps({"rasa_nlu_data": {"common_examples": examples}}), encoding="utf-8")
    command = [str(_RASA), "train", "nlu", "--nlu", "nlu.json", "--config", "config.yml", "--out", "."]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    train = [*command, "--fixed-model-name", "model"]
    subprocess.run(train, cwd=folder, env=os.environ | ENVIRONMENT, check=True)  # noqa: S603 - ours
    train_wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    train_cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    started = time.perf_counter()
    with _served(folder) as (process, http):
        start_wall, start_cpu = time.perf_counter() - started, _cpu_of(process.pid)

        def best(text: str) -> str:
            ranking = http.post("/model/parse", json={"text": text}).json()["intent_ranking"]
            return str(next(each["name"] for each in ranking if each["name"] != "nlu_fallback"))

        parse = _timed(best, split.test, lambda: _cpu_of(process.pid))
        memory = _resident_megabytes(process.pid)
    return Figures(
        train_wall=train_wall, train_cpu=train_cpu, start_wall=start_wall, start_cpu=start_cpu, memory=memory, **parse
    )


@contextmanager
def _served(folder: Path, port: int = 5905) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    command = [str(_RASA), "run", "--enable-api", "--interface", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - ours
            [*command, "--model", "model.tar.gz"], cwd=folder, env=os.environ | ENVIRONMENT, stdout=log, stderr=log
        )
    http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False)
    try:
        while True:
            assert process.poll() is None, (folder / "server.log").read_text(encoding="utf-8")[-2000:]
            try:
                if http.get("/status").json().get("model_id"):
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process, http
    finally:
        http.close()
        process.terminate()
        process.wait()


def _timed(best: Callable[[str], str], test: Sequence[TrainingExample], cpu: Callable[[], float]) -> dict[str, float]:
    walls: list[float] = []
    right = 0
    before = cpu()
    for example in test:
        started = time.perf_counter()
        right += best(example.text) == example.intent
        walls.append(1000 * (time.perf_counter() - started))
    return {
        "parse_p50": statistics.median(walls),
        "parse_p95": statistics.quantiles(walls, n=20)[-1],
        "parse_cpu": 1000 * (cpu() - before) / len(test),
        "accuracy": right / len(test),
    }


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
        f"{load:.1f} (above 1 other work stretched the wall times).",
    ]
    for split, engines in measured:
        lines += ["", f"## {split.name}", "", "| what | " + " | ".join(engines) + " |", "|---|" + "---|" * len(engines)]
        for title, show in _ROWS:
            lines.append(f"| {title} | " + " | ".join(show(figures) for figures in engines.values()) + " |")
    return "\n".join(lines) + "\n"


_ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("right intent on messages not trained on", lambda f: f"{f.accuracy:.1%}"),
    ("training, wall / CPU s", lambda f: f"{f.train_wall:,.0f} / {f.train_cpu:,.0f}"),
    ("start until it can be asked, wall / CPU s", lambda f: f"{f.start_wall:,.1f} / {f.start_cpu:,.1f}"),
    ("resident memory, MB", lambda f: f"{f.memory:,.0f}"),
    ("a message, p50 / p95 wall ms", lambda f: f"{f.parse_p50:,.1f} / {f.parse_p95:,.1f}"),
    ("a message, CPU ms", lambda f: f"{f.parse_cpu:,.1f}"),
)


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-intent", type=int)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    encoder = open_encoder_for(load_settings())
    public = public_split(Path(os.environ.get("RAPPORT_BENCH_DATA", "/nonexistent")))
    measured = []
    for split in (own_split(options.per_intent), *([public] if public else ())):
        sys.stderr.write(f"==> {split.name}\n")
        with tempfile.TemporaryDirectory() as folder:
            engines = {"embedded": measure_embedded(split, encoder), "Rasa": measure_rasa(split, Path(folder))}
        measured.append((split, engines))
    REPORT.write_text(report(measured, datetime.now(UTC), load), encoding="utf-8")
    sys.stderr.write(f"{REPORT.relative_to(PROJECT)} is written\n")


if __name__ == "__main__":
    main()
