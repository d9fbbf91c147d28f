"""What the models learn from: annotated messages, and the name lists that come with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedSpan:
    """An entity somebody marked in an example: characters ``start`` to ``end`` (exclusive) of the text.

    ``value`` is the canonical value the annotator gave ("NYC" marked as "New York"), None when it is the span itself.
    """

    entity: str
    start: int
    end: int
    role: str | None = None
    group: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingExample:
    """One annotated message. ``intent`` is None for a message the assistant should not try to understand.

    Spans lie inside the text, are in reading order and do not overlap (the loaders refuse anything else). Only those of
    JSON lines may overlap, as in published sets: all count as the truth, the first is learned.
    ``requested`` names the entities the person had just been asked for, where the data tell.
    ``source`` says where the example was read ("data/nlu.yml:12"); it takes no part in comparisons.
    """

    text: str
    intent: str | None
    entities: tuple[AnnotatedSpan, ...] = ()
    requested: tuple[str, ...] = ()
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """Everything read from a set of training files.

    ``synonyms`` maps what people write to the canonical value; ``lookups`` (names) and ``regexes`` (patterns) are by
    entity or feature name, in the order of the files.
    """

    examples: tuple[TrainingExample, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    lookups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    regexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def intents(self) -> tuple[str, ...]:
        """The names of all intents, sorted."""
        return tuple(sorted({example.intent for example in self.examples if example.intent is not None}))


class NluError(Exception):
    """Base of every error the nlu package raises on purpose."""


class TrainingDataError(NluError):
    """A training file that can not be read as meant: ``path``, ``line`` (from 1, None if unknown) and ``problem``."""

    def __init__(self, *, path: str, line: int | None, problem: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        place = path if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {problem}")


def checked_spans(
    text: str, spans: tuple[AnnotatedSpan, ...], *, path: str, line: int | None, may_overlap: bool = False
) -> tuple[AnnotatedSpan, ...]:
    """Return ``spans`` in reading order; raise TrainingDataError when one lies outside ``text`` or overlaps another."""
    ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
    reached = 0
    for span in ordered:
        if not 0 <= span.start < span.end <= len(text):
            problem = f"entity {span.entity!r} at {span.start}-{span.end} is empty or outside the text {text!r}"
            raise TrainingDataError(path=path, line=line, problem=problem)
        if span.start < reached and not may_overlap:
            problem = f"entity {span.entity!r} at {span.start}-{span.end} overlaps the one before it in {text!r}"
            raise TrainingDataError(path=path, line=line, problem=problem)
        reached = span.end
    return ordered
