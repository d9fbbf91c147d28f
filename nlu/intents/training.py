"""Training the intent model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from nlu.at_once import at_once
from nlu.intents.depths import centre_of, coordinates, directions
from nlu.intents.folds import label_groups, stratified_folds
from nlu.intents.lexical import LexicalFeatures, normal_form
from nlu.intents.model import IntentModel, JointPart, LexicalPart, ScopeScale, best_score, nearness
from nlu.intents.projection import Projection, lexical_matrix, principal_axes, project
from nlu.intents.scope import REFUSAL_COST, Flags, ScopeSample, joined, learn_scale
from nlu.intents.softmax import ROUGH, Labels, best_temperature, fit_softmax
from nlu.intents.strangers import STRANGERS
from nlu.kept_layers import ManyLayers
from nlu.minilm import Floats
from nlu.training_data import NluError, TrainingExample

JOINT_STRENGTHS = (3.0, 10.0)
LEXICAL_STRENGTH = 10.0
"""Inverse regularisation; the joint classifier takes the one whose out-of-fold likelihood is best."""

FEW = 3000
"""Up to so many examples n-grams that occur once count, and there are FOLDS folds; above it three are as good."""

FOLDS = 4
STRENGTH_FOLDS = 2
"""Folds the strength is chosen on (one above FEW examples): more rarely change the choice and cost training time."""

SURE_ERROR = 0.008
"""How many more of the messages it takes the words-only short cut may get wrong than the whole model would."""
SURE_QUANTILE = 1.28
"""That this holds must be as good as certain: the upper end of the normal interval with one case in ten above it."""

_COMPARED_AT_ONCE = 1024
"""Messages whose similarity to all examples is in memory at one time."""


class NoIntents(NluError):
    """There is no example with an intent to learn from."""

    def __init__(self) -> None:
        super().__init__("the training data hold no example with an intent")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """Everything training needs: real examples first, then one line per intent made of its name."""

    intents: tuple[str, ...]
    texts: list[str]
    forms: list[str]
    labels: Labels
    real: int
    out_of_scope: bool
    features: LexicalFeatures
    projection: Projection
    sentences: Floats | None
    strangers: Floats
    stranger_sentences: Floats | None

    @property
    def classes(self) -> int:
        return len(self.intents) + self.out_of_scope

    @property
    def judging_folds(self) -> range:
        """The folds that choose the strength."""
        return range(STRENGTH_FOLDS if self.real <= FEW else 1)

    def out_of_fold(self, x: Floats, folds: Labels, strength: float) -> Floats:
        """Return the logits of the examples of the first folds by classifiers that saw neither them nor their like."""

        def judge(fold: int) -> Floats:
            held = np.flatnonzero(folds == fold)
            weights, bias = self.fit_without(x, held, strength)
            logits: Floats = x[held] @ weights + bias
            return logits

        return np.concatenate(at_once([partial(judge, fold) for fold in self.judging_folds]))

    def judged(self, folds: Labels) -> Labels:
        """Return the labels of the rows of ``out_of_fold``."""
        return np.concatenate([self.labels[: self.real][folds == fold] for fold in self.judging_folds])

    def fit_without(self, x: Floats, held: Labels, strength: float) -> tuple[Floats, Floats]:
        """Fit a classifier to everything but the rows ``held``."""
        kept = np.setdiff1d(np.arange(len(x)), held)
        return fit_softmax(x[kept], self.labels[kept], classes=self.classes, strength=strength, steps=ROUGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judgement:
    """What a classifier made of messages it had not seen.

    ``probability`` of the best intent and whether it was ``right``, for messages in scope, no intent being held out;
    and the ``scope`` sample.
    """

    probability: Floats
    right: Flags
    scope: ScopeSample


def words_of(intent: str) -> str:
    """Return the name of an intent as words: "card_arrival" and "cardArrival" are "card arrival"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", intent)
    return " ".join(re.sub(r"[\W_]+", " ", spaced).split())


def train_intents(
    examples: Sequence[TrainingExample], *, masked: Sequence[str] | None = None, encoder: ManyLayers | None
) -> IntentModel:
    """Learn to classify messages from ``examples``; those without an intent teach what is out of scope.

    ``masked`` are the texts of the examples with their entities masked, as far as somebody finds them who does not know
    the examples: messages to come will be masked no better. Without them names and values count like other words.
    Works from one example per intent and one intent on; repeated examples count once, contradicting ones all count.
    Equal input gives an equal model on one machine. Raises NoIntents when no example has an intent.
    """
    material = _prepare(examples, masked, encoder)
    folds = stratified_folds(
        material.labels[: material.real],
        [normal_form(text) for text in material.texts[: material.real]],
        folds=FOLDS if material.real <= FEW else 3,
    )
    lexical, by_words = _lexical_part(material, folds)
    joint, sure_at = None, 2.0
    if material.sentences is not None and material.stranger_sentences is not None:
        joint, judged = _joint_part(material, material.sentences, material.stranger_sentences, folds)
        sure_at = _sure_at(by_words, judged, joint.scope)
    return IntentModel(
        intents=material.intents,
        out_of_scope_class=material.out_of_scope,
        features=material.features,
        lexical=lexical,
        joint=joint,
        sure_at=sure_at,
        known=_known(material),
    )


