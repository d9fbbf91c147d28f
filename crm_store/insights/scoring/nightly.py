"""Scoring everything: fit every model on the store's own history, judge it, and keep what may be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from crm_store.base import Base
from crm_store.insights.lifetime.repeat_purchases import FitFailed
from crm_store.insights.outcomes.choosing import LEAST_OF_EACH, TooFewCases
from crm_store.insights.recommending.backtest import NothingHeldBack
from crm_store.insights.scoring.account_rows import AccountRows
from crm_store.insights.scoring.churn import MONTH, churn_features, customers_on, fit_churn
from crm_store.insights.scoring.clusters import Clustering, TooFewCustomers, cluster
from crm_store.insights.scoring.customer_history import CustomerHistory, read_history
from crm_store.insights.scoring.deal_history import read_deals
from crm_store.insights.scoring.live_segments import keep_segments
from crm_store.insights.scoring.many_reasons import reasons_for_all, typical
from crm_store.insights.scoring.next_products import bought_products, next_products
from crm_store.insights.scoring.rfm import rfm_scores, rfm_segments
from crm_store.insights.scoring.values import YEARLY_RATE, YEARS, customer_values
from crm_store.insights.scoring.winning import LOOK_BACK, fit_win, win_probabilities
from crm_store.models import AccountScore, DealScore, ScoreModel, ScoreTask, ScoringRun
from crm_store.rates import Rates
from crm_store.store import Store

FORMAT = 1
"""Raised when a model's inputs or meaning change; part of its version."""
Progress = Callable[[str, float], None]
_CHUNK = 5_000
_ABANDONED = timedelta(hours=2)
_SAME = (("times_usual_gap", "days_quiet", "usual_gap"), ("orders_year", "orders_ever"), ("spend_change", "spend_year"))
_SAME_OF_DEALS = (("stage", "steps"), ("days_open", "days_in_stage"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFound:
    """What came of one task: the model's version and figures; ``shown`` False: too little history, figures say what."""

    task: ScoreTask
    version: str
    shown: bool
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringReport:
    """What a run did."""

    run_id: int
    customers: int
    deals: int
    seconds: float
    models: tuple[ModelFound, ...]


def score_store(
    store: Store, *, now: datetime, currency: str, today: date, progress: Progress = lambda _what, _share: None
) -> ScoringReport:
    """Score all customers and open deals as of ``today`` (the company's day); the last finished run is what is shown.

    Reads in one transaction and writes in short ones, so that nobody waits; a run that breaks off is never shown.
    Raises DatabaseUnavailable.
    """
    began = perf_counter()
    with store.unit_of_work(now=now) as uow:
        run = ScoringRun(started_at=now, today=today, currency=currency)
        uow.session.add(run)
        uow.commit()
        run_id = run.id
    progress("reading customers", 0.02)
    models: list[ModelFound] = []
    with store.unit_of_work(now=now, read_only=True) as uow:
        rates = Rates.load(uow.session, currency)
        history = read_history(uow.session, rates, today=today)
        rows = AccountRows.of(history, today=today)
        progress("churn", 0.15)
        models.append(_churn(rows, history, today))
        progress("lifetime value", 0.40)
        models.append(_values(rows, history, today))
        progress("segments", 0.55)
        models.append(_segments(rows, history, today))
        progress("next products", 0.65)
        models.append(_offers(uow.session, rows, today))
        progress("open deals", 0.72)
        model, deal_rows = _deals(uow.session, rates, run_id, now=now, today=today)
        models.append(model)
    progress("keeping scores", 0.8)
    count = len(history)
    for done, part in enumerate(_chunks(rows.as_rows(run_id))):
        _write(store, AccountScore, part, now)
        progress("keeping scores", 0.8 + 0.18 * min(1.0, (done + 1) * _CHUNK / max(1, count)))
    for part in _chunks(iter(deal_rows)):
        _write(store, DealScore, part, now)
    seconds = perf_counter() - began
    with store.unit_of_work(now=now) as uow:
        _finish(uow.session, run_id, models, now=now, customers=count, deals=len(deal_rows), seconds=seconds)
        uow.commit()
    progress("done", 1.0)
    return ScoringReport(run_id=run_id, customers=count, deals=len(deal_rows), seconds=seconds, models=tuple(models))


def _churn(rows: AccountRows, history: CustomerHistory, today: date) -> ModelFound:
    try:
        found = fit_churn(history, today=today)
    except TooFewCases:
        days = history.orders[1]
        since = date.fromordinal(int(days.min())).isoformat() if len(days) else None
        return _missing(ScoreTask.CHURN, today, {"orders_since": since, "least": LEAST_OF_EACH})
    day = today.toordinal()
    of = customers_on(history, day)
    now = churn_features(history, of, day)
    rows.churn[of] = found.model.probability(now)
    before = customers_on(history, day - MONTH)
    rows.churn_before[before] = found.model.probability(churn_features(history, before, day - MONTH))
    reasons = reasons_for_all(found.model, now, typical(found.features), groups=_SAME)
    for row, each in zip(of.tolist(), reasons, strict=True):
        rows.reasons[row] = [[reason.column, _plain(reason.value), round(reason.effect, 3)] for reason in each]
    figures = {
        "model": found.chosen,
        "cases": found.cases,
        "left": found.left,
        "horizon": found.horizon,
        "auc": found.quality.auc,
        "calibration_error": found.quality.calibration_error,
        "brier": found.quality.brier,
        "backtest": _json(asdict(found.backtest)),
    }
    return _shown(ScoreTask.CHURN, found.chosen, today, figures)


def _values(rows: AccountRows, history: CustomerHistory, today: date) -> ModelFound:
    try:
        found = customer_values(history, today=today)
    except FitFailed:
        return _missing(ScoreTask.LIFETIME_VALUE, today, {"repeat_customers": int((rows.order_days > 1).sum())})
    of = found.customers
    rows.value[of], rows.simple_value[of] = found.value, found.simple
    rows.expected_orders[of], rows.order_value[of], rows.alive[of] = (
        found.expected_orders,
        found.order_value,
        found.alive,
    )
    purchases, spending = found.purchases, found.spending
    figures = {
        "years": YEARS,
        "rate": YEARLY_RATE,
        "retention": found.retention,
        "r": purchases.r,
        "alpha": purchases.alpha,
        "a": purchases.a,
        "b": purchases.b,
        "p": spending.p,
        "q": spending.q,
        "gamma": spending.gamma,
        "backtest": _json(asdict(found.backtest)),
    }
    return _shown(ScoreTask.LIFETIME_VALUE, "bgnbd+gammagamma", today, figures)


def _segments(rows: AccountRows, history: CustomerHistory, today: date) -> ModelFound:
    of, day = np.flatnonzero(rows.order_days), today.toordinal()
    age = (day - history.order_days.first(day, of)).astype(float)
    recency, frequency, spend = rfm_scores(history, of, today=today)
    rows.rfm[of] = np.stack([recency, frequency, spend], axis=1)
    rows.segment[of] = rfm_segments(recency, frequency, spend, orders=rows.order_days[of], age=age.astype(np.int64))
    quiet = (day - history.order_days.last(day, of)).astype(float)
    orders = rows.order_days[of].astype(float)
    try:
        found = cluster(quiet, orders, rows.revenue[of] / np.maximum(orders, 1), age)
    except TooFewCustomers:
        return _shown(ScoreTask.SEGMENTS, "rfm", today, {"customers": len(of), "clusters": []})
    rows.cluster[of] = found.labels
    return _shown(ScoreTask.SEGMENTS, "rfm+kmeans", today, _clustering(found, len(of)))


def _clustering(found: Clustering, customers: int) -> dict[str, Any]:
    return {
        "customers": customers,
        "silhouette": found.silhouette,
        "stability": found.stability,
        "tried": {str(k): list(each) for k, each in found.tried.items()},
        "clusters": [asdict(each) for each in found.clusters],
    }


def _offers(session: Session, rows: AccountRows, today: date) -> ModelFound:
    bought = bought_products(session)
    try:
        found = next_products(bought, today=today)
    except NothingHeldBack:
        return _missing(ScoreTask.RECOMMENDATION, today, {"bought": len(bought)})
    for account, offers in found.offers.items():
        row = rows.row_of.get(account)
        if row is not None:
            rows.offers[row] = [
                [each.product, round(each.score, 4), each.because, round(each.share, 4), round(each.base, 4)]
                for each in offers
            ]
    figures = {"model": found.chosen, "judged": found.judged, "hits": {k: asdict(v) for k, v in found.hits.items()}}
    return _shown(ScoreTask.RECOMMENDATION, found.chosen, today, figures)


def _deals(
    session: Session, rates: Rates, run_id: int, *, now: datetime, today: date
) -> tuple[ModelFound, list[dict[str, Any]]]:
    deals = read_deals(session, rates, now=now, since=today.toordinal() - LOOK_BACK)
    try:
        found = fit_win(deals, today=today)
    except TooFewCases:
        won = int(deals.won.sum())
        return _missing(ScoreTask.WIN, today, {"won": won, "lost": int((deals.closed > 0).sum()) - won}), []
    of, features, probability = win_probabilities(found, deals, today=today)
    reasons = reasons_for_all(found.model, features, typical(found.features), groups=_SAME_OF_DEALS)
    rows = [
        {
            "run_id": run_id,
            "deal_id": deal,
            "win": win,
            "reasons": [[reason.column, _plain(reason.value), round(reason.effect, 3)] for reason in each],
        }
        for deal, win, each in zip(deals.ids[of].tolist(), probability.tolist(), reasons, strict=True)
    ]
    figures = {
        "model": found.chosen,
        "cases": found.cases,
        "deals": found.deals,
        "judged": found.judged,
        "auc": found.quality.auc,
        "calibration_error": found.quality.calibration_error,
        "brier": found.quality.brier,
        "said": found.said,
        "won": found.won,
    }
    return _shown(ScoreTask.WIN, found.chosen, today, figures), rows


def _finish(
    session: Session,
    run_id: int,
    models: Sequence[ModelFound],
    *,
    now: datetime,
    customers: int,
    deals: int,
    seconds: float,
) -> None:
    for each in models:
        session.add(
            ScoreModel(
                run_id=run_id, task=each.task, version=each.version, shown=each.shown, figures=_json(each.figures)
            )
        )
    run = session.get_one(ScoringRun, run_id)
    run.finished_at, run.customers, run.deals, run.seconds = now, customers, deals, seconds
    session.flush()
    segments = next(each.figures for each in models if each.task is ScoreTask.SEGMENTS)
    keep_segments(session, clusters=len(segments["clusters"]), now=now)
    # A run that somebody else is still writing keeps its rows.
    young = select(ScoringRun.id).where(ScoringRun.finished_at.is_(None), ScoringRun.started_at > now - _ABANDONED)
    for table in (AccountScore, DealScore):
        session.execute(delete(table).where(table.run_id != run_id, table.run_id.not_in(young)))


def _write(store: Store, table: type[Base], rows: list[dict[str, Any]], now: datetime) -> None:
    with store.unit_of_work(now=now) as uow:
        uow.session.connection().execute(insert(table.__table__), rows)  # type: ignore[arg-type]
        uow.commit()


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == _CHUNK:
            yield part
            part = []
    if part:
        yield part


def _shown(task: ScoreTask, name: str, today: date, figures: dict[str, Any]) -> ModelFound:
    return ModelFound(task=task, version=f"{name}/{FORMAT}/{today.isoformat()}", shown=True, figures=_json(figures))


def _missing(task: ScoreTask, today: date, figures: dict[str, Any]) -> ModelFound:
    return ModelFound(task=task, version=f"none/{FORMAT}/{today.isoformat()}", shown=False, figures=figures)


def _plain(value: str | float) -> str | float | None:
    if isinstance(value, str):
        return value
    return None if value != value else round(float(value), 4)  # noqa: PLR0124 - NaN is not itself


def _json(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _json(each) for key, each in value.items()}
        case list() | tuple():
            return [_json(each) for each in value]
        case date():
            return value.isoformat()
        case float():
            return round(value, 6) if isfinite(value) else None
    return value
