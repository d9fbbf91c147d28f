"""The entity tagger as the benchmarks of ``nlu.bench`` train and ask it, on anybody's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.bench import FitSpans, Span, SpanModel
from nlu.encoder import Encoder
from nlu.entities.tagger import EntityTagger
from nlu.training_data import TrainingExample


@dataclass(frozen=True, slots=True)
class TaggedSpans:
    """A trained tagger as a SpanModel; roles are not part of the figures."""

    tagger: EntityTagger

    def predict(self, text: str) -> Sequence[Span]:
        """Return the entities of ``text`` in order, none overlapping."""
        return [(span.start, span.end, span.entity) for span in self.tagger.tag(text)]


def fit_spans(encoder: Encoder | None) -> FitSpans:
    """Return what trains the tagger in its one configuration; ``encoder`` makes it better."""

    def fit(examples: Sequence[TrainingExample]) -> SpanModel:
        return TaggedSpans(EntityTagger.fit(examples, encoder=encoder))

    return fit
