"""Segments that stay true by themselves: their members are whoever the last run of scoring puts in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from crm_store.insights.scoring.rfm import RFM_SEGMENTS
from crm_store.insights.scoring.runs import current_run
from crm_store.models import Account, AccountScore, Segment
from crm_store.names import name_key

CLUSTER = "group_"
_CANNOT = re.compile(r"can'?t|can\u2019t|can not", re.IGNORECASE)


def keep_segments(session: Session, *, clusters: int, now: datetime) -> None:
    """Write down the segments there are; a group that no longer exists is deleted."""
    known = {each.key: each for each in session.scalars(select(Segment))}
    wanted: dict[str, tuple[str, dict[str, Any]]] = {
        key: (key.replace("_", " "), {"segment": key}) for key in RFM_SEGMENTS
    }
    wanted |= {f"{CLUSTER}{n + 1}": (f"group {n + 1}", {"cluster": n}) for n in range(clusters)}
    for key, (name, rule) in wanted.items():
        segment = known.get(key)
        if segment is None:
            session.add(Segment(key=key, name=name, rule=rule, updated_at=now))
        else:
            segment.updated_at = now
    for key, segment in known.items():
        if key.startswith(CLUSTER) and key not in wanted:
            session.delete(segment)
    session.flush()


def segments(session: Session) -> Sequence[Segment]:
    """Every segment, in the order they were first written down."""
    return session.scalars(select(Segment).order_by(Segment.id)).all()


def segment_called(session: Session, said: str) -> Segment | None:
    """The segment of that name: "champions", "at risk", "can't lose", "group 2"."""
    words = name_key(_CANNOT.sub("cannot", said.replace("_", " "))).removesuffix(" segment").strip()
    found = {name_key(each.name): each for each in segments(session)}
    return found.get(words) or found.get(f"{words}s") or found.get(words.removesuffix(" customers"))


def members(session: Session, segment: Segment) -> Select[Account, AccountScore]:
    """The members of a segment and their scores, the most valuable first; empty before the first run of scoring."""
    run = current_run(session)
    return (
        select(Account, AccountScore)
        .join(AccountScore, AccountScore.account_id == Account.id)
        .where(AccountScore.run_id == (run.id if run is not None else -1), _condition(segment))
        .order_by(func.coalesce(AccountScore.value, AccountScore.revenue).desc(), Account.id)
    )


def _condition(segment: Segment) -> ColumnElement[bool]:
    if "cluster" in segment.rule:
        return AccountScore.cluster == int(segment.rule["cluster"])
    return AccountScore.segment == str(segment.rule["segment"])
