"""Runs the benchmarks and writes docs/benchmarks.md with the machine, the versions and the date.

    make bench                                  what needs no data: our own messages and complete turns
    RAPPORT_BENCH_DATA=/data make bench         also the public sets found below that folder

The folder is laid out as in ``SETS``; what is not there is left out and said so. Nothing in it is used for training the
assistant. ``--only PART`` runs one part (own, turns, slack, intents, entities, faq) and ``--set TEXT`` only the public
sets with TEXT in their name; the other figures stay, each with the day it was measured.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import slack, turns
from bot.bootstrap import open_encoder_for, open_engine
from bot.settings import PROJECT, Settings, load_settings
from nlu.bench import run_faq_bench, run_nlu_bench
from nlu.data_files.loading import load_training_data
from nlu.encoder import Encoder
from nlu.entities.bench import fit_spans
from nlu.evaluation import evaluate
from nlu.trainer import TrainerSettings, fit_entities, without_out_of_scope
from nlu.training_data import TrainingDataError

REPORT = PROJECT / "docs" / "benchmarks.md"
KEPT = PROJECT / "docs" / "benchmarks.json"
LIBRARIES = ("numpy", "scikit-learn", "spacy", "python-crfsuite", "sqlalchemy", "tokenizers")

Kept = dict[str, dict[str, list[str]]]
"""By part and by the first cell of the row: the row of the table, the day it was measured, the machine's load then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """One public set: what it is called, its files below the data folder, and the figure to reach."""

    name: str
    train: str
    test: str
    oos: str | None = None
    reach: str = ""


INTENT_SETS = tuple(
    DataSet(name=f"{title}, {shots}", train=f"intent/{folder}/{train}", test=f"intent/{folder}/{test}", reach=reach)
    for title, folder, test, rows in (
        (
            "BANKING77",
            "banking77",
            "test.jsonl",
            (
                ("5 per intent", "fewshot_train_5.jsonl", "82"),
                ("10 per intent", "fewshot_train_10.jsonl", "87"),
                ("full", "train.jsonl", "94"),
            ),
        ),
        (
            "HWU64",
            "hwu64",
            "test.jsonl",
            (
                ("5 per intent", "train_5.jsonl", "78.5"),
                ("10 per intent", "train_10.jsonl", "85"),
                ("full", "train.jsonl", "92"),
            ),
        ),
        (
            "CLINC150",
            "clinc150",
            "full_test.jsonl",
            (
                ("5 per intent", "fewshot_train_5.jsonl", "89"),
                ("10 per intent", "fewshot_train_10.jsonl", "91.5"),
                ("full", "full_train.jsonl", "96.5"),
            ),
        ),
    )
    for shots, train, reach in rows
)
OOS_SETS = (
    DataSet(
        name="CLINC150 full + out of scope",
        train="intent/clinc150/full_train.jsonl",
        test="intent/clinc150/full_test.jsonl",
        oos="intent/clinc150/full_oos_test.jsonl",
        reach="93 with 88",
    ),
)
ENTITY_SETS = (
    DataSet(
        name="HWU64 fold 1",
        train="intent/hwu64_entities/fold1_train.jsonl",
        test="intent/hwu64_entities/fold1_test.jsonl",
        reach="78",
    ),
    DataSet(
        name="Restaurant8k",
        train="intent/restaurant8k/train.jsonl",
        test="intent/restaurant8k/test.jsonl",
        reach="94",
    ),
)


def own_messages(encoder: Encoder | None, now: datetime, folds: int) -> Iterator[str]:
    """Cross-validated figures on nlu/data."""
    data = without_out_of_scope(load_training_data(PROJECT / "nlu" / "data"))
    report = evaluate(
        data.examples,
        encoder=encoder,
        fit_entities=lambda rows: fit_entities(rows, TrainerSettings(), encoder=encoder, now=now),
        folds=folds,
    )
    examples = f"{len(data.examples)} examples"
    yield f"| our own messages, {folds}-fold | {examples} | {report.accuracy:.1%} | {report.macro_f1:.3f} |"
    yield f"| the same, nothing refused | | {report.accuracy_unrefused:.1%} | |"
    yield f"| the same, misspelled | | {report.accuracy_misspelled:.1%} | |"
    if report.entities is not None:
        yield f"| our own entities, {folds}-fold, exact spans | | F1 {report.entities.f1:.1%} | |"


