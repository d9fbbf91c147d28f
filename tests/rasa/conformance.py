"""A Rasa model for the conformance suite: light enough for CI, and sure of what the dialogue scripts say.

The suite compares what both engines DO with a message: forms, rules, actions, answers, the store. How well each of
them understands is another question, and measured elsewhere (docs/benchmarks.md). So this model, and no other, is
trained on the scripts' own messages too, labelled with what the embedded engine reads in them. It must never be used
for a figure of accuracy, nor shipped.

Beside that it is smaller than what config.yml trains, in the same components: of nlu/data it sees the first examples of
every intent only, and DIET has one transformer layer and fewer epochs.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.rasa.process import ENVIRONMENT
from bot.settings import PROJECT
from nlu.data_files.loading import load_training_data
from nlu.parse import FALLBACK_INTENT, Engine, ParseResult
from nlu.segments import split_requests
from nlu.values.reading import Reading
from tests.assistants import NOW
from tests.bot.dialogue_scripts import load_scripts

LIGHTER = {"epochs": 30, "number_of_transformer_layers": 1, "transformer_size": 128, "batch_size": [64, 64]}
"""What DIET has here instead of config.yml's settings."""

EXAMPLES = 8
"""So many examples of each intent of nlu/data; training on all takes half an hour of CI's two cores."""

REPETITIONS = 2
"""How often each message of a script stands in the training data: few epochs must do."""

LONGEST = 300
"""Characters of the longest message to train on. DIET pads a batch to its longest message and pays for the square of
that: one message of 20,000 characters in the data has taken 20 GB of memory."""


def train_conformance_model(home: Path, engine: Engine) -> Path:
    """A model in ``home``, trained again only when data, domain or configuration changed."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config.yml"
    config.write_text(yaml.safe_dump(light_config(), sort_keys=False), encoding="utf-8")
    data = home / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    (data / "rules.yml").write_text(yaml.safe_dump({"version": "3.1", "rules": all_rules()}), encoding="utf-8")
    examples = [*first_examples(), *list(script_examples(engine)) * REPETITIONS]
    nlu = {"rasa_nlu_data": {"common_examples": examples}}
    (data / "nlu.json").write_text(json.dumps(nlu, ensure_ascii=False, indent=1), encoding="utf-8")
    files = [config, PROJECT / "domain.yml", *sorted(path for path in data.rglob("*") if path.is_file())]
    fingerprint = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    model, stamp = home / "model.tar.gz", home / "trained-on"
    if model.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return model
    arguments = ["train", "--skip-validation", "--data", str(data), "--config", str(config)]
    arguments += ["--domain", str(PROJECT / "domain.yml"), "--out", str(home), "--fixed-model-name", "model"]
    run_rasa(arguments, home)
    stamp.write_text(fingerprint)
    return model


def run_rasa(arguments: Iterable[str], directory: Path) -> str:
    """Run Rasa's command line in ``directory`` and return what it printed; raises AssertionError when it fails."""
    command = [str(PROJECT / ".venv-rasa" / "bin" / "rasa"), *arguments]
    done = subprocess.run(
        command, cwd=directory, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def all_rules(folder: Path = PROJECT / "nlu" / "data") -> list[dict[str, Any]]:
    """The rules of all training files; some stand beside the examples of their area."""
    files = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.yml")))
    return [rule for file in files for rule in file.get("rules", ())]


def light_config() -> dict[str, Any]:
    """config.yml with a smaller DIET."""
    config: dict[str, Any] = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))
    del config["rapport"]
    for component in config["pipeline"]:
        if component["name"] == "DIETClassifier":
            component.update(LIGHTER)
    return config


def first_examples() -> Iterator[dict[str, Any]]:
    """A few examples of every intent."""
    taken: Counter[str] = Counter()
    for example in load_training_data(PROJECT / "nlu" / "data").examples:
        if example.intent is None or len(example.text) > LONGEST or taken[example.intent] == EXAMPLES:
            continue
        taken[example.intent] += 1
        spans = [(s.entity, s.start, s.end, s.role) for s in example.entities]
        yield _example(example.text, example.intent, spans)


def _example(text: str, intent: str, spans: Iterable[tuple[str, int, int, str | None]]) -> dict[str, Any]:
    """An example in Rasa's JSON format, which unlike the YAML one takes any text."""
    entities = [
        {"start": start, "end": end, "value": text[start:end], "entity": entity} | ({"role": role} if role else {})
        for entity, start, end, role in spans
    ]
    return {"text": text, "intent": intent, "entities": entities}


def script_examples(engine: Engine) -> Iterator[dict[str, Any]]:
    """Everything said in a dialogue script, and the parts it is taken apart into, as the embedded engine reads it."""
    reading = Reading(now=NOW, zone=ZoneInfo("America/New_York"))
    seen: set[str] = set()
    for text in (line.say for script in load_scripts() for line in script.lines if line.say and line.say.strip()):
        for part in (text, *split_requests(text, lambda said: engine.parse(said, reading=reading))):
            part = part.strip()
            if part in seen or len(part) > LONGEST:
                continue
            seen.add(part)
            parse = engine.parse(part, reading=reading)
            intent = parse.intent.name
            # There are no examples of what is not understood but those of what is out of scope.
            label = "out_of_scope" if intent == FALLBACK_INTENT else intent
            yield _example(part, label, [(e.entity, e.start, e.end, e.role) for e in parse.entities])


@dataclass(slots=True)
class ReadAlong:
    """The embedded engine's reading, with Rasa reading along: ``same`` of ``messages`` have one intent for both.

    Two models that both understand differ in how sure they are and in the words they mark, and this one has seen a few
    hundred messages only. What the dialogue scripts compare is what follows from a reading; how far Rasa's own agrees
    is counted, and judged by itself.
    """

    rasa: Engine
    embedded: Engine
    messages: int = 0
    same: int = 0

    def parse(self, text: str, *, reading: Reading) -> ParseResult:
        """Read ``text`` with both."""
        found, ours = self.rasa.parse(text, reading=reading), self.embedded.parse(text, reading=reading)
        both = {found.intent.name, ours.intent.name}
        self.messages += 1
        self.same += len(both) == 1 or both <= {FALLBACK_INTENT, "out_of_scope"}
        return ours

    def learn_names(self, names: Mapping[str, Mapping[str, str]]) -> None:
        """Add names to both."""
        self.rasa.learn_names(names)
        self.embedded.learn_names(names)

    def forget_names(self, names: Mapping[str, frozenset[str]]) -> None:
        """Remove names from both."""
        self.rasa.forget_names(names)
        self.embedded.forget_names(names)
