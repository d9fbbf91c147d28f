"""Messages no channel took: said again elsewhere, and reported when there is nowhere else.

The outbox has by then tried each of them several times, at growing intervals.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from bot.scheduler.places import find_places
from crm_store.inserting import insert_new
from crm_store.models import Conversation, Notice, NoticeKind, NoticeStatus, Outbox, OutboxStatus, Role, User
from crm_store.store import Store

BATCH = 200
_SEVERITY = 3
_GIVEN_UP = (Outbox.status == OutboxStatus.FAILED, Notice.status == NoticeStatus.SAID)


def take_up_failed(store: Store, *, now: datetime) -> int:
    """Put notices whose message was given up back to be said on another channel of their person; how many there were.

    One that every channel has refused is marked as failed, and the admins are told. Raises DatabaseUnavailable.
    """
    with store.unit_of_work(now=now, read_only=True) as uow:
        if not uow.session.scalar(select(given_up_wait())):
            return 0
    with store.unit_of_work(now=now) as uow:
        failed = uow.session.execute(
            select(Notice, Conversation.channel)
            .join(Outbox, Outbox.id == Notice.outbox_id)
            .join(Conversation, Conversation.id == Outbox.conversation_id)
            .where(*_GIVEN_UP)
            .order_by(Notice.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True, of=Notice)
        ).all()
        places = find_places(uow.session, {notice.user_id for notice, _ in failed}, preferred={})
        given_up = []
        for notice, channel in failed:
            notice.failed_on = [*notice.failed_on, channel]
            if any(place.conversation.channel not in notice.failed_on for place in places.get(notice.user_id, ())):
                notice.status, notice.say_at, notice.said_at = NoticeStatus.WAITING, now, None
            else:
                notice.status = NoticeStatus.FAILED
                given_up.append(notice)
        _report(uow.session, given_up, now)
        uow.commit()
        return len(failed)


def given_up_wait() -> ColumnElement[bool]:
    """Whether any is to be taken up."""
    return exists().where(Outbox.id == Notice.outbox_id, *_GIVEN_UP)


def _report(session: Session, given_up: list[Notice], now: datetime) -> None:
    admins = session.scalars(select(User.id).where(User.role == Role.ADMIN, User.active.is_(True))).all()
    insert_new(
        session,
        Notice,
        [
            _report_of(notice, admin_id, now)
            for notice in given_up
            if notice.kind is not NoticeKind.REPORT
            for admin_id in admins
            if admin_id != notice.user_id
        ],
    )


def _report_of(notice: Notice, admin_id: int, now: datetime) -> dict[str, Any]:
    return {
        "key": f"report:{admin_id}:{notice.key}",
        "user_id": admin_id,
        "kind": NoticeKind.REPORT,
        "topic": "delivery_failed",
        "severity": _SEVERITY,
        "ref": notice.ref,
        "data": {"person": notice.user_id, "channels": notice.failed_on},
        "due_at": now,
        "say_at": now,
        "status": NoticeStatus.WAITING,
        "created_at": now,
        "failed_on": [],
    }
