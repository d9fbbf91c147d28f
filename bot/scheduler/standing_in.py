"""What becomes of notices for somebody who is away: it waits for them, or goes to who stands in for them.

Reminders and urgent things go to the delegate, when there is one who works here, can be reached and is not away too;
approvals do not, for they are the person's own to give. Digests are not sent at all: the next one says it better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from bot.scheduler.manners import URGENT
from bot.scheduler.places import find_places
from crm_store.models import Absence, Notice, NoticeKind, NoticeStatus, User

AWAY = "away"
"""Why a notice was held back or dropped: its person was away."""
FOR = "for"
"""The key in a notice's data that names the absent colleague it is meant for, "back" beside it when they are back."""
_OF_THE_DAY = frozenset({NoticeKind.DIGEST, NoticeKind.SUMMARY})


def put_off(session: Session, waiting: Sequence[Notice], absence: Absence, absent: Mapping[int, Absence]) -> None:
    """Drop, hand on or put off the notices of one who is away; ``absent`` are all who are."""
    delegate = _delegate(session, absence, absent)
    for notice in waiting:
        if notice.kind in _OF_THE_DAY:
            notice.status, notice.held_because = NoticeStatus.DROPPED, AWAY
        elif delegate is not None and _cannot_wait(notice) and FOR not in notice.data:
            notice.data = {**notice.data, FOR: absence.user_id, "back": absence.ends_at.isoformat()}
            notice.user_id, notice.held_because = delegate.id, AWAY
        else:
            notice.say_at, notice.held_because = absence.ends_at, AWAY


def _delegate(session: Session, absence: Absence, absent: Mapping[int, Absence]) -> User | None:
    if absence.delegate_id is None or absence.delegate_id in absent:
        return None
    delegate = session.get(User, absence.delegate_id)
    if delegate is None or not delegate.active or not find_places(session, {delegate.id}, preferred={}):
        return None
    return delegate


def _cannot_wait(notice: Notice) -> bool:
    if notice.kind is NoticeKind.APPROVAL:
        return False
    return notice.kind is NoticeKind.REMINDER or notice.severity >= URGENT
