"""What the assistant's entity tagger learns from, and the messages masked as that tagger would have masked them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from nlu.encoder import Encoder
from nlu.entities.augmentation import AugmentationSettings, augment, names_in, simulated_name_hints
from nlu.entities.candidates import Candidates, ValueSpan
from nlu.entities.documents import find_document_numbers
from nlu.entities.hints import Hint
from nlu.entities.kinds import NAMES, VALUES
from nlu.entities.merge import merge
from nlu.entities.pipeline import hints_of
from nlu.entities.tagger_training import TaggerLessons
from nlu.entities.topic_training import learn_topics
from nlu.gazetteer import NameHit
from nlu.intents.lexical import normal_form
from nlu.intents.masking import masked
from nlu.trained_model import read_values
from nlu.training_data import TrainingExample
from nlu.values.reading import Reading

_NAME_HINT = "name:"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityLessons:
    """``lessons`` are made of the ``examples`` and, after them, their variants; ``candidates`` go with the examples."""

    examples: Sequence[TrainingExample]
    candidates: Sequence[Candidates]
    lessons: TaggerLessons

    @classmethod
    def prepare(
        cls,
        examples: Sequence[TrainingExample],
        *,
        augmentation: AugmentationSettings,
        locale: str,
        encoder: Encoder | None,
        now: datetime,
    ) -> EntityLessons:
        """Vary ``examples``, and add hints as the entity pipeline gives them."""
        varied = augment(examples, augmentation)
        random = Random(augmentation.seed)
        known_names = names_in(examples, NAMES)
        reading = Reading(now=now, zone=ZoneInfo("UTC"), locale=locale)
        aligned, hints, proposed = [], [], []
        origins = [origin for _, origin in varied]
        texts, intents = [each.text for each, _ in varied], [each.intent for each, _ in varied]
        with ThreadPoolExecutor(1) as beside:
            learning = beside.submit(learn_topics, texts, intents, encoder=None, groups=origins)
            for example, _ in varied:
                values = tuple(read_values(example.text, reading))
                candidates = Candidates(values=values, documents=find_document_numbers(example.text))
                names = simulated_name_hints(example, NAMES, known_names, random)
                aligned.append(aligned_with_values(example, values))
                hints.append([*hints_of(candidates), *names])
                candidates.names = _as_hits(names, example)
                proposed.append(candidates)
            learned = learning.result()
        lessons = TaggerLessons.prepare(aligned, encoder=encoder, hints=hints, groups=origins, topics_learned=learned)
        return cls(examples=examples, candidates=proposed[: len(examples)], lessons=lessons)

    def masked_texts(self) -> list[str]:
        """Return the examples masked by taggers that did not see them.

        Intents must be learned from messages masked as well, or as badly, as those to come.
        """
        names = [normal_form(example.text) for example in self.examples]
        taggings = self.lessons.out_of_fold(names, first=len(self.examples))
        texts = []
        for example, candidates, tagging in zip(self.examples, self.candidates, taggings, strict=True):
            candidates.tagging = tagging
            texts.append(masked(example.text, merge(example.text, candidates, resolve=_unknown, synonyms={})))
        return texts


def _as_hits(hints: Sequence[Hint], example: TrainingExample) -> tuple[NameHit, ...]:
    """Return simulated hints as the gazetteer's: what is marked as a name is certain, other words could be ordinary."""
    marked = {(span.start, span.end) for span in example.entities}
    return tuple(
        NameHit(hint.what.removeprefix(_NAME_HINT), hint.start, hint.end, None, (hint.start, hint.end) in marked)
        for hint in hints
    )


def _unknown(_kind: str, _name: str) -> None:
    """Resolve no name: which record is meant makes no difference to a mask."""


def aligned_with_values(example: TrainingExample, values: Sequence[ValueSpan]) -> TrainingExample:
    """Return ``example`` with marks widened to the values they are part of ("since Friday" marked at "Friday").

    In the end an entity that is a value gets the value's boundaries; the tagger should not learn others.
    """
    spans = []
    for span in example.entities:
        around = [
            value
            for value in values
            if VALUES.get(value.kind) == span.entity and value.start <= span.start and value.end >= span.end
        ]
        spans.append(replace(span, start=around[0].start, end=around[0].end) if around else span)
    if any(one.end > other.start for one, other in pairwise(spans)):
        return example
    return replace(example, entities=tuple(spans))
