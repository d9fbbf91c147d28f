"""Reading and running the dialogue scripts of tests/dialogues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from crm_store.models import RECORDS
from crm_store.store import Store
from tests.assistants import NOW, Heard, Rig, Speaker

SCRIPTS = Path(__file__).resolve().parent.parent / "dialogues"
_NAMED = frozenset({"account", "owner", "stage", "assignee", "contact", "deal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One step: something said or pressed and what must come back, or time passing."""

    speaker: str
    say: str | None = None
    press: str | None = None
    wait: dict[str, float] = field(default_factory=dict)
    expect: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    action: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One conversation and what must be on record after it."""

    name: str
    lines: tuple[Line, ...]
    store: tuple[dict[str, Any], ...]


def load_scripts(directory: Path = SCRIPTS) -> Iterator[Script]:
    """All scripts below a directory, in order."""
    for path in sorted(directory.glob("*.yml")):
        for spec in yaml.safe_load(path.read_text(encoding="utf-8")) or ():
            speaker = spec["as"]
            lines = []
            for step in spec["talk"]:
                unknown = set(step) - {"as", "say", "press", "wait", "expect", "never", "buttons", "action", "error"}
                assert not unknown, f"{path.name}: {spec['name']}: unknown keys {unknown}"
                lines.append(
                    Line(
                        speaker=step.get("as", speaker),
                        say=step.get("say"),
                        press=step.get("press"),
                        wait=step.get("wait", {}),
                        expect=tuple(str(text) for text in step.get("expect", ())),
                        never=tuple(str(text) for text in step.get("never", ())),
                        buttons=tuple(step.get("buttons", ())),
                        action=step.get("action"),
                        error=step.get("error"),
                    )
                )
            yield Script(name=f"{path.stem}: {spec['name']}", lines=tuple(lines), store=tuple(spec.get("store", ())))


def run_script(script: Script, rig: Rig) -> None:
    """Hold the conversation; raises AssertionError with the whole talk so far where it goes wrong."""
    speakers: dict[str, Speaker] = {}
    heard: dict[str, Heard] = {}
    log: list[str] = []
    for line in script.lines:
        if line.wait:
            rig.clock.advance(**line.wait)
            continue
        speaker = speakers.setdefault(line.speaker, rig.speaker(line.speaker))
        if line.press is not None:
            answer = speaker.press(heard[line.speaker].token(line.press))
        else:
            answer = speaker.say(line.say or "")
        heard[line.speaker] = answer
        log.append(f"{line.speaker}> {line.say or f'[{line.press}]'}\n{answer.text}\n{answer.labels}")
        told = "\n".join(log) + f"\n({answer.json['trace']})"
        for text in line.expect:
            assert text.casefold() in answer.text.casefold(), f"expected {text!r} in:\n{told}"
        for text in line.never:
            assert text.casefold() not in answer.text.casefold(), f"did not expect {text!r} in:\n{told}"
        for label in line.buttons:
            assert label in answer.labels, f"expected the button {label!r} in:\n{told}"
        if line.action is not None:
            assert answer.action == line.action, f"expected {line.action}, ran {answer.action}:\n{told}"
        if line.error is not None:
            assert answer.error == line.error, f"expected the error {line.error}, got {answer.error}:\n{told}"
    for expectation in script.store:
        _check_store(rig.assistant.store, expectation, "\n".join(log))


def _check_store(store: Store, expectation: dict[str, Any], told: str) -> None:
    count = expectation.get("count", 1)
    (kind, values), *_ = [(key, value) for key, value in expectation.items() if key != "count"]
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        records = [record for record in uow.session.scalars(select(RECORDS[kind])) if _fits(record, values)]
        assert len(records) == count, f"expected {count} {kind} with {values}, found {len(records)}:\n{told}"


def _fits(record: Any, values: dict[str, Any]) -> bool:
    return all(_comparable(record, name) == _wanted(value) for name, value in values.items())


def _comparable(record: Any, name: str) -> object:
    value = getattr(record, name)
    if name in _NAMED and value is not None and not isinstance(value, str):
        value = value.name
    return _wanted(value)


def _wanted(value: Any) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
