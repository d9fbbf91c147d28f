"""The learned part of entity recognition: a tagger trained on annotated messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.encoder import Encoder
from nlu.entities.bio import decode, entity_and_role
from nlu.entities.crf import CrfSettings, Features, LinearChainCrf
from nlu.entities.features import spelling_features
from nlu.entities.hints import Hint, hint_features
from nlu.entities.tokens import Token, tokenize
from nlu.entities.topics import TopicModel, topic_features
from nlu.entities.word_classes import WordClasses
from nlu.training_data import TrainingExample

Hinter = Callable[[str], Sequence[Hint]]
"""Finds hints in a text; the same one serves training and tagging."""

SURELY_OUTSIDE = 0.9
"""From this probability on a word is ruled out to belong to an entity."""

_WEIGHTS, _CLASSES, _TOPICS = "tagger.crfsuite", "word_classes.npz", "topics.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedSpan:
    """An entity the tagger sees at characters ``start`` to ``end`` (exclusive).

    ``confidence`` in [0, 1] is the lowest probability among the span's tokens.
    """

    entity: str
    start: int
    end: int
    role: str | None = None
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """What the tagger makes of a message: its ``spans``, in order, none overlapping.

    ``ruled_out`` holds the places (start, end) of the words it is sure belong to no entity.
    """

    spans: tuple[TaggedSpan, ...] = ()
    ruled_out: frozenset[tuple[int, int]] = frozenset()


class EntityTagger:
    """Marks entities in messages the way the examples it was trained on mark them. Safe for concurrent use."""

    def __init__(
        self,
        model: LinearChainCrf,
        *,
        word_classes: WordClasses | None = None,
        topics: TopicModel | None = None,
        hinter: Hinter | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self._model = model
        self._encoder = encoder
        self._encode = encoder.encode if encoder else None
        self._word_classes = word_classes
        self._topics = topics
        self._hinter = hinter

    @classmethod
    def fit(
        cls,
        examples: Sequence[TrainingExample],
        *,
        encoder: Encoder | None = None,
        hinter: Hinter | None = None,
        hints: Sequence[Sequence[Hint]] | None = None,
        groups: Sequence[int] | None = None,
        settings: CrfSettings | None = None,
    ) -> EntityTagger:
        """Train on ``examples``, whatever their intents and entities are called.

        With ``encoder`` words and messages of similar meaning are treated alike. ``hinter`` finds hints in the examples
        and later in every message; ``hints`` (one sequence per example) gives those of the training instead. Examples
        of one of the ``groups`` (a number per example) are variants of each other, so that one is no fair test of what
        was learned from another.
        """
        # scikit-learn takes a second to import; who only tags does without.
        from nlu.entities.tagger_training import TaggerLessons  # noqa: PLC0415

        lessons = TaggerLessons.prepare(
            examples, encoder=encoder, topic_encoder=encoder, hinter=hinter, hints=hints, groups=groups
        )
        return lessons.learned(settings or CrfSettings())

    def with_model(self, model: LinearChainCrf) -> EntityTagger:
        """Return this tagger with another CRF, trained on ``features`` of this one."""
        return EntityTagger(
            model,
            word_classes=self._word_classes,
            topics=self._topics,
            hinter=self._hinter,
            encoder=self._encoder,
        )

    def tag(
        self, text: str, *, hints: Sequence[Hint] | None = None, topic: str | None = None
    ) -> tuple[TaggedSpan, ...]:
        """Return the entities in ``text``, in order, none overlapping.

        ``hints`` and ``topic`` (an intent of the training examples, "" for none of them) spare finding them again.
        """
        return self.read(text, hints=hints, topic=topic).spans

    def read(self, text: str, *, hints: Sequence[Hint] | None = None, topic: str | None = None) -> Tagging:
        """Return the entities in ``text`` as ``tag`` does, and the words that certainly are none."""
        tokens = tokenize(text)
        if hints is None:
            hints = self._hinter(text) if self._hinter else ()
        return self.read_features(tokens, self.features(tokens, hints, self.topic_of(text) if topic is None else topic))

    def topic_of(self, text: str) -> str | None:
        """Return the tagger's own guess at the topic of ``text``, None when topics play no part."""
        return None if self._topics is None else self._topics.topic(text, self._encode)

    def read_features(self, tokens: Sequence[Token], features: Features) -> Tagging:
        """Return what ``read`` does of a message with these ``tokens``, from its ``features``."""
        labelling = self._model.label(features)
        spans = []
        for span in decode(labelling.labels):
            entity, role = entity_and_role(span.label)
            confidence = min(labelling.confidences[span.first : span.last + 1])
            start, end = tokens[span.first].start, tokens[span.last].end
            spans.append(TaggedSpan(entity=entity, start=start, end=end, role=role, confidence=confidence))
        ruled_out = frozenset(
            (token.start, token.end)
            for token, probability in zip(tokens, labelling.outside, strict=True)
            if probability >= SURELY_OUTSIDE
        )
        return Tagging(spans=tuple(spans), ruled_out=ruled_out)

    def save(self, directory: Path) -> None:
        """Write the model into ``directory``, which is made if missing. The hinter is not stored."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / _WEIGHTS).write_bytes(self._model.weights)
        if self._word_classes is not None:
            self._word_classes.save(directory / _CLASSES)
        if self._topics is not None:
            self._topics.save(directory / _TOPICS)

    @classmethod
    def load(cls, directory: Path, *, hinter: Hinter | None = None, encoder: Encoder | None = None) -> EntityTagger:
        """Read what ``save`` wrote; pass the hinter and the encoder the model was trained with."""
        classes, topics = directory / _CLASSES, directory / _TOPICS
        return cls(
            LinearChainCrf((directory / _WEIGHTS).read_bytes()),
            word_classes=WordClasses.load(classes) if classes.exists() else None,
            topics=TopicModel.load(topics) if topics.exists() else None,
            hinter=hinter,
            encoder=encoder,
        )

    def features(self, tokens: Sequence[Token], hints: Sequence[Hint], topic: str | None) -> list[list[str]]:
        """Return the features of each of ``tokens`` that the CRF sees."""
        if self._topics is None:
            topic = None
        columns = [spelling_features(tokens), hint_features(tokens, hints), topic_features(tokens, topic)]
        if self._word_classes is not None:
            columns.append(self._word_classes.features(tokens))
        return [[name for column in columns for name in column[at]] for at in range(len(tokens))]
