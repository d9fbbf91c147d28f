"""What follows by itself when a deal or an activity changes: stage history, closing time, freshness, name keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from crm_store.models import Account, Activity, Contact, Deal, Product, Stage, StageChange, StageType, User
from crm_store.names import name_key


def apply_sales_rules(session: Session, *, now: datetime) -> None:
    """Derive what follows from the session's new and changed records. Called before each flush."""
    for item in list(session.new):
        if isinstance(item, Deal):
            _enter_stage(session, item, from_stage_id=None, now=now)
        elif isinstance(item, Activity):
            _freshen(session, item)
        _set_name_key(item)
    for item in list(session.dirty):
        if isinstance(item, Deal):
            history = inspect(item).attrs.stage_id.history
            if history.has_changes() and history.deleted:
                _enter_stage(session, item, from_stage_id=history.deleted[0], now=now)
        _set_name_key(item)


def _set_name_key(item: object) -> None:
    if isinstance(item, User | Account | Contact | Product | Deal):
        key = name_key(item.name)
        if item.name_key != key:
            item.name_key = key


def _enter_stage(session: Session, deal: Deal, *, from_stage_id: int | None, now: datetime) -> None:
    if deal.stage_id is None and deal.stage is not None:
        deal.stage_id = deal.stage.id
    stage = session.get_one(Stage, deal.stage_id)
    deal.stage_since = now
    if deal.last_activity_at is None:
        deal.last_activity_at = now
    deal.closed_at = None if stage.type is StageType.OPEN else (deal.closed_at or now)
    if stage.type is not StageType.LOST:
        deal.lost_reason = None
    deal.stage_changes.append(StageChange(from_stage_id=from_stage_id, to_stage_id=stage.id, at=now))


def _freshen(session: Session, activity: Activity) -> None:
    if activity.deal_id is None:
        return
    deal = session.get(Deal, activity.deal_id)
    if deal is not None and activity.at > deal.last_activity_at:
        deal.last_activity_at = activity.at
