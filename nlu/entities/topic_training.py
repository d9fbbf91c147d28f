"""Learning topics from the intents of training examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlu.encoder import Encoder
from nlu.entities.topics import NO_TOPIC, SENTENCE_WEIGHT, TopicModel
from nlu.intents.folds import stratified_folds
from nlu.intents.lexical import LexicalFeatures, normal_form
from nlu.intents.projection import lexical_matrix, project
from nlu.intents.softmax import ROUGH, fit_softmax

FOLDS = 3
_STRENGTH = 10.0
_FEW = 3000

TopicsLearned = tuple[TopicModel, list[str]]
"""A model of topics and its guess for each text it was learned from, made without that text."""


def learn_topics(
    texts: Sequence[str],
    intents: Sequence[str | None],
    *,
    encoder: Encoder | None,
    groups: Sequence[int] | None = None,
) -> TopicsLearned | None:
    """Return a model of ``intents`` and, for each text, the guess of a model that saw no text of its group.

    ``groups`` joins texts that are variants of one another: the first of each is learned from and speaks for all.
    None when there are not two intents to tell apart.
    """
    if groups is not None:
        first: dict[int, int] = {}
        for index, group in enumerate(groups):
            first.setdefault(group, index)
        chosen = list(first.values())
        learned = learn_topics([texts[i] for i in chosen], [intents[i] for i in chosen], encoder=encoder)
        if learned is None:
            return None
        model, found = learned
        guess_of = dict(zip(first, found, strict=True))
        return model, [guess_of[group] for group in groups]
    topics = sorted({intent or NO_TOPIC for intent in intents})
    if len(topics) < 2:
        return None
    number = {topic: index for index, topic in enumerate(topics)}
    labels = np.array([number[intent or NO_TOPIC] for intent in intents], dtype=np.int64)
    features = LexicalFeatures.learned_from(texts, least_texts=1 if len(texts) <= _FEW else 2)
    projection = project(lexical_matrix(features, texts))
    x = projection.coordinates
    if encoder is not None:
        x = np.hstack([SENTENCE_WEIGHT * encoder.encode_many(texts), x])
    folds = stratified_folds(labels, [normal_form(text) for text in texts], folds=FOLDS)
    guesses = np.zeros(len(texts), dtype=np.int64)
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        weights, bias = fit_softmax(x[~held], labels[~held], classes=len(topics), strength=_STRENGTH, steps=ROUGH)
        guesses[held] = (x[held] @ weights + bias).argmax(axis=1)
    weights, bias = fit_softmax(x, labels, classes=len(topics), strength=_STRENGTH, steps=ROUGH)
    width = 0 if encoder is None else encoder.dimension
    model = TopicModel(
        topics=tuple(topics),
        features=features,
        weights=projection.axes @ weights[width:],
        sentence_weights=SENTENCE_WEIGHT * weights[:width] if width else None,
        bias=bias,
    )
    return model, [topics[guess] for guess in guesses.tolist()]
