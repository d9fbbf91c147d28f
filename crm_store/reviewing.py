"""The review queue: what waits in it, and what is decided about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm_store.models import ReviewItem, ReviewStatus


def open_items(
    session: Session, *, since: datetime | None = None, until: datetime | None = None, limit: int = 1000
) -> Sequence[ReviewItem]:
    """The newest ``limit`` undecided items from ``since`` (included) to ``until`` (not included), oldest first."""
    query = select(ReviewItem).where(ReviewItem.status == ReviewStatus.OPEN)
    if since is not None:
        query = query.where(ReviewItem.at >= since)
    if until is not None:
        query = query.where(ReviewItem.at < until)
    return session.scalars(query.order_by(ReviewItem.id.desc()).limit(limit)).all()[::-1]


def labelled_items(session: Session) -> Sequence[ReviewItem]:
    """The items that wait for the next training, oldest label first."""
    query = select(ReviewItem).where(ReviewItem.status == ReviewStatus.LABELLED)
    return session.scalars(query.order_by(ReviewItem.labelled_at, ReviewItem.id)).all()


def label_items(session: Session, numbers: Collection[int], label: str, *, by: str, now: datetime) -> int:
    """Say what these items mean; how many there were. One that is not learned yet can be labelled anew."""
    items = _undecided(session, numbers)
    for item in items:
        item.status, item.label, item.labelled_by, item.labelled_at = ReviewStatus.LABELLED, label, by, now
    return len(items)


def dismiss_items(session: Session, numbers: Collection[int], *, by: str, now: datetime) -> int:
    """Take these items out of the queue unlearned; how many there were."""
    items = _undecided(session, numbers)
    for item in items:
        item.status, item.label, item.labelled_by, item.labelled_at = ReviewStatus.DISMISSED, None, by, now
    return len(items)


def mark_learned(items: Collection[ReviewItem]) -> None:
    """Note that these items are among the examples the model in use was trained on."""
    for item in items:
        item.status = ReviewStatus.LEARNED


def count_by_status(session: Session) -> Counter[ReviewStatus]:
    """How many items there are in each state."""
    rows = session.execute(select(ReviewItem.status, func.count(ReviewItem.id)).group_by(ReviewItem.status))
    return Counter({ReviewStatus(status): count for status, count in rows})


def _undecided(session: Session, numbers: Collection[int]) -> Sequence[ReviewItem]:
    query = select(ReviewItem).where(
        ReviewItem.id.in_(tuple(numbers)), ReviewItem.status.in_((ReviewStatus.OPEN, ReviewStatus.LABELLED))
    )
    return session.scalars(query).all()
