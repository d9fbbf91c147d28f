"""What the models say: runs of scoring, the models with their errors, scores, segments, and the pipeline day by day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base
from crm_store.models.customers import Account
from crm_store.models.sales import Deal, Stage
from crm_store.types import ExactAmount


class ScoreTask(StrEnum):
    """What a model is for."""

    CHURN = "churn"
    WIN = "win"
    LIFETIME_VALUE = "lifetime_value"
    SEGMENTS = "segments"
    RECOMMENDATION = "recommendation"


class ScoringRun(Base):
    """Everything scored at one moment, in one company currency. Only a finished run is shown; the last one counts."""

    __tablename__ = "scoring_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    today: Mapped[date]
    currency: Mapped[str]
    customers: Mapped[int] = mapped_column(default=0)
    deals: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)


class ScoreModel(Base):
    """One model of a run: its version and how wrong it was on the store's own history (``figures``).

    ``shown`` is False when there was too little history to check it with; then ``figures`` holds what was missing and
    no score of this task exists.
    """

    __tablename__ = "score_model"

    run_id: Mapped[int] = mapped_column(ForeignKey("scoring_run.id"), primary_key=True)
    task: Mapped[ScoreTask] = mapped_column(primary_key=True)
    version: Mapped[str]
    shown: Mapped[bool]
    figures: Mapped[dict[str, Any]]


class AccountScore(Base):
    """What a run says of one customer; None where a model says nothing of them. Amounts in the run's currency.

    ``churn`` is the probability that they leave, ``churn_before`` the same a month earlier; ``reasons`` are
    [name, value, effect in log-odds], the strongest first. ``value`` is the lifetime value by expected purchases,
    ``simple_value`` that by discounted cash flow. ``offers`` are
    [product, score, because of product, share of its buyers who bought both, share of all who bought it].
    """

    __tablename__ = "account_score"

    run_id: Mapped[int] = mapped_column(ForeignKey("scoring_run.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    churn: Mapped[float | None]
    churn_before: Mapped[float | None]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    first_order_on: Mapped[date | None]
    last_order_on: Mapped[date | None]
    usual_days: Mapped[int | None]
    order_days: Mapped[int] = mapped_column(default=0)
    revenue: Mapped[Decimal] = mapped_column(ExactAmount, default=Decimal(0))
    revenue_year: Mapped[Decimal] = mapped_column(ExactAmount, default=Decimal(0))
    value: Mapped[Decimal | None] = mapped_column(ExactAmount)
    simple_value: Mapped[Decimal | None] = mapped_column(ExactAmount)
    expected_orders: Mapped[float | None]
    order_value: Mapped[Decimal | None] = mapped_column(ExactAmount)
    alive: Mapped[float | None]
    recency_score: Mapped[int | None]
    frequency_score: Mapped[int | None]
    spend_score: Mapped[int | None]
    segment: Mapped[str | None]
    cluster: Mapped[int | None]
    offers: Mapped[list[Any]] = mapped_column(default=list)

    account: Mapped[Account] = relationship()


class DealScore(Base):
    """The probability a run gives an open deal to be won, and why: [name, value, effect in log-odds]."""

    __tablename__ = "deal_score"

    run_id: Mapped[int] = mapped_column(ForeignKey("scoring_run.id"), primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), primary_key=True, index=True)
    win: Mapped[float]
    reasons: Mapped[list[Any]] = mapped_column(default=list)

    deal: Mapped[Deal] = relationship()


class Segment(Base):
    """A live group of customers: whoever the last run puts in it. ``rule`` is {"segment": key} or {"cluster": n}."""

    __tablename__ = "segment"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    rule: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class DealSnapshot(Base):
    """An open deal as it was from one day to another, both included; ``last_day`` None: as it still is.

    Written once a day, and a new row only when something is not as the day before. ``category`` is the forecast
    category it counted in.
    """

    __tablename__ = "deal_snapshot"

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    first_day: Mapped[date] = mapped_column(index=True)
    last_day: Mapped[date | None] = mapped_column(index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    amount: Mapped[Decimal | None] = mapped_column(ExactAmount)
    currency: Mapped[str]
    close_date: Mapped[date | None]
    category: Mapped[str]

    deal: Mapped[Deal] = relationship()
    stage: Mapped[Stage] = relationship()


class SnapshotDay(Base):
    """A day of which the pipeline was written down; the others are as the last one before them."""

    __tablename__ = "snapshot_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]


Index("ix_account_score_run_id_churn", AccountScore.run_id, AccountScore.churn)
Index("ix_account_score_run_id_value", AccountScore.run_id, AccountScore.value)
Index("ix_account_score_run_id_segment", AccountScore.run_id, AccountScore.segment)
