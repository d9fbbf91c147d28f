"""Open deals that nobody looks after: no activity for longer than their stage allows, or a close date that passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from crm_store.insights.deal_sums import DealSum, sum_deals
from crm_store.insights.pipeline import open_deals
from crm_store.insights.selection import DealSelection, value_order
from crm_store.models import Deal, Stage, StageType
from crm_store.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleRule:
    """What makes an open deal stale; any of it does.

    ``quiet_since``: no activity since then; None with ``rotting``: for its stage's own number of days.
    ``unmoved_since``: in its stage since before then. ``overdue``: its close date has passed. ``without_next_step``:
    nothing is planned.
    """

    rotting: bool = False
    quiet_since: datetime | None = None
    unmoved_since: datetime | None = None
    overdue: bool = False
    without_next_step: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleDeals:
    """The stale deals: all of them in sum, how many are quiet and how many overdue (some are both), and the largest."""

    total: DealSum
    quiet: int
    overdue: int
    largest: Sequence[Deal]


def find_stale(
    session: Session,
    rates: Rates,
    selection: DealSelection,
    rule: StaleRule,
    *,
    now: datetime,
    today: date,
    limit: int,
) -> StaleDeals:
    """The open deals of a selection that a rule calls stale."""
    quiet = _quiet(session, rule, now)
    overdue = Deal.close_date < today
    reasons: list[ColumnElement[bool]] = [quiet]
    if rule.overdue:
        reasons.append(overdue)
    if rule.unmoved_since is not None:
        reasons.append(Deal.stage_since < rule.unmoved_since)
    if rule.without_next_step:
        reasons.append(or_(Deal.next_step.is_(None), Deal.next_step == ""))
    where = [*open_deals(session, rates, selection, today=today), or_(*reasons)]
    counts = select(func.count(Deal.id).filter(quiet), func.count(Deal.id).filter(overdue))
    quiet_count, overdue_count = session.execute(counts.join(Stage, Stage.id == Deal.stage_id).where(*where)).one()
    largest = session.scalars(
        select(Deal)
        .join(Deal.stage)
        .where(*where)
        .options(contains_eager(Deal.stage), joinedload(Deal.account), joinedload(Deal.owner))
        .order_by(*value_order(session, rates, today))
        .limit(limit)
    ).all()
    total = sum_deals(session, rates, where=where, on=today).get((), DealSum())
    return StaleDeals(total=total, quiet=quiet_count, overdue=overdue_count, largest=largest)


def _quiet(session: Session, rule: StaleRule, now: datetime) -> ColumnElement[bool]:
    if rule.quiet_since is not None:
        return Deal.last_activity_at < rule.quiet_since
    if not rule.rotting:
        return false()
    allowed: dict[int, list[int]] = {}
    stages = select(Stage.id, Stage.rotting_days).where(Stage.type == StageType.OPEN, Stage.rotting_days.is_not(None))
    for stage_id, days in session.execute(stages):
        allowed.setdefault(days or 0, []).append(stage_id)
    conditions = [
        and_(Deal.stage_id.in_(stage_ids), Deal.last_activity_at < now - timedelta(days=days))
        for days, stage_ids in allowed.items()
    ]
    return or_(*conditions) if conditions else false()
