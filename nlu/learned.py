"""Examples learned from use: masked messages with a label, turned into training examples, and the file they live in.

The file is a Rasa NLU file beside those of nlu/data. Its examples teach what messages mean; where entities begin and
end is learned from nlu/data only, because nobody has marked, say, where a note begins in a message from the queue.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from nlu.data_files.annotated_text import read_annotated_text
from nlu.data_files.loading import load_training_data
from nlu.data_files.report import normal_text
from nlu.entities.invented_names import invent_company, invent_first_name, invent_person, invent_word
from nlu.entities.kinds import VALUES
from nlu.training_data import TrainingExample
from nlu.values.finding import find_values
from nlu.values.reading import Reading

_PLACEHOLDER = re.compile(
    r"<(account|contact|person|deal|email|phone|order_number|invoice_number|ticket_number|number|link|name)>"
)
_UNANNOTATED = frozenset({"number", "link", "name"})
_HEADER = '# What was learned from use; written by "rapport review". See docs/learning.md.\nversion: "3.1"\n\nnlu:\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledMessage:
    """A message as it was kept ("move <account> to May") and what it means; "out_of_scope" for nothing we do."""

    text: str
    intent: str


def learned_examples(path: Path) -> tuple[TrainingExample, ...]:
    """The examples of the file, none when there is no file; raises TrainingDataError."""
    return load_training_data(path).examples if path.exists() else ()


def as_annotated(message: LabelledMessage, *, now: datetime) -> str:
    """The message as a line of a Rasa NLU file: invented names for placeholders, names and values annotated.

    The same message always gets the same names. Amounts and dates are found as said at ``now``.
    """
    random = Random(zlib.crc32(message.text.encode("utf-8", "replace")))
    reading = Reading(now=now, zone=ZoneInfo("UTC"), locale="en_US")
    pieces: list[str] = []
    reached = 0
    for match in _PLACEHOLDER.finditer(message.text):
        pieces.append(_with_values(message.text[reached : match.start()], reading))
        pieces.append(_invented(match[1], random))
        reached = match.end()
    pieces.append(_with_values(message.text[reached:], reading))
    return " ".join("".join(pieces).split())


def _with_values(text: str, reading: Reading) -> str:
    # Rasa's format has no way to write a bracket that is only a bracket.
    plain = "".join(each if each.isprintable() else " " for each in text).replace("[", "(").replace("]", ")")
    pieces = []
    reached = 0
    for value in find_values(plain, reading):
        entity = VALUES.get(value.kind)
        if entity is not None:
            pieces += [plain[reached : value.start], f"[{value.text}]({entity})"]
            reached = value.end
    return "".join([*pieces, plain[reached:]])


def _invented(kind: str, random: Random) -> str:
    match kind:
        case "account":
            text = invent_company(random)
        case "contact":
            text = invent_person(random)
        case "person":
            text = invent_first_name(random)
        case "deal":
            text = f"{invent_word(random)} {random.choice(('rollout', 'renewal', 'upgrade', 'pilot'))}"
        case "email":
            text = f"{invent_first_name(random).lower()}@example.com"
        case "phone":
            text = f"+1 202 555 01{random.randrange(100):02}"
        case "order_number" | "invoice_number" | "ticket_number":
            prefix = {"order_number": "ORD-1", "invoice_number": "INV-", "ticket_number": "T-"}[kind]
            text = f"{prefix}{random.randrange(1000, 9999)}"
        case "number":
            text = str(random.randrange(10**9, 10**10))
        case "link":
            text = "https://example.com"
        case _:
            # What was masked only for looking like a name may be a person, a company or a place.
            text = "someone"
    return text if kind in _UNANNOTATED else f"[{text}]({kind})"


def add_to_file(path: Path, messages: Sequence[LabelledMessage], *, now: datetime) -> int:
    """Append ``messages`` that are not there yet to the file, made when missing; how many were added.

    What is in the file stays as it is, byte for byte; a reader sees the old file or the new one. Raises
    TrainingDataError, and leaves the file alone, when it is not a training file.
    """
    known = {(normal_text(example.text), example.intent) for example in learned_examples(path)}
    by_intent: dict[str, list[str]] = {}
    for message in messages:
        line = as_annotated(message, now=now)
        plain = normal_text(read_annotated_text(line).text)
        if plain and (plain, message.intent) not in known:
            known.add((plain, message.intent))
            by_intent.setdefault(message.intent, []).append(line)
    if not by_intent:
        return 0
    before = path.read_text(encoding="utf-8") if path.exists() else _HEADER
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.stem}-{os.getpid()}.yml")
    try:
        fresh.write_text(before.rstrip("\n") + "\n" + "".join(_blocks(by_intent, now)), encoding="utf-8")
        load_training_data(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return sum(map(len, by_intent.values()))


def _blocks(by_intent: dict[str, list[str]], now: datetime) -> Iterable[str]:
    for intent, lines in sorted(by_intent.items()):
        yield f"\n  # {now:%Y-%m-%d}\n  - intent: {intent}\n    examples: |\n"
        yield from (f"      - {line}\n" for line in lines)


def as_examples(messages: Sequence[LabelledMessage], *, now: datetime) -> tuple[TrainingExample, ...]:
    """The messages as the examples they would be read back as from the file."""
    examples = []
    for message in messages:
        annotated = read_annotated_text(as_annotated(message, now=now))
        examples.append(TrainingExample(text=annotated.text, intent=message.intent, entities=tuple(annotated.spans)))
    return tuple(examples)
