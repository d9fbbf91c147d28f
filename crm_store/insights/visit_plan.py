"""Whom a salesperson should see next: their customers ranked by value, urgency and how long they have been quiet.

    priority = ln(1 + value / 1,000) · urgency · quiet

``value`` is the weighted open deals plus a quarter of last year's orders, in the company's currency; ``urgency`` is 1,
plus the churn probability of the last scoring, plus 1 when an open deal is to close within two weeks or should have;
``quiet`` is the days since the last activity over 30, at most 3, and 0 within three days of one. The share of effort is
the softmax of the priorities over their standard deviation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import exp, log1p, sqrt
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from crm_store.errors import RateMissing
from crm_store.insights.deal_sums import sum_deals
from crm_store.insights.selection import in_stages
from crm_store.models import (
    Absence,
    Account,
    AccountScore,
    Activity,
    Attention,
    Deal,
    Order,
    OrderStatus,
    ScoringRun,
    StageType,
    Task,
    User,
)
from crm_store.rates import Rates

VISIT = timedelta(minutes=60)
PAUSE = timedelta(minutes=30)
MOST_A_DAY = 4
_WORK_FROM, _WORK_UNTIL = time(9), time(17)
_SOON = timedelta(days=14)
_JUST_SEEN, _MONTH, _MOST_QUIET = 3, 30, 3.0
_THOUSAND = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A customer who might be seen, with what their rank follows from. ``quiet_days`` is None: never spoken to."""

    account_id: int
    name: str
    value: Decimal
    churn: float | None
    closes_on: date | None
    quiet_days: int | None

    def priority(self, today: date) -> float:
        """The rank's number, 0 and more."""
        soon = self.closes_on is not None and self.closes_on <= today + _SOON
        urgency = 1.0 + (self.churn or 0.0) + (1.0 if soon else 0.0)
        days = self.quiet_days
        quiet = _MOST_QUIET if days is None else 0.0 if days <= _JUST_SEEN else min(_MOST_QUIET, days / _MONTH)
        return log1p(max(0.0, float(self.value)) / _THOUSAND) * urgency * quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit or call: whom, when (aware, UTC), and its share of the effort among all candidates."""

    candidate: Candidate
    at: datetime
    share: float


def shares(priorities: Sequence[float]) -> list[float]:
    """The softmax of priorities over their standard deviation: adding up to 1, for any numbers.

    The largest is subtracted first and all are taken in parts of their range, so that nothing overflows.
    """
    if not priorities:
        return []
    top, span = max(priorities), max(priorities) - min(priorities)
    below = [(each - top) / span if span else 0.0 for each in priorities]
    mean = sum(below) / len(below)
    spread = sqrt(sum((each - mean) ** 2 for each in below) / len(below)) or 1.0
    weights = [exp(each / spread) for each in below]
    total = sum(weights)
    return [each / total for each in weights]


def plan_visits(
    candidates: Sequence[Candidate], slots: Sequence[datetime], *, today: date, skipped: Collection[int] = ()
) -> list[Visit]:
    """The customers with the highest priority in the free slots, the highest first; none with a priority of 0."""
    wanted = [each for each in candidates if each.account_id not in skipped and each.priority(today) > 0]
    wanted.sort(key=lambda each: (-each.priority(today), each.name, each.account_id))
    effort = shares([each.priority(today) for each in wanted])
    return [Visit(candidate=each, at=at, share=share) for each, at, share in zip(wanted, slots, effort, strict=False)]


def customers_of(session: Session, rates: Rates, user: User, *, now: datetime, today: date) -> list[Candidate]:
    """The visible customers a user owns, with their value, risk and last contact."""
    owned = session.execute(select(Account.id, Account.name).where(Account.owner_id == user.id))
    accounts = {number: name for number, name in owned}  # noqa: C416 - rows are no pairs to the type checker
    weighted = sum_deals(
        session,
        rates,
        where=[in_stages(session, StageType.OPEN), Deal.owner_id == user.id],
        on=today,
        by=(Deal.account_id,),
    )
    ordered = _ordered(session, rates, user, now, today)
    seen = _last_seen(session, user)
    first_closing = session.execute(
        select(Deal.account_id, func.min(Deal.close_date))
        .where(in_stages(session, StageType.OPEN), Deal.owner_id == user.id)
        .group_by(Deal.account_id)
    )
    closing = {number: day for number, day in first_closing}  # noqa: C416
    churn = _churn(session)
    found = []
    for number, name in accounts.items():
        deals = weighted.get((number,))
        last = seen.get(number)
        value = (deals.weighted if deals is not None else Decimal(0)) + ordered.get(number, Decimal(0)) / 4
        found.append(
            Candidate(
                account_id=number,
                name=name,
                value=value,
                churn=churn.get(number),
                closes_on=closing.get(number),
                quiet_days=(now - last).days if last is not None else None,
            )
        )
    return found


def free_slots(
    session: Session, user: User, *, first: date, last: date, now: datetime, zone: ZoneInfo, most: int
) -> list[datetime]:
    """When visits may begin (UTC): in the user's working hours, not on days off or away, not beside tasks with a time.

    Spread over the days: the first slot of each day comes before the second of any.
    """
    hours = session.get(Attention, user.id)
    opens = (hours.work_from if hours is not None else None) or _WORK_FROM
    closes = (hours.work_until if hours is not None else None) or _WORK_UNTIL
    taken = [
        each
        for each in session.scalars(
            select(Task.due_at).where(Task.assignee_id == user.id, Task.done_at.is_(None), Task.due_at.is_not(None))
        )
        if each is not None
    ]
    away = session.execute(select(Absence.starts_at, Absence.ends_at).where(Absence.user_id == user.id)).all()
    by_day: list[list[datetime]] = []
    day = first
    while day <= last:
        if not _is_day_off(day, hours.country if hours is not None else None):
            by_day.append([])
            at = datetime.combine(day, opens, zone)
            while at + VISIT <= datetime.combine(day, closes, zone) and len(by_day[-1]) < MOST_A_DAY:
                moment = at.astimezone(UTC)
                busy = any(moment - VISIT < each < moment + VISIT for each in taken)
                gone = any(start < moment + VISIT and moment < end for start, end in away)
                if moment > now and not busy and not gone:
                    by_day[-1].append(moment)
                at += VISIT + PAUSE
        day += timedelta(days=1)
    spread = [slots[place] for place in range(MOST_A_DAY) for slots in by_day if place < len(slots)]
    return spread[:most]


def _ordered(session: Session, rates: Rates, user: User, now: datetime, today: date) -> dict[int, Decimal]:
    """What each customer ordered in the last year, at today's rates; currencies without a rate are left out."""
    rows = session.execute(
        select(Order.account_id, Order.currency, func.sum(type_coerce(Order.total, BigInteger)))
        .join(Account, Account.id == Order.account_id)
        .where(
            Account.owner_id == user.id,
            Order.placed_at >= now - timedelta(days=365),
            Order.status != OrderStatus.CANCELLED,
        )
        .group_by(Order.account_id, Order.currency)
    )
    found: dict[int, Decimal] = {}
    for number, currency, total in rows:
        try:
            rate = rates.rate(currency, today)
        except RateMissing:
            continue
        found[number] = found.get(number, Decimal(0)) + Decimal(int(total)).scaleb(-3) * rate
    return found


def _last_seen(session: Session, user: User) -> Mapping[int, datetime]:
    rows = session.execute(
        select(Activity.account_id, func.max(Activity.at))
        .join(Account, Account.id == Activity.account_id)
        .where(Account.owner_id == user.id)
        .group_by(Activity.account_id)
    )
    return {number: at for number, at in rows if number is not None}


def _churn(session: Session) -> Mapping[int, float]:
    latest = session.scalar(
        select(ScoringRun.id)
        .where(ScoringRun.finished_at.is_not(None))
        .order_by(ScoringRun.finished_at.desc())
        .limit(1)
    )
    rows = session.execute(select(AccountScore.account_id, AccountScore.churn).where(AccountScore.run_id == latest))
    return {number: churn for number, churn in rows if churn is not None}


def _is_day_off(day: date, country: str | None) -> bool:
    if day.weekday() >= 5:
        return True
    try:
        return country is not None and day in holidays.country_holidays(country, years=day.year)
    except NotImplementedError:
        return False