def _prepare(
    examples: Sequence[TrainingExample], masked: Sequence[str] | None, encoder: ManyLayers | None
) -> _Material:
    unique = {(normal_form(e.text), e.intent): number for number, e in reversed(list(enumerate(examples)))}
    order = sorted(
        unique.values(), key=lambda i: (examples[i].intent is None, examples[i].intent or "", examples[i].text)
    )
    kept = [examples[number] for number in order]
    intents = tuple(sorted({example.intent for example in kept if example.intent is not None}))
    if not intents:
        raise NoIntents
    number = {intent: index for index, intent in enumerate(intents)}
    labels = [len(intents) if example.intent is None else number[example.intent] for example in kept]
    names = [words_of(intent) for intent in intents]
    texts = [example.text for example in kept] + names
    forms = None if masked is None else [masked[number] for number in order] + names
    features = LexicalFeatures.learned_from(texts, masked=forms, least_texts=1 if len(kept) <= FEW else 2)
    projection = project(lexical_matrix(features, texts, forms))
    return _Material(
        intents=intents,
        texts=texts,
        forms=forms or texts,
        labels=np.array([*labels, *range(len(intents))], dtype=np.int64),
        real=len(kept),
        out_of_scope=len(intents) in labels,
        features=features,
        projection=projection,
        sentences=None if encoder is None else _sentence_vectors(encoder, forms or texts),
        strangers=np.asarray(lexical_matrix(features, STRANGERS) @ projection.axes, dtype=np.float32),
        stranger_sentences=None if encoder is None else encoder.layers_many(STRANGERS),
    )


def _sentence_vectors(encoder: ManyLayers, texts: Sequence[str]) -> Floats:
    """Return the encoder's layers of ``texts``. Each different one is encoded once."""
    different = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    return encoder.layers_many(list(different))[[different[text] for text in texts]]


def _lexical_part(material: _Material, folds: Labels) -> tuple[LexicalPart, _Judgement]:
    x, strength = material.projection.coordinates, LEXICAL_STRENGTH
    weights, bias = fit_softmax(x, material.labels, classes=material.classes, strength=strength)
    logits = material.out_of_fold(x, folds, strength)
    temperature = best_temperature(logits, material.judged(folds))
    strangers = _Strangers(x=material.strangers, space=material.strangers)
    sample = _scope_sample(material, x, folds, strength, temperature, space=x, strangers=strangers)
    postings = material.projection.matrix[: material.real].tocsc()
    part = LexicalPart(
        weights=material.projection.axes @ weights,
        bias=bias,
        temperature=temperature,
        scope=learn_scale(sample),
        posting_starts=postings.indptr.astype(np.int64),
        posting_examples=postings.indices.astype(np.int64),
        posting_weights=postings.data.astype(np.float32),
        examples=material.real,
    )
    return part, _judgement(logits / temperature, material.judged(folds), sample, null=len(material.intents))


def _joint_part(
    material: _Material, sentences: Floats, stranger_sentences: Floats, folds: Labels
) -> tuple[JointPart, _Judgement]:
    centre = centre_of(sentences)
    meaning = coordinates(sentences, centre)
    x = np.hstack([meaning, material.projection.coordinates])
    axes = principal_axes(x)
    x = x @ axes
    labels = material.judged(folds)

    def tried(strength: float) -> tuple[float, float, float, Floats]:
        logits = material.out_of_fold(x, folds, strength)
        temperature = best_temperature(logits, labels)
        return _loss(logits / temperature, labels), strength, temperature, logits

    every = at_once([partial(tried, strength) for strength in JOINT_STRENGTHS])
    _, strength, temperature, best_logits = min(every, key=lambda one: one[0])
    space = directions(sentences)
    strangers = _Strangers(
        x=np.hstack([coordinates(stranger_sentences, centre), material.strangers]) @ axes,
        space=directions(stranger_sentences),
    )
    with ThreadPoolExecutor(1) as beside:
        fit = beside.submit(fit_softmax, x, material.labels, classes=material.classes, strength=strength)
        sample = _scope_sample(material, x, folds, strength, temperature, space=space, strangers=strangers)
        weights, bias = fit.result()
    weights = axes @ weights
    width = meaning.shape[1]
    part = JointPart(
        lexical_weights=material.projection.axes @ weights[width:],
        sentence_weights=weights[:width],
        bias=bias,
        temperature=temperature,
        scope=learn_scale(sample),
        centre=centre,
        examples=space[: material.real],
    )
    return part, _judgement(best_logits / temperature, labels, sample, null=len(material.intents))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Strangers:
    """The invented strangers as the classifier sees them (``x``) and where similarity is measured (``space``)."""

    x: Floats
    space: Floats


