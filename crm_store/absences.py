"""Who is away, until when, and who stands in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from crm_store.models import Absence, Notice, NoticeStatus


def absences_at(session: Session, now: datetime) -> dict[int, Absence]:
    """The absence each colleague is in at ``now``; of several the one that ends last."""
    query = select(Absence).where(Absence.starts_at <= now, Absence.ends_at > now).order_by(Absence.ends_at)
    return {each.user_id: each for each in session.scalars(query.options(joinedload(Absence.user)))}


def absences_between(session: Session, since: datetime, until: datetime) -> list[Absence]:
    """Everybody's absences that touch [since, until), the earliest first."""
    query = select(Absence).where(Absence.starts_at < until, Absence.ends_at > since)
    return list(session.scalars(query.order_by(Absence.starts_at, Absence.id)))


def be_away(
    session: Session, user_id: int, *, starts_at: datetime, ends_at: datetime, delegate_id: int | None, now: datetime
) -> Absence:
    """Write down an absence; it takes the place of those of the person it touches."""
    for other in absences_between(session, starts_at, ends_at):
        if other.user_id == user_id:
            session.delete(other)
    absence = Absence(user_id=user_id, starts_at=starts_at, ends_at=ends_at, delegate_id=delegate_id, created_at=now)
    session.add(absence)
    session.flush()
    return absence


def be_back(session: Session, user_id: int, *, now: datetime) -> bool:
    """End what the person is in now and forget what they had planned; whether there was any.

    What waited for them may be said at once.
    """
    theirs = session.scalars(select(Absence).where(Absence.user_id == user_id, Absence.ends_at > now)).all()
    for absence in theirs:
        if absence.starts_at < now:
            absence.ends_at = now
        else:
            session.delete(absence)
    session.flush()
    held = (Notice.user_id == user_id, Notice.status == NoticeStatus.WAITING, Notice.held_because == "away")
    session.execute(update(Notice).where(*held).values(say_at=now))
    return bool(theirs)
