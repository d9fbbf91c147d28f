"""What happened to the pipeline in a stretch of time: stage by stage from the deals' history, fields from the journal.

The journal shows everything to everybody; only changes of deals the session shows are read from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from crm_store.errors import RateMissing
from crm_store.insights.deal_sums import DealSum, sum_deals
from crm_store.insights.selection import DealSelection, in_period
from crm_store.models import Deal, JournalChange, JournalEntry, Stage, StageChange, StageType
from crm_store.money import Money
from crm_store.rates import Rates


class Movement(StrEnum):
    """What a change of stage is."""

    FORWARD = "forward"
    BACK = "back"
    WON = "won"
    LOST = "lost"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMove:
    """A deal whose amount or close date is not what it was when the stretch began; None stands for "not set"."""

    deal: Deal
    before: Money | date | None
    after: Money | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMove:
    """One change of a deal's stage."""

    deal: Deal
    at: datetime
    from_stage: str
    to_stage: str
    movement: Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineChanges:
    """Everything that changed. Sums are at today's rates and today's amounts.

    ``amount_change`` is what changed amounts add to the deals that were there before. ``known_since``: from when on
    changes of amounts and dates are on record; None when there are none at all.
    """

    created: DealSum
    moved: dict[Movement, DealSum]
    amounts: Sequence[FieldMove] = ()
    close_dates: Sequence[FieldMove] = ()
    amount_change: Decimal = Decimal(0)
    without_rate: int = 0
    latest_moves: Sequence[StageMove] = field(default_factory=list)
    known_since: datetime | None = None

    @property
    def net_value(self) -> Decimal:
        """By how much the open pipeline has grown (or, below zero, shrunk)."""
        closed = self._value(Movement.WON) + self._value(Movement.LOST)
        return self.created.amount + self._value(Movement.REOPENED) + self.amount_change - closed

    def _value(self, movement: Movement) -> Decimal:
        return self.moved.get(movement, DealSum()).amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From an instant up to another (UTC)."""

    start: datetime
    end: datetime


def changes_between(
    session: Session, rates: Rates, selection: DealSelection, stretch: Stretch, *, today: date, limit: int
) -> PipelineChanges:
    """What changed among the deals of a selection; at most ``limit`` single changes of stage, the latest first."""
    chosen = selection.conditions(session, rates, today=today)
    created = [*chosen, *in_period(Deal.created_at, stretch.start, stretch.end)]
    amounts, close_dates = _field_moves(session, chosen, stretch)
    known = [_value_of(rates, move, today) for move in amounts if _was_open(move.deal, stretch)]
    return PipelineChanges(
        created=sum_deals(session, rates, where=created, on=today).get((), DealSum()),
        moved=_movements(session, rates, chosen, stretch, today),
        amounts=amounts,
        close_dates=close_dates,
        amount_change=sum((value for value in known if value is not None), Decimal(0)),
        without_rate=sum(value is None for value in known),
        latest_moves=_latest_moves(session, chosen, stretch, limit),
        known_since=session.scalar(select(func.min(JournalEntry.at))),
    )


# The table and not the mapped class, whose own rule of access would look up every visible deal once more: each query
# below joins Deal, and shows only the steps of the deals it shows.
_step = StageChange.__table__.alias("step")
_steps = _step.c
_From, _To = aliased(Stage, name="from_stage"), aliased(Stage, name="to_stage")


def _movements(
    session: Session, rates: Rates, chosen: Sequence[ColumnElement[bool]], stretch: Stretch, today: date
) -> dict[Movement, DealSum]:
    sums = sum_deals(
        session,
        rates,
        where=[*chosen, *_in(stretch)],
        on=today,
        by=(_From.type, _To.type, _To.position > _From.position),
        joined=(
            (_step, _steps.deal_id == Deal.id),
            (_From, _From.id == _steps.from_stage_id),
            (_To, _To.id == _steps.to_stage_id),
        ),
    )
    movements: dict[Movement, DealSum] = {}
    for (from_type, to_type, forward), deals in sums.items():
        movement = _movement(from_type, to_type, forward=bool(forward))
        if movement is not None:
            movements[movement] = movements.get(movement, DealSum()) + deals
    return movements


def _movement(from_type: StageType | None, to_type: StageType, *, forward: bool) -> Movement | None:
    was_open = from_type is None or from_type is StageType.OPEN
    match to_type:
        case StageType.WON:
            return Movement.WON if was_open else None
        case StageType.LOST:
            return Movement.LOST if was_open else None
        case StageType.OPEN if not was_open:
            return Movement.REOPENED
        case _ if from_type is None:
            return None
    return Movement.FORWARD if forward else Movement.BACK


def _in(stretch: Stretch) -> tuple[ColumnElement[bool], ...]:
    inner = StageChange.__table__.alias("inner_step").c
    # The second half says the same once more: from it SQLite finds the few deals without looking at all of them.
    changed = select(inner.deal_id).where(inner.at >= stretch.start, inner.at < stretch.end)
    return _steps.at >= stretch.start, _steps.at < stretch.end, Deal.id.in_(changed)


def _latest_moves(
    session: Session, chosen: Sequence[ColumnElement[bool]], stretch: Stretch, limit: int
) -> list[StageMove]:
    rows = session.execute(
        select(Deal, _steps.at, _From, _To)
        .join(_step, _steps.deal_id == Deal.id)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(_From, _From.id == _steps.from_stage_id)
        .join(_To, _To.id == _steps.to_stage_id)
        .where(*chosen, *_in(stretch))
        .options(joinedload(Deal.account))
        .order_by(_steps.at.desc(), _steps.id.desc())
        .limit(limit)
    )
    return [
        StageMove(deal=deal, at=at, from_stage=before.name, to_stage=after.name, movement=movement)
        for deal, at, before, after in rows
        if (movement := _movement(before.type, after.type, forward=after.position > before.position)) is not None
    ]


def _field_moves(
    session: Session, chosen: Sequence[ColumnElement[bool]], stretch: Stretch
) -> tuple[list[FieldMove], list[FieldMove]]:
    first: dict[tuple[int, str], Any] = {}
    last: dict[tuple[int, str], Any] = {}
    rows = session.execute(
        select(JournalChange.record_id, JournalChange.before, JournalChange.after)
        .join(JournalEntry, JournalEntry.id == JournalChange.entry_id)
        .join(Deal, and_(Deal.id == JournalChange.record_id, JournalChange.record_kind == Deal.kind))
        .join(Stage, Stage.id == Deal.stage_id)
        .where(
            *chosen,
            JournalChange.operation == "update",
            JournalEntry.at >= stretch.start,
            JournalEntry.at < stretch.end,
        )
        .order_by(JournalChange.id)
    )
    for deal_id, before, after in rows:
        for name in ("amount", "currency", "close_date"):
            if name in after:
                first.setdefault((deal_id, name), before.get(name))
                last[deal_id, name] = after[name]
    ids = {deal_id for (deal_id, name), value in last.items() if first[deal_id, name] != value}
    deals = _deals(session, ids)
    amounts = [
        FieldMove(deal=deal, before=_money(deal, first, last, old=True), after=_money(deal, first, last, old=False))
        for deal in deals
        if any(
            (deal.id, name) in last and first[deal.id, name] != last[deal.id, name] for name in ("amount", "currency")
        )
    ]
    dates = [
        FieldMove(deal=deal, before=_day(first[deal.id, "close_date"]), after=_day(last[deal.id, "close_date"]))
        for deal in deals
        if (deal.id, "close_date") in last and first[deal.id, "close_date"] != last[deal.id, "close_date"]
    ]
    return amounts, dates


_AT_ONCE = 5_000


def _deals(session: Session, ids: set[int]) -> list[Deal]:
    return list(_load(session, sorted(ids)))


def _load(session: Session, ids: list[int]) -> Iterator[Deal]:
    for index in range(0, len(ids), _AT_ONCE):
        part = ids[index : index + _AT_ONCE]
        yield from session.scalars(select(Deal).where(Deal.id.in_(part)).options(joinedload(Deal.account)))


def _money(
    deal: Deal, first: dict[tuple[int, str], Any], last: dict[tuple[int, str], Any], *, old: bool
) -> Money | None:
    known = first if old else last
    # A field that the journal does not mention is as it is now.
    amount = known.get((deal.id, "amount"), deal.amount)
    currency = known.get((deal.id, "currency")) or deal.currency
    return None if amount is None else Money(Decimal(str(amount)), currency)


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _was_open(deal: Deal, stretch: Stretch) -> bool:
    # A deal made in the stretch counts as new with the amount it has now.
    return deal.created_at < stretch.start and (deal.closed_at is None or deal.closed_at >= stretch.start)


def _value_of(rates: Rates, move: FieldMove, today: date) -> Decimal | None:
    try:
        return _worth(rates, move.after, today) - _worth(rates, move.before, today)
    except RateMissing:
        return None


def _worth(rates: Rates, value: Money | date | None, today: date) -> Decimal:
    return value.amount * rates.rate(value.currency, today) if isinstance(value, Money) else Decimal(0)
