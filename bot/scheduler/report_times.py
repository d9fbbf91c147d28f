"""Saved reports whose time has come become notices, one per occurrence; each moves on to its next time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from bot.scheduler.claiming import BATCH, stored_recurrence
from crm_store.inserting import insert_new
from crm_store.models import Notice, NoticeKind, NoticeStatus, SavedReport, User
from crm_store.store import Store

_SEVERITY = 2


def queue_saved_reports(store: Store, *, now: datetime, company_zone: str) -> int:
    """Write the notices of up to 1,000 reports due by ``now``; how many were due.

    Of times that were missed only the first is written. Raises DatabaseUnavailable; then none was written.
    """
    with store.unit_of_work(now=now) as uow:
        due = uow.session.execute(
            select(SavedReport, User.timezone)
            .join(User, User.id == SavedReport.owner_id)
            .where(SavedReport.next_at <= now, User.active.is_(True))
            .order_by(SavedReport.next_at, SavedReport.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True, of=SavedReport)
        ).all()
        insert_new(uow.session, Notice, [_notice(report, now) for report, _ in due])
        for report, zone in due:
            rule = stored_recurrence(report.recurrence or "", zone, company_zone)
            report.next_at = rule.next_after(now) if rule is not None else None
        uow.commit()
        return len(due)


def _notice(report: SavedReport, now: datetime) -> dict[str, Any]:
    due = (report.next_at or now).astimezone(UTC)
    return {
        "key": f"saved_report:{report.id}:{due.isoformat()}",
        "user_id": report.owner_id,
        "kind": NoticeKind.SAVED_REPORT,
        "topic": "",
        "severity": _SEVERITY,
        "ref": None,
        "data": {"report": report.id},
        "due_at": due,
        "say_at": due,
        "status": NoticeStatus.WAITING,
        "created_at": now,
        "failed_on": [],
    }