def chosen(entries: Iterable[DataSet], names: Sequence[str]) -> list[DataSet]:
    """Return the sets with one of ``names`` in their name, all when there are none, in the order of ``names``."""
    known = list(entries)
    return [entry for name in names or [""] for entry in known if name.lower() in entry.name.lower()]


def public_intents(encoder: Encoder | None, data: Path, names: Sequence[str] = ()) -> Iterator[str]:
    """Accuracy on the public intent sets."""
    for entry in chosen(INTENT_SETS, names):
        if not (data / entry.train).exists():
            yield f"| {entry.name} | not measured: {entry.train} is not there | | | |"
            continue
        result = run_nlu_bench(train=data / entry.train, test=data / entry.test, encoder=encoder)
        yield (
            f"| {entry.name} | {_percent(result.accuracy)} | {entry.reach} | {result.train_seconds:.1f} |"
            f" {result.parse_ms_p50:.1f} / {result.parse_ms_p95:.1f} |"
        )
    for entry in chosen(OOS_SETS, names):
        if entry.oos is None or not (data / entry.train).exists():
            continue
        result = run_nlu_bench(train=data / entry.train, test=data / entry.test, oos=data / entry.oos, encoder=encoder)
        yield (
            f"| {entry.name}: in-scope accuracy, out-of-scope recall | {_percent(result.in_scope_accuracy)},"
            f" {_percent(result.oos_recall)} | {entry.reach} | {result.train_seconds:.1f} |"
            f" {result.parse_ms_p50:.1f} / {result.parse_ms_p95:.1f} |"
        )


def public_entities(encoder: Encoder | None, data: Path, names: Sequence[str] = ()) -> Iterator[str]:
    """Exact-span F1 on the public entity sets."""
    for entry in chosen(ENTITY_SETS, names):
        if not (data / entry.train).exists():
            yield f"| {entry.name} | not measured: {entry.train} is not there | | |"
            continue
        try:
            result = run_nlu_bench(
                train=data / entry.train, test=data / entry.test, encoder=encoder, fit_spans=fit_spans(encoder)
            )
        except TrainingDataError as error:
            yield f"| {entry.name} | not measured: {str(error)[:120]} | {entry.reach} | |"
            continue
        yield f"| {entry.name} | {_percent(result.entity_f1)} | {entry.reach} | {result.train_seconds:.1f} |"


def public_faq(encoder: Encoder | None, data: Path) -> Iterator[str]:
    """How often the right answer comes first, with and without sentence vectors."""
    folder = data / "faq" / "covidfaq_small"
    if not folder.exists():
        yield "| covidfaq_small | not measured: the folder is not there | | |"
        return
    for title, with_encoder in (("words and sentence vectors", encoder), ("words alone", None)):
        result = run_faq_bench(faq=folder / "faq.jsonl", queries=folder / "queries.jsonl", encoder=with_encoder)
        yield f"| covidfaq_small, {title} | {result.top1:.1%} | {result.top3:.1%} | {result.mrr:.3f} |"


def complete_turns(settings: Settings, encoder: Encoder | None) -> Iterator[str]:
    """Latency, throughput, memory and start, with the trained model of the data directory."""
    engine = open_engine(settings, encoder)
    with tempfile.TemporaryDirectory() as folder:
        figures = turns.measure(engine, Path(folder), large=True, models=settings.model_dir)
    for field in dataclasses.fields(figures):
        value = getattr(figures, field.name)
        yield f"| {field.name.replace('_', ' ')} | {'-' if value is None else f'{value:,.2f}'} |"