def _scope_sample(
    material: _Material,
    x: Floats,
    folds: Labels,
    strength: float,
    temperature: float,
    *,
    space: Floats,
    strangers: _Strangers,
) -> ScopeSample:
    """Let classifiers judge examples they did not see, a fold of the known intents and all of some held-out ones.

    In round i the examples of fold i, the intents of group i (their names too) are held out. The former are in scope;
    the latter, and the held-out examples without an intent, are not.
    """
    rounds = int(folds.max()) + 1
    held_intents = label_groups(len(material.intents), groups=rounds)
    rows = np.arange(material.real)
    null = len(material.intents)

    def judge(number: int) -> ScopeSample:
        group = np.flatnonzero(held_intents == number) if len(material.intents) > 2 else np.array([], dtype=np.int64)
        foreign = np.isin(material.labels, group)
        judged = rows[(folds == number) | foreign[: material.real]]
        held = np.union1d(rows[folds == number], np.flatnonzero(foreign))
        weights, bias = material.fit_without(x, held, strength)
        logits = (x[judged] @ weights + bias) / temperature
        probabilities = _softmax_rows(logits)[:, :null]
        others = np.setdiff1d(rows, held)
        others = others[material.labels[others] < null]
        known = space[others].T
        best = probabilities.argmax(axis=1)
        truth = material.labels[judged]
        inside = ~foreign[judged] & (truth < null)
        return ScopeSample(
            probability=probabilities.max(axis=1),
            score=best_score(logits, null),
            similarity=_nearest(space[judged], known),
            right=(best == truth) & inside,
            inside=inside,
            stranger=truth == null,
            invented_score=best_score((strangers.x @ weights + bias) / temperature, null),
            invented_similarity=_nearest(strangers.space, known),
        )

    return joined(at_once([partial(judge, number) for number in range(rounds)]))


def _nearest(directions_of: Floats, known: Floats) -> Floats:
    """Return how close each row comes to the columns of ``known``; not all at once, which would take gigabytes."""
    starts = range(0, len(directions_of), _COMPARED_AT_ONCE)
    parts = [nearness(directions_of[at : at + _COMPARED_AT_ONCE] @ known) for at in starts]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _judgement(logits: Floats, labels: Labels, scope: ScopeSample, *, null: int) -> _Judgement:
    inside = labels < null
    probabilities = _softmax_rows(logits[inside])[:, :null]
    return _Judgement(
        probability=probabilities.max(axis=1), right=probabilities.argmax(axis=1) == labels[inside], scope=scope
    )


def _sure_at(words: _Judgement, whole: _Judgement, scale: ScopeScale) -> float:
    """Return the least probability from which on words alone are as good as the whole model, by out-of-fold count.

    In scope, all intents compete: where some are held out, as they are to learn about scope, words alone look better
    than they are. Words alone accept everything they are sure of; to accept a message of a held-out intent is a mistake
    too, of the weight it has everywhere (REFUSAL_COST).
    """
    scope = words.scope
    if scope.inside.all():
        return 2.0  # a single intent is always the likeliest
    outside = ~scope.inside
    share = len(words.right) / scope.inside.sum()
    probability = np.concatenate([words.probability, scope.probability[outside]])
    weights = np.concatenate(
        [np.ones(len(words.right)), share * np.where(scope.stranger[outside], 1.0, 1 / REFUSAL_COST)]
    )
    refused = scale.evidence(whole.scope.score, whole.scope.similarity) < scale.least_evidence
    mistakes = np.concatenate([whole.right.astype(np.int64) - words.right, refused[outside]])
    order = np.argsort(-probability, kind="stable")
    lost, judged = np.cumsum((weights * mistakes)[order]), np.cumsum(weights[order])
    # Among few messages words alone are as good by chance (and Laplace's rule: none wrong of a handful proves nothing).
    spread = np.sqrt(np.cumsum((weights * mistakes)[order] ** 2) + 1)
    rate = (lost + 1 + SURE_QUANTILE * spread) / (judged + 2)
    good = np.flatnonzero(rate <= SURE_ERROR)
    return float(probability[order[good[-1]]]) if len(good) else 2.0


def _known(material: _Material) -> dict[str, int]:
    """Return the intents of the examples by their texts and masked forms, but for those that occur with several."""
    known: dict[str, set[int]] = {}
    for forms in (material.texts, material.forms):
        for form, label in zip(forms[: material.real], material.labels.tolist(), strict=False):
            known.setdefault(normal_form(form), set()).add(label)
    null = len(material.intents)
    return {form: next(iter(labels)) for form, labels in known.items() if len(labels) == 1 and null not in labels}


def _loss(logits: Floats, labels: Labels) -> float:
    return float(-np.log(_softmax_rows(logits)[np.arange(len(labels)), labels] + 1e-9).mean())


def _softmax_rows(logits: Floats) -> Floats:
    exponentials: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials
