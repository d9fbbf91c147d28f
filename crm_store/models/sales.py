"""Sales: pipelines and their stages, deals with their stage history, products and exchange rates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base, Record
from crm_store.models.customers import Account, Contact
from crm_store.models.people import User
from crm_store.money import Money
from crm_store.types import ExactAmount


class StageType(StrEnum):
    """Whether a deal in the stage is still open."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class ForecastCategory(StrEnum):
    """How sure a stage's deals are taken to be in the forecast."""

    PIPELINE = "pipeline"
    BEST_CASE = "best_case"
    COMMIT = "commit"
    CLOSED = "closed"
    OMITTED = "omitted"


class Pipeline(Base):
    """A sequence of stages deals move through."""

    __tablename__ = "pipeline"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    is_default: Mapped[bool] = mapped_column(default=False)

    stages: Mapped[list[Stage]] = relationship(back_populates="pipeline", order_by="Stage.position")


class Stage(Base):
    """A step of a pipeline. ``probability`` in percent; a deal rots after ``rotting_days`` without activity."""

    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("pipeline_id", "name"), UniqueConstraint("pipeline_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipeline.id"))
    name: Mapped[str]
    position: Mapped[int]
    probability: Mapped[int]
    rotting_days: Mapped[int | None]
    type: Mapped[StageType] = mapped_column(default=StageType.OPEN)
    forecast_category: Mapped[ForecastCategory] = mapped_column(default=ForecastCategory.PIPELINE)

    pipeline: Mapped[Pipeline] = relationship(back_populates="stages")


class Product(Record, Base):
    """Something the company sells. ``recurring``: billed every year."""

    __tablename__ = "product"
    kind = "product"

    name: Mapped[str] = mapped_column(unique=True)
    name_key: Mapped[str] = mapped_column(index=True)
    sku: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    price: Mapped[Decimal] = mapped_column(ExactAmount)
    currency: Mapped[str]
    recurring: Mapped[bool] = mapped_column(default=False)


class Deal(Record, Base):
    """A possible sale. ``amount`` is None until somebody knows it; ``closed_at`` is set while won or lost.

    ``forecast_category`` is set where somebody judges the deal otherwise than its stage does, for ``forecast_reason``.
    """

    __tablename__ = "deal"
    kind = "deal"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"), index=True)
    amount: Mapped[Decimal | None] = mapped_column(ExactAmount)
    currency: Mapped[str]
    close_date: Mapped[date | None] = mapped_column(index=True)
    next_step: Mapped[str | None]
    source: Mapped[str | None] = mapped_column(index=True)
    lost_reason: Mapped[str | None] = mapped_column(index=True)
    forecast_category: Mapped[ForecastCategory | None]
    forecast_reason: Mapped[str | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    stage_since: Mapped[datetime]
    last_activity_at: Mapped[datetime]

    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()
    owner: Mapped[User] = relationship()
    stage: Mapped[Stage] = relationship()
    stage_changes: Mapped[list[StageChange]] = relationship(back_populates="deal", order_by="StageChange.at")
    lines: Mapped[list[DealLine]] = relationship(back_populates="deal")

    @property
    def money(self) -> Money | None:
        """The amount with its currency, when known."""
        return None if self.amount is None else Money(self.amount, self.currency)


class StageChange(Base):
    """One step in a deal's stage history; ``from_stage_id`` is None for the first. Written by the store itself."""

    __tablename__ = "stage_change"
    # With all that the funnel adds up, so that it need not look at the rows.
    __table_args__ = (Index("ix_stage_change_steps", "deal_id", "to_stage_id", "from_stage_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    from_stage_id: Mapped[int | None] = mapped_column(ForeignKey("stage.id"))
    to_stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    at: Mapped[datetime] = mapped_column(index=True)

    deal: Mapped[Deal] = relationship(back_populates="stage_changes")
    from_stage: Mapped[Stage | None] = relationship(foreign_keys=[from_stage_id])
    to_stage: Mapped[Stage] = relationship(foreign_keys=[to_stage_id])


class DealLine(Base):
    """A product in a deal."""

    __tablename__ = "deal_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(ExactAmount)

    deal: Mapped[Deal] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()


class ExchangeRate(Base):
    """What one unit of ``currency`` was worth in the company's currency from ``day`` on, as exact decimal text."""

    __tablename__ = "exchange_rate"
    __table_args__ = (UniqueConstraint("currency", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    day: Mapped[date]
    rate: Mapped[str]


Index("ix_deal_owner_stage", Deal.owner_id, Deal.stage_id)
# All that reports on what was closed need of a deal, so that they read the index and not a hundred thousand rows.
Index(
    "ix_deal_owner_closed",
    Deal.owner_id,
    Deal.closed_at,
    Deal.stage_id,
    Deal.deleted_at,
    Deal.currency,
    Deal.amount,
    Deal.created_at,
)
