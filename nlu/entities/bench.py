"""The entity tagger as the benchmarks of ``nlu.bench`` train and ask it, on anybody's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nlu.bench import FitSpans, Span, SpanModel
from nlu.encoder import Encoder
from nlu.entities.hints import Hint
from nlu.entities.tagger import EntityTagger
from nlu.trained_model import read_values
from nlu.training_data import TrainingExample
from nlu.values.reading import Reading

_READING = Reading(now=datetime(2026, 1, 1, tzinfo=UTC), zone=ZoneInfo("UTC"), locale="en_US")
"""Only where values stand matters here, not which moments they mean."""


@dataclass(frozen=True, slots=True)
class TaggedSpans:
    """A trained tagger as a SpanModel; roles are not part of the figures."""

    tagger: EntityTagger

    def predict(self, text: str, requested: Sequence[str] = ()) -> Sequence[Span]:
        """Return the entities of ``text`` in order, none overlapping."""
        tagged = self.tagger.tag(text, hints=_hints(text, requested))
        return [(span.start, span.end, span.entity) for span in tagged]


def _hints(text: str, requested: Sequence[str]) -> list[Hint]:
    """Return the values in ``text``, as the assistant's own tagger is told them, and what was asked for.

    The latter holds for all of the text: an "8" is a time or a number of people.
    """
    asked = [Hint(f"asked:{entity}", 0, len(text)) for entity in requested]
    return asked + [Hint(f"value:{value.kind}", value.start, value.end) for value in read_values(text, _READING)]


def fit_spans(encoder: Encoder | None) -> FitSpans:
    """Return what trains the tagger in its one configuration; ``encoder`` makes it better."""

    def fit(examples: Sequence[TrainingExample]) -> SpanModel:
        hints = [_hints(example.text, example.requested) for example in examples]
        return TaggedSpans(EntityTagger.fit(examples, encoder=encoder, hints=hints))

    return fit
