"""How well the assistant understands its own training data, judged only by models that did not see the message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nlu.encoder import Encoder
from nlu.frames import frame_of
from nlu.intents.folds import stratified_folds
from nlu.intents.masking import masked
from nlu.intents.model import IntentModel, IntentPrediction
from nlu.intents.training import train_intents
from nlu.kept_layers import KeptLayers
from nlu.scores import ClassScore, SpanScore, class_scores, span_score
from nlu.spelling_noise import misspelled
from nlu.training_data import TrainingExample

FOLDS = 5
BINS = 10


class FoundSpan(Protocol):
    """An entity a tagger found."""

    @property
    def entity(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedEntities:
    """What was learned about entities from examples.

    ``find`` returns the entities of a text in order, none overlapping; ``masked`` are the texts of the examples with
    their entities masked as ``find`` would have found them had it not seen them.
    """

    find: Callable[[str], Sequence[FoundSpan]]
    masked: Sequence[str]


FitEntities = Callable[[Sequence[TrainingExample]], TrainedEntities]
"""Trains what finds entities."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the work done so far, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """``intent`` (None: out of scope) was taken for ``taken_for`` ``count`` times; ``texts`` has up to three."""

    intent: str | None
    taken_for: str | None
    count: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Messages whose confidence lay in one tenth: how many, how confident on average, and how many of them right."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """The cross-validated figures; shares in [0, 1].

    ``accuracy``, ``macro_f1``, ``per_intent`` and ``confusions`` are of the whole understanding, refusals included
    (refused is intent None, right for out-of-scope examples). ``accuracy_unrefused`` is the share of in-scope messages
    whose best intent is right, ``accuracy_misspelled`` the same with deterministic spelling mistakes added.
    ``calibration_error`` is the expected calibration error over ten equal bins (Naeini et al. 2015) of the best
    intent's confidence. ``entities`` is None when nothing was given to find them or nothing is annotated.
    """

    examples: int
    accuracy: float
    macro_f1: float
    accuracy_unrefused: float
    accuracy_misspelled: float
    out_of_scope_recall: float | None
    calibration_error: float
    calibration: tuple[CalibrationBin, ...]
    per_intent: dict[str | None, ClassScore]
    confusions: tuple[Confusion, ...]
    entities: SpanScore | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    example: TrainingExample
    best: str
    confidence: float
    accepted: bool
    best_misspelled: str


def evaluate(
    examples: Sequence[TrainingExample],
    *,
    encoder: Encoder | None,
    fit_entities: FitEntities | None = None,
    folds: int = FOLDS,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Train ``folds`` times on all but one fold, judge the messages of that fold, and sum up.

    Texts alike but for names, values and filler words share a fold (``nlu.frames``); every intent needs an example in
    some other fold to have a chance. Takes about as long as training ``folds`` times. Deterministic. Raises NoIntents
    for data without any.
    """
    intents = sorted({example.intent or "" for example in examples})
    labels = np.array([intents.index(example.intent or "") for example in examples], dtype=np.int64)
    fold_of = stratified_folds(labels, [frame_of(example) for example in examples], folds=folds)
    judged: list[_Judged] = []
    gold_spans: list[list[tuple[int, int, str]]] = []
    found_spans: list[list[tuple[int, int, str]]] = []
    tagged = any(example.entities for example in examples)
    layers = None if encoder is None else KeptLayers(encoder)
    rounds = sorted(set(fold_of.tolist()))
    for fold in rounds:
        if progress:
            progress(f"round {fold + 1} of {len(rounds)}", fold / len(rounds))
        training = [example for example, of in zip(examples, fold_of, strict=True) if of != fold]
        held = [example for example, of in zip(examples, fold_of, strict=True) if of == fold]
        entities = fit_entities(training) if tagged and fit_entities else None
        model = train_intents(training, masked=entities.masked if entities else None, encoder=layers)
        judged += [_judge(example, model, entities, encoder) for example in held]
        if entities:
            gold_spans += [[(s.start, s.end, s.entity) for s in example.entities] for example in held]
            found_spans += [[(s.start, s.end, s.entity) for s in entities.find(example.text)] for example in held]
    if progress:
        progress("done", 1.0)
    return _report(judged, span_score(gold_spans, found_spans) if found_spans else None)


