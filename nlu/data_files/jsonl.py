"""Reading messages from JSON lines: {"text", "intent" or "label", "entities": [{"entity", "start", "end"}]}.

"requested", where data have it, lists the entities the person had just been asked for.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from pathlib import Path

from nlu.training_data import AnnotatedSpan, TrainingDataError, TrainingExample, checked_spans


def read_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield (line number from 1, object) of a JSON-lines file; any line ends, a byte order mark, blank lines are fine.

    Raises TrainingDataError for anything but objects in UTF-8.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if (row := _row(line.removeprefix(BOM_UTF8), path, number)) is not None:
                    yield number, row
    except OSError as err:
        raise TrainingDataError(path=str(path), line=None, problem=err.strerror or "cannot be read") from err


def _row(line: bytes, path: Path, number: int) -> Mapping[str, object] | None:
    """Return the object of one line, None for a blank one."""
    try:
        text = line.decode("utf-8")
        row = json.loads(text) if text.strip() else {}
    except UnicodeDecodeError as err:
        raise TrainingDataError(path=str(path), line=number, problem="not UTF-8 text") from err
    except (json.JSONDecodeError, RecursionError) as err:
        problem = err.msg if isinstance(err, json.JSONDecodeError) else "nested too deeply"
        raise TrainingDataError(path=str(path), line=number, problem=f"not JSON: {problem}") from err
    if not isinstance(row, dict):
        raise TrainingDataError(path=str(path), line=number, problem="expected a JSON object")
    return row if text.strip() else None


def read_text_field(row: Mapping[str, object], name: str, *, path: Path, line: int) -> str:
    """Return the text under ``name``; raise TrainingDataError when there is none."""
    value = row.get(name)
    if not isinstance(value, str):
        raise TrainingDataError(path=str(path), line=line, problem=f"no text under {name!r}")
    return value


def read_examples(path: Path) -> list[TrainingExample]:
    """Read the messages of ``path``; one whose intent (or label) is null, empty or missing is out of scope."""
    return [_example(row, path, line) for line, row in read_rows(path)]


def _example(row: Mapping[str, object], path: Path, line: int) -> TrainingExample:
    text = read_text_field(row, "text", path=path, line=line)
    intent = row["intent"] if "intent" in row else row.get("label")
    if isinstance(intent, int) and not isinstance(intent, bool):
        intent = str(intent)  # many published sets number their labels
    if intent is not None and not isinstance(intent, str):
        raise TrainingDataError(path=str(path), line=line, problem=f"intent {intent!r} is not a name")
    intent = intent.strip() or None if intent is not None else None
    marks = row.get("entities") or []
    if not isinstance(marks, list):
        raise TrainingDataError(path=str(path), line=line, problem="entities must be a list")
    spans = tuple(_span(mark, path, line) for mark in marks)
    return TrainingExample(
        text=text,
        intent=intent,
        entities=checked_spans(text, spans, path=str(path), line=line, may_overlap=True),
        requested=_names(row.get("requested"), path, line),
        source=f"{path}:{line}",
    )


def _names(value: object, path: Path, line: int) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TrainingDataError(path=str(path), line=line, problem="requested must be a list of names")
    return tuple(value)


def _span(mark: object, path: Path, line: int) -> AnnotatedSpan:
    match mark:
        case {"entity": str(entity), "start": int(start), "end": int(end)}:
            role, group, value = (_optional(mark, name) for name in ("role", "group", "value"))
            return AnnotatedSpan(entity=entity, start=start, end=end, role=role, group=group, value=value)
        case _:
            problem = f"an entity needs entity, start and end, found {mark!r}"
            raise TrainingDataError(path=str(path), line=line, problem=problem)


def _optional(mark: object, name: str) -> str | None:
    value = mark.get(name) if isinstance(mark, dict) else None
    return None if value is None else str(value)
