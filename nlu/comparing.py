"""Would more examples make understanding better or worse? Cross-validation of both, on the same folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.encoder import Encoder, TokenVectors
from nlu.entities.kinds import NAMES, VALUES
from nlu.intents.folds import stratified_folds
from nlu.intents.lexical import normal_form
from nlu.intents.masking import masked
from nlu.intents.training import train_intents
from nlu.minilm import Floats
from nlu.scores import class_scores
from nlu.training_data import TrainingExample

FOLDS = 5

TOLERANCE = 0.005
"""How much lower a figure may be and still count as no worse. Any other examples move the thresholds found in training:
three messages that had nothing to do with them changed the accuracy on 5,992 others by 0.36 points (3 folds)."""

Fit = Callable[[Sequence[TrainingExample]], Callable[[TrainingExample], str | None]]
"""Trains on examples; what it returns tells the intent of another one from its text (None: refused)."""

_FOUND_BY_ANYBODY = frozenset({*NAMES, *VALUES.values(), "order_number", "invoice_number", "ticket_number"})

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """Shares in [0, 1] of messages judged by models that had not seen them; refusing is right where out of scope."""

    accuracy: float
    macro_f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Understanding ``before`` and ``after`` the new examples: of all messages, of the known and of the new ones."""

    folds: int
    known_messages: int
    new_messages: int
    before: Understanding
    after: Understanding
    known_before: Understanding
    known_after: Understanding
    new_before: float
    new_after: float

    @property
    def is_no_worse(self) -> bool:
        """Whether no figure is lower by more than TOLERANCE, of all messages or of the known ones alone.

        The known ones count for themselves, so that what is gained on new messages cannot pay for what is forgotten.
        """
        pairs = ((self.before, self.after), (self.known_before, self.known_after))
        return all(
            after.accuracy >= before.accuracy - TOLERANCE and after.macro_f1 >= before.macro_f1 - TOLERANCE
            for before, after in pairs
        )


def compare(
    known: Sequence[TrainingExample],
    new: Sequence[TrainingExample],
    *,
    fit: Fit,
    folds: int = FOLDS,
    progress: Progress | None = None,
) -> Comparison:
    """Judge models trained on ``known`` with and without ``new``, by messages of both that were held out of both.

    Equal texts are in one fold. Takes as long as 2 x ``folds`` trainings. Deterministic when ``fit`` is.
    """
    examples = [*known, *new]
    is_new = np.arange(len(examples)) >= len(known)
    names = sorted({example.intent or "" for example in examples})
    labels = np.array([names.index(example.intent or "") for example in examples], dtype=np.int64)
    fold_of = stratified_folds(labels, [normal_form(example.text) for example in examples], folds=folds)
    said_before: list[str | None] = [None] * len(examples)
    said_after: list[str | None] = [None] * len(examples)
    rounds = sorted(set(fold_of.tolist()))
    for number, fold in enumerate(rounds):
        if progress:
            progress(f"comparing, fold {number + 1} of {len(rounds)}", number / len(rounds))
        seen = fold_of != fold
        before = fit([examples[i] for i in np.flatnonzero(seen & ~is_new)])
        # Where all new examples are in this fold, both models are the same.
        after = fit([examples[i] for i in np.flatnonzero(seen)]) if (seen & is_new).any() else before
        for i in np.flatnonzero(~seen).tolist():
            said_before[i] = before(examples[i])
            said_after[i] = after(examples[i])
    gold = [example.intent for example in examples]
    size = len(known)
    return Comparison(
        folds=len(rounds),
        known_messages=size,
        new_messages=len(new),
        before=_understanding(gold, said_before),
        after=_understanding(gold, said_after),
        known_before=_understanding(gold[:size], said_before[:size]),
        known_after=_understanding(gold[:size], said_after[:size]),
        new_before=_understanding(gold[size:], said_before[size:]).accuracy,
        new_after=_understanding(gold[size:], said_after[size:]).accuracy,
    )


def fit_intents(encoder: Encoder | None) -> Fit:
    """Train the assistant's intent model, refusals included; texts are encoded once for all trainings.

    Messages are masked where anybody finds what they name: names on record, values and document numbers. Training the
    tagger that finds the rest for every fold would take many times as long, and is the same with and without.
    """
    remembered = None if encoder is None else _RememberingEncoder(encoder)

    def fit(examples: Sequence[TrainingExample]) -> Callable[[TrainingExample], str | None]:
        model = train_intents(examples, masked=[_masked(example) for example in examples], encoder=remembered)
        layers = remembered.layers if remembered else None

        def intent_of(example: TrainingExample) -> str | None:
            prediction = model.predict(example.text, masked=_masked(example), layers=layers)
            return prediction.ranking[0].name if prediction.accepted else None

        return intent_of

    return fit


def _masked(example: TrainingExample) -> str:
    return masked(example.text, [span for span in example.entities if span.entity in _FOUND_BY_ANYBODY])


def _understanding(gold: Sequence[str | None], said: Sequence[str | None]) -> Understanding:
    scores = [score for score in class_scores(gold, said).values() if score.support]
    return Understanding(
        accuracy=sum(g == s for g, s in zip(gold, said, strict=True)) / (len(gold) or 1),
        macro_f1=sum(score.f1 for score in scores) / (len(scores) or 1),
    )


class _RememberingEncoder(Encoder):
    """Another encoder, asked once for each text."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._layers: dict[str, Floats] = {}

    def layers(self, text: str) -> Floats:
        vectors: Floats = self.layers_many([text])[0]
        return vectors

    def layers_many(self, texts: Sequence[str]) -> Floats:
        missing = [text for text in dict.fromkeys(texts) if text not in self._layers]
        if missing:
            self._layers.update(zip(missing, self._encoder.layers_many(missing), strict=True))
        return np.stack([self._layers[text] for text in texts])

    def tokens(self, text: str) -> TokenVectors:
        return self._encoder.tokens(text)
