"""Nudges: what the rules find becomes notices, the urgent and long-standing first, as many a day as each person wants.

What is beyond the day's cap is written as dropped, so that the summary at the end of the day can tell of it and the
next look does not find it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.scheduler.manners import URGENT
from crm_store.absences import absences_at
from crm_store.inserting import insert_new
from crm_store.insights.churn_alerts import ChurnScores, KeptScores
from crm_store.insights.due_nudges import Finding, find_nudges
from crm_store.models import Attention, Notice, NoticeKind, NoticeStatus, Silence, Team, User
from crm_store.rates import Rates
from crm_store.store import Store

DEFAULT_CAP = 8
DEFAULT_CHURN: ChurnScores = KeptScores()
OVER_CAP = "cap"
"""Why a nudge was held back for good: its person had heard enough that day."""
_DAY = timedelta(hours=18)
"""What was written within this time counts for the same day, wherever its person lives."""


def watch(
    store: Store,
    *,
    now: datetime,
    currency: str,
    company_zone: str,
    churn: ChurnScores = DEFAULT_CHURN,
    channels: Collection[str] = (),
) -> int:
    """Write the notices of everything the rules find that is new and wanted; how many are to be said.

    ``channels`` names the teams that hear of big deals won in a channel of their own (``wins.py``). Raises
    DatabaseUnavailable; then none was written.
    """
    with store.unit_of_work(now=now) as uow:
        session = uow.session
        today = now.astimezone(ZoneInfo(company_zone)).date()
        rates = Rates.load(session, currency)
        wanted = _Wanted(session, now, channels)
        found = [
            each for each in find_nudges(session, rates, now=now, today=today, churn=churn) if wanted.is_wanted(each)
        ]
        rows = list(_rows(found, _room_left(session, now), now))
        insert_new(session, Notice, rows)
        uow.commit()
        return sum(1 for row in rows if row["status"] is NoticeStatus.WAITING)


class _Wanted:
    """What need not be said: it was said before, its person is gone, or they do not want to hear of it."""

    def __init__(self, session: Session, now: datetime, channels: Collection[str]) -> None:
        in_channel = select(User.id).join(Team, Team.id == User.team_id).where(Team.name.in_(channels))
        self._hears_in_channel = set(session.scalars(in_channel)) if channels else set()
        self._said = set(session.scalars(select(Notice.key).where(Notice.kind == NoticeKind.NUDGE)))
        self._active = set(session.scalars(select(User.id).where(User.active.is_(True))))
        self._away = absences_at(session, now)
        silences = select(Silence).where(or_(Silence.until.is_(None), Silence.until > now))
        self._silent = {(each.user_id, each.topic, each.ref) for each in session.scalars(silences)}

    def is_wanted(self, finding: Finding) -> bool:
        """Whether to say it."""
        if finding.user_id not in self._active or _key(finding) in self._said:
            return False
        who = finding.user_id
        if finding.topic == "big_deal_won" and who in self._hears_in_channel:
            return False
        absence = self._away.get(who)
        if absence is not None and (absence.delegate_id is None or finding.severity < URGENT):
            # It is found again when they are back, if it is still so.
            return False
        return not self._silent & {
            (who, finding.topic, None),
            (who, finding.topic, finding.ref),
            (who, ALL_TOPICS, None),
            (who, ALL_TOPICS, finding.ref),
        }


ALL_TOPICS = "all"
"""The topic of a silence that covers every nudge."""


def _key(finding: Finding) -> str:
    return f"nudge:{finding.topic}:{finding.user_id}:{finding.ref}:{finding.occurrence}"


def _room_left(session: Session, now: datetime) -> dict[int, int]:
    """How many more nudges each person gets today; who is not in it gets the default."""
    caps = {row.user_id: row.daily_cap for row in session.scalars(select(Attention))}
    today = (
        select(Notice.user_id, func.count())
        .where(Notice.kind == NoticeKind.NUDGE, Notice.status != NoticeStatus.DROPPED, Notice.created_at > now - _DAY)
        .group_by(Notice.user_id)
    )
    had = {row[0]: row[1] for row in session.execute(today)}
    return {each: caps.get(each, DEFAULT_CAP) - had.get(each, 0) for each in caps.keys() | had.keys()}


def _rows(found: Iterable[Finding], room: dict[int, int], now: datetime) -> Iterable[dict[str, Any]]:
    of_person: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in found:
        of_person[finding.user_id].append(finding)
    for user_id, findings in of_person.items():
        findings.sort(key=lambda each: (-each.severity, each.since))
        left = max(0, room.get(user_id, DEFAULT_CAP))
        for number, finding in enumerate(findings):
            yield _row(finding, now, within_cap=number < left)


def _row(finding: Finding, now: datetime, *, within_cap: bool) -> dict[str, Any]:
    return {
        "key": _key(finding),
        "user_id": finding.user_id,
        "kind": NoticeKind.NUDGE,
        "topic": finding.topic,
        "severity": finding.severity,
        "ref": finding.ref,
        "data": dict(finding.data),
        "due_at": now.astimezone(UTC),
        "say_at": now.astimezone(UTC),
        "status": NoticeStatus.WAITING if within_cap else NoticeStatus.DROPPED,
        "held_because": None if within_cap else OVER_CAP,
        "created_at": now,
        "failed_on": [],
    }
