"""Measuring understanding on anybody's data: what ``rapport nlu-bench`` and ``rapport faq-bench`` print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Protocol

import numpy as np

from nlu.article_entries import Article
from nlu.data_files.jsonl import read_rows, read_text_field
from nlu.data_files.loading import load_training_data
from nlu.encoder import Encoder
from nlu.intents.training import train_intents
from nlu.retrieval import ArticleIndex
from nlu.scores import SpanScore, macro_f1, matthews, span_score
from nlu.training_data import TrainingDataError, TrainingExample

Span = tuple[int, int, str]
"""Start, end (exclusive) and entity."""


class SpanModel(Protocol):
    """What the benchmark needs of an entity model."""

    def predict(self, text: str, requested: Sequence[str] = ()) -> Sequence[Span]:
        """Return the entities of ``text``, an answer to a question for ``requested``, as spans that do not overlap."""
        ...


FitSpans = Callable[[Sequence[TrainingExample]], SpanModel]
"""Trains an entity model on examples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NluBenchReport:
    """The figures of one training and test set; shares in [0, 1], None where the data ask for no such figure.

    ``accuracy``, ``macro_f1`` and ``mcc`` are over all test rows. When some test rows are out of scope, a message below
    the threshold counts as labelled "out of scope", which is right for those rows and wrong for the others. When none
    is, nothing is rejected for these three: the best intent counts, as everyone else reports such data; what the
    threshold would cost is then in ``in_scope_accuracy``.
    ``in_scope_accuracy`` is the share of in-scope rows accepted with the right intent, ``..._no_threshold`` the share
    whose best intent is right, ``oos_recall`` the share of out-of-scope rows rejected. ``mcc`` is the multi-class
    Matthews correlation (Gorodkin 2004). ``entity_*`` count exact spans with the right entity, over the whole test set.
    ``parse_ms_*`` are wall-clock milliseconds of single messages, intents and entities, with cold caches.
    """

    accuracy: float | None
    macro_f1: float | None
    in_scope_accuracy: float | None
    in_scope_accuracy_no_threshold: float | None
    oos_recall: float | None
    mcc: float | None
    threshold: float | None
    entity_precision: float | None
    entity_recall: float | None
    entity_f1: float | None
    train_seconds: float
    parse_ms_p50: float
    parse_ms_p95: float

    def as_json(self) -> dict[str, float | None]:
        """Return the figures by name, ready for json.dumps."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaqBenchReport:
    """How often the right answer comes first, or among the first three, and the mean reciprocal rank."""

    top1: float
    top3: float
    mrr: float

    def as_json(self) -> dict[str, float]:
        """Return the figures by name, ready for json.dumps."""
        return asdict(self)


def run_nlu_bench(
    *,
    train: Path,
    test: Path,
    oos: Path | None = None,
    threshold: float | None = None,
    encoder: Encoder | None,
    fit_spans: FitSpans | None = None,
) -> NluBenchReport:
    """Train on ``train`` alone and measure on ``test``, with the rows of ``oos`` added to it as out of scope.

    Files are in either format of ``load_training_data``; rows with a null intent are out of scope, in training too.
    ``threshold`` None takes the one learned from the training data. Where no row of either file has an intent but some
    have entities, only these are measured. Entities are measured when ``fit_spans`` is given
    and both files have some. Raises TrainingDataError for files that can not be read, NoIntents for data without any.
    """
    training = load_training_data(train).examples
    tested = list(load_training_data(test).examples)
    if oos is not None:
        tested += [TrainingExample(text=e.text, intent=None) for e in load_training_data(oos).examples]
    if not training:
        raise TrainingDataError(path=str(train), line=None, problem="holds no messages to learn from")
    if not tested:
        raise TrainingDataError(path=str(test), line=None, problem="holds no messages to test on")
    started = perf_counter()
    entities_only = all(e.intent is None for e in training) and all(e.intent is None for e in tested)
    model = None if entities_only and any(e.entities for e in training) else train_intents(training, encoder=encoder)
    annotated = any(e.entities for e in training) and any(e.entities for e in tested)
    spans = fit_spans(training) if fit_spans and annotated else None
    train_seconds = perf_counter() - started
    layers = encoder.layers if encoder else None
    best: list[str] = []
    accepted: list[bool] = []
    found: list[Sequence[Span]] = []
    milliseconds: list[float] = []
    for example in tested:
        started = perf_counter()
        prediction = None if model is None else model.predict(example.text, layers=layers, threshold=threshold)
        found.append(spans.predict(example.text, example.requested) if spans else ())
        milliseconds.append(1000 * (perf_counter() - started))
        if prediction is not None:
            best.append(prediction.ranking[0].name)
            accepted.append(prediction.accepted)
    gold = [example.intent for example in tested] if model is not None else []
    entity = span_score([_gold_spans(example) for example in tested], found) if spans else None
    return _report(
        gold=gold,
        best=best,
        accepted=accepted,
        threshold=model.threshold if model is not None and threshold is None else threshold,
        entity=entity,
        train_seconds=train_seconds,
        milliseconds=milliseconds,
    )


def _report(
    *,
    gold: Sequence[str | None],
    best: Sequence[str],
    accepted: Sequence[bool],
    threshold: float | None,
    entity: SpanScore | None,
    train_seconds: float,
    milliseconds: Sequence[float],
) -> NluBenchReport:
    rows = list(zip(gold, best, accepted, strict=True))
    inside = [(g, b, a) for g, b, a in rows if g is not None]
    outside = [a for g, _, a in rows if g is None]
    predicted = [b if a or not outside else None for _, b, a in rows]
    return NluBenchReport(
        accuracy=_share([g == p for g, p in zip(gold, predicted, strict=True)]),
        macro_f1=macro_f1(gold, predicted) if rows else None,
        in_scope_accuracy=_share([g == b and a for g, b, a in inside]),
        in_scope_accuracy_no_threshold=_share([g == b for g, b, _ in inside]),
        oos_recall=_share([not a for a in outside]),
        mcc=matthews(gold, predicted) if rows else None,
        threshold=threshold,
        entity_precision=entity.precision if entity else None,
        entity_recall=entity.recall if entity else None,
        entity_f1=entity.f1 if entity else None,
        train_seconds=train_seconds,
        parse_ms_p50=float(np.percentile(milliseconds or [0.0], 50)),
        parse_ms_p95=float(np.percentile(milliseconds or [0.0], 95)),
    )


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _gold_spans(example: TrainingExample) -> Sequence[Span]:
    return [(span.start, span.end, span.entity) for span in example.entities]


def run_faq_bench(*, faq: Path, queries: Path, encoder: Encoder | None) -> FaqBenchReport:
    """Index the ``faq`` rows {faq_id, question, answer} and look up the ``queries`` rows {query, faq_id}.

    A query that occurs with several ids is one query, found when any of its ids is. Raises TrainingDataError for rows
    without those texts.
    """
    index = ArticleIndex(encoder=encoder)
    articles = [_article(row, faq, line) for line, row in read_rows(faq)]
    if not articles:
        raise TrainingDataError(path=str(faq), line=None, problem="holds no questions with answers")
    index.put_many(articles)
    gold: dict[str, set[str]] = {}
    for line, row in read_rows(queries):
        query = read_text_field(row, "query", path=queries, line=line)
        gold.setdefault(query, set()).add(read_text_field(row, "faq_id", path=queries, line=line))
    if not gold:
        raise TrainingDataError(path=str(queries), line=None, problem="holds no queries")
    ranks: list[float] = []
    for query, ids in gold.items():
        order = [hit.article_id for hit in index.search(query, limit=len(index))]
        ranks.append(min((order.index(i) + 1 for i in ids if i in order), default=float("inf")))
    total = len(ranks) or 1
    return FaqBenchReport(
        top1=sum(rank <= 1 for rank in ranks) / total,
        top3=sum(rank <= 3 for rank in ranks) / total,
        mrr=sum(1 / rank for rank in ranks) / total,
    )


def _article(row: Mapping[str, object], path: Path, line: int) -> Article:
    article_id, question, answer = (
        read_text_field(row, name, path=path, line=line) for name in ("faq_id", "question", "answer")
    )
    return Article(article_id=article_id, title=question, body=answer)
