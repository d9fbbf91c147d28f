"""Reading Rasa 3.1 NLU files: intents, synonyms, lookup tables and regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from nlu.data_files.annotated_text import AnnotationError, read_annotated_text
from nlu.training_data import TrainingDataError, TrainingExample, checked_spans

_NLU_KEY = re.compile(r"^nlu\s*:", re.MULTILINE)
_KINDS = ("intent", "synonym", "lookup", "regex")


def is_nlu_file(path: Path) -> bool:
    """Say whether Rasa would read ``path`` as NLU data: a YAML file with a top-level ``nlu:`` key."""
    return path.suffix in {".yml", ".yaml"} and bool(_NLU_KEY.search(path.read_text(encoding="utf-8")))


@dataclass(slots=True)
class NluFile:
    """What one or more NLU files hold; ``read`` adds a file to it."""

    examples: list[TrainingExample] = field(default_factory=list)
    synonyms: dict[str, str] = field(default_factory=dict)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    regexes: dict[str, list[str]] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Add the contents of ``path``. Raises TrainingDataError with the line at the first thing not understood."""
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as err:
            line = err.problem_mark.line + 1 if err.problem_mark else None
            raise TrainingDataError(path=str(path), line=line, problem=f"not YAML: {err.problem}") from err
        section = _mapping(root, path).get("nlu")
        if isinstance(section, yaml.SequenceNode):
            for item in section.value:
                self._read_item(item, path)
        elif section is not None and section.value != "":
            raise _error(path, section, "nlu: must hold a list")

    def _read_item(self, node: yaml.Node, path: Path) -> None:
        item = _mapping(node, path)
        kinds = [kind for kind in _KINDS if kind in item]
        if len(kinds) != 1:
            raise _error(path, node, f"expected one of {', '.join(_KINDS)}, found {', '.join(item) or 'nothing'}")
        kind = kinds[0]
        name = item[kind].value
        if not isinstance(name, str) or not name.strip():
            raise _error(path, node, f"{kind} without a name")
        if "examples" not in item:
            raise _error(path, node, f"{kind} {name!r} has no examples")
        for line, text in _lines(item["examples"], path, f"{kind} {name!r}"):
            if kind == "intent":
                self._add_example(name, text, path, line)
            elif kind == "synonym":
                self.synonyms[text] = name
            elif kind == "lookup":
                self.lookups.setdefault(name, []).append(text)
            else:
                self.regexes.setdefault(name, []).append(_pattern(text, path, line))

    def _add_example(self, intent: str, marked: str, path: Path, line: int) -> None:
        try:
            annotated = read_annotated_text(marked)
        except AnnotationError as err:
            raise TrainingDataError(path=str(path), line=line, problem=f"intent {intent!r}: {err}") from err
        spans = checked_spans(annotated.text, annotated.spans, path=str(path), line=line)
        for span in spans:
            if span.value is not None:
                self.synonyms[annotated.text[span.start : span.end]] = span.value
        self.examples.append(
            TrainingExample(text=annotated.text, intent=intent, entities=spans, source=f"{path}:{line}")
        )


def _lines(node: yaml.Node, path: Path, owner: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, text) of the examples: a block of "- " lines, or a list of texts or {text: ...} items."""
    first = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            text = _mapping(item, path).get("text") if isinstance(item, yaml.MappingNode) else item
            if not isinstance(text, yaml.ScalarNode):
                raise _error(path, item, f"{owner}: an example without text")
            yield item.start_mark.line + 1, text.value.strip().removeprefix("- ").strip()
        return
    if not isinstance(node, yaml.ScalarNode):
        raise _error(path, node, f"{owner}: examples must be a block of lines or a list")
    # The text of a literal block starts on the line below its "|".
    offset = 1 if node.style in {"|", ">"} else 0
    for number, line in enumerate(node.value.splitlines(), start=first + offset):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not text.startswith("-"):
            problem = f"{owner}: expected a line that starts with '- ', found {text[:40]!r}"
            raise TrainingDataError(path=str(path), line=number, problem=problem)
        if text[1:].strip():
            yield number, text[1:].strip()


def _pattern(text: str, path: Path, line: int) -> str:
    try:
        re.compile(text)
    except re.error as err:
        raise TrainingDataError(path=str(path), line=line, problem=f"not a regular expression: {err}") from err
    return text


def _mapping(node: yaml.Node | None, path: Path) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _error(path, node, "expected a mapping of keys")
    return {str(key.value): value for key, value in node.value}


def _error(path: Path, node: yaml.Node | None, problem: str) -> TrainingDataError:
    return TrainingDataError(path=str(path), line=node.start_mark.line + 1 if node else None, problem=problem)