def _judge(
    example: TrainingExample, model: IntentModel, entities: TrainedEntities | None, encoder: Encoder | None
) -> _Judged:
    def read(text: str) -> IntentPrediction:
        form = masked(text, entities.find(text)) if entities else None
        return model.predict(text, masked=form, layers=encoder.layers if encoder else None)

    prediction, misread = read(example.text), read(misspelled(example.text))
    return _Judged(
        example=example,
        best=prediction.ranking[0].name,
        confidence=prediction.ranking[0].confidence,
        accepted=prediction.accepted,
        best_misspelled=misread.ranking[0].name,
    )


def _report(judged: Sequence[_Judged], entities: SpanScore | None) -> EvaluationReport:
    gold = [one.example.intent for one in judged]
    said = [one.best if one.accepted else None for one in judged]
    inside = [one for one in judged if one.example.intent is not None]
    outside = [one for one in judged if one.example.intent is None]
    scores = class_scores(gold, said)
    named = [score for intent, score in scores.items() if score.support]
    bins = _calibration(inside)
    total = len(inside) or 1
    return EvaluationReport(
        examples=len(judged),
        accuracy=sum(g == s for g, s in zip(gold, said, strict=True)) / (len(judged) or 1),
        macro_f1=sum(score.f1 for score in named) / (len(named) or 1),
        accuracy_unrefused=sum(one.best == one.example.intent for one in inside) / total,
        accuracy_misspelled=sum(one.best_misspelled == one.example.intent for one in inside) / total,
        out_of_scope_recall=sum(not one.accepted for one in outside) / len(outside) if outside else None,
        calibration_error=sum(b.count * abs(b.confidence - b.accuracy) for b in bins) / total,
        calibration=bins,
        per_intent=scores,
        confusions=_confusions(judged, said),
        entities=entities,
    )


def _calibration(judged: Sequence[_Judged]) -> tuple[CalibrationBin, ...]:
    bins: list[list[_Judged]] = [[] for _ in range(BINS)]
    for one in judged:
        bins[min(BINS - 1, int(one.confidence * BINS))].append(one)
    return tuple(
        CalibrationBin(
            count=len(group),
            confidence=sum(one.confidence for one in group) / len(group),
            accuracy=sum(one.best == one.example.intent for one in group) / len(group),
        )
        for group in bins
        if group
    )


def _confusions(judged: Sequence[_Judged], said: Sequence[str | None]) -> tuple[Confusion, ...]:
    texts: dict[tuple[str | None, str | None], list[str]] = {}
    for one, answer in zip(judged, said, strict=True):
        if one.example.intent != answer:
            texts.setdefault((one.example.intent, answer), []).append(one.example.text)
    counts = Counter({pair: len(group) for pair, group in texts.items()})
    return tuple(
        Confusion(intent=pair[0], taken_for=pair[1], count=count, texts=tuple(texts[pair][:3]))
        for pair, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    )


def to_text(report: EvaluationReport, *, confusions: int = 15) -> str:
    """Render the report for a terminal: figures, intents from the worst on, and the most frequent confusions."""
    lines = [
        f"{report.examples} examples, each judged by a model that did not see it",
        f"accuracy                {report.accuracy:7.1%}",
        f"in scope, none refused  {report.accuracy_unrefused:7.1%}",
        f"macro F1                {report.macro_f1:7.1%}",
        f"with spelling mistakes  {report.accuracy_misspelled:7.1%}   (in scope, nothing refused)",
        f"calibration error       {report.calibration_error:7.1%}",
    ]
    if report.out_of_scope_recall is not None:
        lines.append(f"out of scope refused    {report.out_of_scope_recall:7.1%}")
    if report.entities:
        e = report.entities
        lines.append(f"entities F1             {e.f1:7.1%}   (precision {e.precision:.1%}, recall {e.recall:.1%})")
    lines += ["", f"{'intent':<32}{'precision':>10}{'recall':>10}{'F1':>10}{'examples':>10}"]
    for intent, score in sorted(report.per_intent.items(), key=lambda item: (item[1].f1, str(item[0]))):
        figures = f"{score.precision:>10.1%}{score.recall:>10.1%}{score.f1:>10.1%}{score.support:>10}"
        lines.append(f"{_name(intent):<32}{figures}")
    lines += ["", "most frequent confusions"] if report.confusions else []
    for confusion in report.confusions[:confusions]:
        example = f'"{confusion.texts[0]}"'
        pair = f"{_name(confusion.intent)} taken for {_name(confusion.taken_for)}"
        lines.append(f"{confusion.count:>4} x {pair}: {example}")
    return "\n".join(lines)


def _name(intent: str | None) -> str:
    return "(out of scope)" if intent is None else intent
