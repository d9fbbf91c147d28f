"""Training the tagger, and what it would have said about each training example had it not seen it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.encoder import Encoder
from nlu.entities.bio import encode, without_needless_beginnings
from nlu.entities.crf import CrfSettings, Features, LinearChainCrf
from nlu.entities.hints import Hint
from nlu.entities.tagger import EntityTagger, Hinter, Tagging
from nlu.entities.tokens import Token, tokenize
from nlu.entities.topic_training import TopicsLearned, learn_topics
from nlu.entities.word_classes import WordClasses
from nlu.intents.folds import stratified_folds
from nlu.training_data import TrainingExample

FOLDS = 3
OUT_OF_FOLD = CrfSettings(algorithm="ap", iterations=6)
"""How the taggers that only judge are trained: ten times as fast, and intents masked by either are told as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerLessons:
    """Training examples as the CRF learns from them: one entry each in ``tokens``, ``sentences`` and ``labels``.

    ``untrained`` is the tagger but for the CRF.
    """

    untrained: EntityTagger
    tokens: Sequence[Sequence[Token]]
    sentences: Sequence[Features]
    labels: Sequence[Sequence[str]]

    @classmethod
    def prepare(
        cls,
        examples: Sequence[TrainingExample],
        *,
        encoder: Encoder | None = None,
        topic_encoder: Encoder | None = None,
        hinter: Hinter | None = None,
        hints: Sequence[Sequence[Hint]] | None = None,
        groups: Sequence[int] | None = None,
        topics_learned: TopicsLearned | None = None,
    ) -> TaggerLessons:
        """Make lessons of ``examples``; ``topic_encoder`` is ``encoder``, or None to guess topics by words alone.

        ``topics_learned`` is what ``learn_topics`` made of them, if somebody has asked it. The other arguments are
        those of ``EntityTagger.fit``.
        """
        learned = topics_learned or learn_topics(
            [example.text for example in examples],
            [example.intent for example in examples],
            encoder=topic_encoder,
            groups=groups,
        )
        topics, guesses = learned if learned is not None else (None, [None] * len(examples))
        untrained = EntityTagger(
            LinearChainCrf(b""),
            word_classes=WordClasses.from_encoder() if encoder else None,
            topics=topics,
            hinter=hinter,
            encoder=encoder,
        )
        tokens = [tokenize(example.text) for example in examples]
        given = hints if hints is not None else [hinter(example.text) if hinter else () for example in examples]
        return cls(
            untrained=untrained,
            tokens=tokens,
            sentences=[untrained.features(*column) for column in zip(tokens, given, guesses, strict=True)],
            labels=without_needless_beginnings(
                [encode(words, example.entities) for words, example in zip(tokens, examples, strict=True)]
            ),
        )

    def learned(self, settings: CrfSettings) -> EntityTagger:
        """Return the tagger trained on all of the lessons."""
        return self.started(settings)()

    def started(self, settings: CrfSettings) -> Callable[[], EntityTagger]:
        """Begin to train on all of the lessons, beside what else is done; the result waits for the tagger."""
        fit = LinearChainCrf.start(self.sentences, self.labels, settings)
        return lambda: self.untrained.with_model(fit.result())

    def out_of_fold(self, groups: Sequence[str], *, first: int) -> list[Tagging]:
        """Return what taggers make of the first ``first`` examples, each trained without the examples of its group.

        ``groups`` names the group of each of them; the examples after them are not used.
        """
        numbers = np.zeros(first, dtype=np.int64)
        fold_of = stratified_folds(numbers, groups, folds=FOLDS)
        taggings = [Tagging()] * first
        fits = []
        for fold in range(FOLDS):
            kept = np.flatnonzero(fold_of != fold).tolist()
            chosen = [self.sentences[i] for i in kept], [self.labels[i] for i in kept]
            fits.append(LinearChainCrf.start(*chosen, OUT_OF_FOLD))
        for fold, fit in enumerate(fits):
            tagger = self.untrained.with_model(fit.result())
            for i in np.flatnonzero(fold_of == fold).tolist():
                taggings[i] = tagger.read_features(self.tokens[i], self.sentences[i])
        return taggings