def slack_channel(settings: Settings) -> Iterator[str]:
    """Fifty people at once against the local stand-in, then a storm of events with repeats and kills."""
    with tempfile.TemporaryDirectory() as folder:
        latencies = asyncio.run(slack.talk(Path(folder), settings.model_dir, people=50, seconds=60, settle=75))
    for name, value in dataclasses.asdict(latencies).items():
        yield f"| 50 people, {name.replace('_', ' ')}{'' if name == 'messages' else ' ms'} | {value:,.0f} |"
    with tempfile.TemporaryDirectory() as folder:
        outcome = slack.measure_soak(Path(folder), events=10_000, kills=20)
    for name, value in dataclasses.asdict(outcome).items():
        yield f"| storm, {name.replace('_', ' ')} | {value} |"


_LOADED = "Above the number of cores, times are longer than the work takes; shares are what they are."

HEADS = {
    "own": ("Our own messages", "| what | | accuracy | macro F1 |\n|---|---|---|---|"),
    "intents": (
        "Public intent sets, one configuration for all",
        "| set | accuracy % | to reach | training s | parse ms p50 / p95 |\n|---|---|---|---|---|",
    ),
    "entities": ("Public entity sets", "| set | F1 % (exact spans) | to reach | training s |\n|---|---|---|---|"),
    "faq": ("Finding the right answer", "| set | top 1 | top 3 | MRR |\n|---|---|---|---|"),
    "turns": ("Complete turns", "| what | measured |\n|---|---|"),
    "slack": ("Slack, against the local stand-in", "| what | measured |\n|---|---|"),
}


def main() -> None:
    """Run what was asked for and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=sorted(HEADS), action="append")
    parser.add_argument("--set", action="append", default=[], dest="names", metavar="TEXT")
    parser.add_argument("--folds", type=int, default=10)
    options = parser.parse_args()
    now = datetime.now(UTC)
    settings = load_settings()
    encoder = open_encoder_for(settings)
    data = Path(os.environ.get("RAPPORT_BENCH_DATA", "/nonexistent"))
    parts: dict[str, Callable[[], Iterator[str]]] = {
        "own": lambda: own_messages(encoder, now, options.folds),
        "turns": lambda: complete_turns(settings, encoder),
        "slack": lambda: slack_channel(settings),
        "intents": lambda: public_intents(encoder, data, options.names),
        "entities": lambda: public_entities(encoder, data, options.names),
        "faq": lambda: public_faq(encoder, data),
    }
    for part in options.only or parts:
        sys.stderr.write(f"==> {HEADS[part][0]}\n")
        for row in parts[part]():
            sys.stderr.write(f"{row}\n")
            _keep(part, row, f"{now:%Y-%m-%d}", encoder)


def _keep(part: str, row: str, day: str, encoder: Encoder | None) -> None:
    """Put one row into the report at once: a run that is stopped has measured what it measured."""
    kept: Kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    kept.setdefault(part, {})[row.split("|")[1].strip()] = [row, day, f"{os.getloadavg()[1]:.1f}"]
    KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    REPORT.write_text(_document(kept, encoder), encoding="utf-8")


def _document(kept: Kept, encoder: Encoder | None) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; nothing here is typed by hand. Public sets are used for measuring only, never for "
        "training what is shipped. The notes beside this page say what was tried and what stands in the way.",
        "",
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python "
        f"{platform.python_version()}; {versions}; sentence encoder {'installed' if encoder else 'not installed'}.",
    ]
    for part, (title, head) in HEADS.items():
        if part in kept:
            days = {day for _, day, _ in kept[part].values()}
            loads = sorted(float(load) for *_, load in kept[part].values())
            lines += ["", f"## {title} ({', '.join(sorted(days))})", "", head]
            lines += [row for row, *_ in kept[part].values()]
            lines += ["", f"Load of the machine while measuring: {loads[0]:g} to {loads[-1]:g}. {_LOADED}"]
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


if __name__ == "__main__":
    main()
