"""How far the forecast of a quarter has moved: what it says now beside what it said at an earlier moment.

The earlier one is put together again from the stage history and the journal: which stage each deal was in then, and
what its amount and close date were. Deals that have been deleted since are in neither.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crm_store.errors import RateMissing
from crm_store.models import Deal, ForecastCategory, JournalChange, JournalEntry, Stage, StageChange, StageType
from crm_store.money import Money
from crm_store.rates import Rates
from crm_store.values import from_json

_FIELDS = ("amount", "currency", "close_date", "owner_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastMove:
    """The expected sales (won, and open by probability) in the company's currency, of one owner."""

    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)


def forecast_moves(
    session: Session, rates: Rates, *, first: date, last: date, since: datetime, today: date
) -> dict[int, ForecastMove]:
    """By owner, the forecast of the days ``first`` to ``last`` as of ``since`` and as of now, at today's rates.

    Amounts without a rate are left out of both.
    """
    stages = {stage.id: stage for stage in session.scalars(select(Stage))}
    deals = session.scalars(
        select(Deal).where(or_(Deal.closed_at.is_(None), Deal.closed_at >= since, Deal.close_date >= first))
    ).all()
    then, stage_then = _fields_then(session, since), _stages_then(session, since)
    before: dict[int, Decimal] = {}
    after: dict[int, Decimal] = {}
    for deal in deals:
        values = {field: getattr(deal, field) for field in _FIELDS}
        _add(after, values, stages[deal.stage_id], deal.closed_at, rates, first, last, today)
        if deal.created_at <= since:
            old = stages[stage_then.get(deal.id, deal.stage_id)]
            closed_at = None if deal.closed_at is None or deal.closed_at > since else deal.closed_at
            _add(before, values | then.get(deal.id, {}), old, closed_at, rates, first, last, today)
    zero = Decimal(0)
    owners: Collection[int] = before.keys() | after.keys()
    return {each: ForecastMove(before=before.get(each, zero), after=after.get(each, zero)) for each in owners}


def _add(  # noqa: PLR0917 - the parts of one sum
    sums: dict[int, Decimal],
    values: dict[str, Any],
    stage: Stage,
    closed_at: datetime | None,
    rates: Rates,
    first: date,
    last: date,
    today: date,
) -> None:
    won = stage.type is StageType.WON
    day = closed_at.date() if won and closed_at is not None else values["close_date"]
    left_out = stage.type is StageType.LOST or stage.forecast_category is ForecastCategory.OMITTED
    if left_out or values["amount"] is None or day is None or not first <= day <= last:
        return
    try:
        worth = rates.convert(Money(values["amount"], values["currency"]), today).amount
    except RateMissing:
        return
    share = Decimal(1) if won else Decimal(stage.probability) / 100
    sums[values["owner_id"]] = sums.get(values["owner_id"], Decimal(0)) + worth * share


def _fields_then(session: Session, since: datetime) -> dict[int, dict[str, Any]]:
    """The fields that were something else, by deal: the value before the first change after ``since``."""
    changes = (
        select(JournalChange)
        .join(JournalEntry, JournalEntry.id == JournalChange.entry_id)
        .where(JournalEntry.at > since, JournalChange.record_kind == Deal.kind, JournalChange.operation == "update")
        .order_by(JournalChange.id.desc())
    )
    found: dict[int, dict[str, Any]] = {}
    for change in session.scalars(changes):
        old = {field: from_json(Deal, field, change.before[field]) for field in _FIELDS if field in change.before}
        found[change.record_id] = found.get(change.record_id, {}) | old
    return found


def _stages_then(session: Session, since: datetime) -> dict[int, int]:
    """The stage each deal came from with its first move after ``since``."""
    moves = select(StageChange).where(StageChange.at > since, StageChange.from_stage_id.is_not(None))
    found: dict[int, int] = {}
    for move in session.scalars(moves.order_by(StageChange.at.desc(), StageChange.id.desc())):
        if move.from_stage_id is not None:
            found[move.deal_id] = move.from_stage_id
    return found
