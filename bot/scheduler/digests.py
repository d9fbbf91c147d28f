"""Digests and the evening's summary: written when their time has come by their person's own clock, once a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from actions.countries import country_of
from bot.scheduler.manners import is_workday
from bot.scheduler.watching import OVER_CAP
from crm_store.inserting import insert_new
from crm_store.models import Absence, Attention, Notice, NoticeKind, NoticeStatus, User
from crm_store.store import Store

SUMMARY_AT = time(17, 45)
TOO_LATE = timedelta(hours=6)
"""A digest that could not be sent for so long is not sent any more: the next one says it better."""
_SEVERITY = 1
_BACK_SINCE = timedelta(hours=18)


def queue_digests(store: Store, *, now: datetime, company_zone: str) -> int:
    """Write the notices of the digests and summaries whose time has come; how many were due, written before or not.

    A daily digest and a summary come on working days only. Raises DatabaseUnavailable; then none was written.
    """
    with store.unit_of_work(now=now) as uow:
        session = uow.session
        rows = [*_digests(session, now, company_zone), *_summaries(session, now, company_zone), *_returns(session, now)]
        insert_new(uow.session, Notice, rows)
        uow.commit()
        return len(rows)


def _digests(session: Session, now: datetime, company_zone: str) -> Iterator[dict[str, Any]]:
    chosen = select(Attention, User.timezone).join(User, User.id == Attention.user_id).where(User.active.is_(True))
    for wishes, timezone in session.execute(chosen):
        zone = _zone(timezone, company_zone)
        today = now.astimezone(zone).date()
        country = wishes.country or country_of(zone.key)
        if wishes.daily_digest_at is not None and is_workday(today, country):
            yield from _if_due("daily", wishes.user_id, datetime.combine(today, wishes.daily_digest_at, zone), now)
        if wishes.weekly_digest_at is not None and wishes.weekly_digest_day == today.weekday():
            yield from _if_due("weekly", wishes.user_id, datetime.combine(today, wishes.weekly_digest_at, zone), now)


def _summaries(session: Session, now: datetime, company_zone: str) -> Iterator[dict[str, Any]]:
    dropped = exists().where(
        Notice.user_id == User.id,
        Notice.status == NoticeStatus.DROPPED,
        Notice.held_because == OVER_CAP,
        Notice.created_at > now - timedelta(hours=18),
    )
    for user_id, timezone in session.execute(select(User.id, User.timezone).where(User.active.is_(True), dropped)):
        zone = _zone(timezone, company_zone)
        yield from _if_due("summary", user_id, datetime.combine(now.astimezone(zone).date(), SUMMARY_AT, zone), now)


def _returns(session: Session, now: datetime) -> Iterator[dict[str, Any]]:
    """Who is back from being away hears what went to others meanwhile."""
    ended = select(Absence).where(Absence.ends_at <= now, Absence.ends_at > now - _BACK_SINCE)
    for absence in session.scalars(ended.where(Absence.delegate_id.is_not(None))):
        row = _row("back", absence.user_id, f"back:{absence.id}", absence.ends_at, now)
        yield row | {"data": {"absence": absence.id}}


def _if_due(topic: str, user_id: int, due: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """``due`` is in the person's zone; its day there names the occurrence."""
    if not timedelta(0) <= now - due < TOO_LATE:
        return
    yield _row(topic, user_id, f"{topic}:{user_id}:{due.date()}", due, now)


def _row(topic: str, user_id: int, key: str, due: datetime, now: datetime) -> dict[str, Any]:
    return {
        "key": key,
        "user_id": user_id,
        "kind": NoticeKind.SUMMARY if topic in {"summary", "back"} else NoticeKind.DIGEST,
        "topic": topic,
        "severity": _SEVERITY,
        "ref": None,
        "data": {},
        "due_at": due,
        "say_at": due,
        "status": NoticeStatus.WAITING,
        "created_at": now,
        "failed_on": [],
    }


def _zone(name: str, company_zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(company_zone)
