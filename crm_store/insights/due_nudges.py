"""What colleagues should be nudged about, by rule: each finding names its person, its record and its occurrence.

An occurrence is the fact a nudge is about and how often it has been repeated: it changes when the fact does (somebody
has touched the deal, the close date has moved) and again after the rule's cooldown. The same occurrence is never said
twice, so finding it again costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload

from crm_store.insights.big_wins import big_wins
from crm_store.insights.birthdays import birthdays_near
from crm_store.insights.churn_alerts import THRESHOLD, ChurnScores
from crm_store.insights.forecast_moves import ForecastMove, forecast_moves
from crm_store.insights.quota import quotas_of, share_elapsed
from crm_store.models import Account, Deal, Order, OrderLine, Product, Stage, StageType, Task, User
from crm_store.money import Money
from crm_store.rates import Rates
from crm_store.values import JsonValue

FORECAST_MOVE = Decimal(10_000)
"""A forecast that moved by less (company currency), or by less than a tenth, is no news."""
PROPOSAL = "Proposal"
"""The stage in which a proposal is with the customer."""
_PROPOSAL_WAITS = timedelta(days=5)
_FORECAST_SHARE, _FORECAST_LOOKS_BACK = Decimal("0.10"), timedelta(days=7)
_BEHIND = Decimal("0.20")
_GRACE = timedelta(days=1)
_PLANLESS = timedelta(days=3)
_RENEWS_AFTER, _RENEWAL_NOTICE = timedelta(days=365), timedelta(days=30)
_QUARTER_START = timedelta(days=21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to nudge ``user_id`` about. ``since`` is when it came about; the longest-standing goes first."""

    topic: str
    user_id: int
    ref: str
    occurrence: str
    severity: int
    since: datetime
    data: Mapping[str, JsonValue]


def find_nudges(session: Session, rates: Rates, *, now: datetime, today: date, churn: ChurnScores) -> Iterator[Finding]:
    """Everything any rule finds at ``now``; ``today`` is the company's day, ``churn`` tells who may be leaving."""
    for rule in _RULES:
        yield from rule(session, rates, now, today)
    yield from churn_risks(session, churn, now)


def churn_risks(session: Session, churn: ChurnScores, now: datetime) -> Iterator[Finding]:
    """Customers whose risk of leaving is above the threshold, told once for each piece of news."""
    for risk in churn.risks(session, now=now):
        if risk.score >= THRESHOLD:
            yield Finding(
                topic="churn_risk",
                user_id=risk.owner_id,
                ref=f"account:{risk.account_id}",
                occurrence=risk.news,
                severity=2,
                since=risk.since,
                data={"score": round(risk.score, 3), "quiet": risk.days_quiet, "usual": risk.usual_days},
            )


Rule = Callable[[Session, Rates, datetime, date], Iterator[Finding]]


def _repeat(since: datetime, now: datetime, cooldown: timedelta) -> int:
    return (now - since) // cooldown


def stale_deals(session: Session, _rates: Rates, now: datetime, _today: date) -> Iterator[Finding]:
    """Open deals without activity for longer than their stage allows; any activity resets it."""
    query = select(Deal).join(Deal.stage).where(Stage.type == StageType.OPEN, Stage.rotting_days.is_not(None))
    for deal in session.scalars(query.options(joinedload(Deal.stage))):
        stale_since = deal.last_activity_at + timedelta(days=deal.stage.rotting_days or 0)
        if stale_since < now:
            repeat = _repeat(stale_since, now, timedelta(days=7))
            yield Finding(
                topic="stale_deal",
                user_id=deal.owner_id,
                ref=str(deal.ref),
                occurrence=f"{deal.last_activity_at:%Y%m%dT%H%M%S}:{repeat}",
                severity=2,
                since=stale_since,
                data={"days": (now - deal.last_activity_at).days},
            )


def close_date_passed(session: Session, _rates: Rates, now: datetime, today: date) -> Iterator[Finding]:
    """Open deals whose close date is over."""
    query = select(Deal).join(Deal.stage).where(Stage.type == StageType.OPEN, Deal.close_date < today)
    for deal in session.scalars(query):
        if deal.close_date is not None:
            late = (today - deal.close_date).days
            yield Finding(
                topic="close_date_passed",
                user_id=deal.owner_id,
                ref=str(deal.ref),
                occurrence=f"{deal.close_date}:{late // 7}",
                severity=3 if late <= 1 else 2,
                since=now - timedelta(days=late),
                data={"date": deal.close_date.isoformat()},
            )


def no_next_step(session: Session, _rates: Rates, now: datetime, _today: date) -> Iterator[Finding]:
    """Open deals that have been in their stage for days with nothing planned: no next step, no open task."""
    planned = exists().where(Task.deal_id == Deal.id, Task.done_at.is_(None), Task.deleted_at.is_(None))
    query = (
        select(Deal)
        .join(Deal.stage)
        .where(
            Stage.type == StageType.OPEN,
            Deal.stage_since < now - _PLANLESS,
            or_(Deal.next_step.is_(None), Deal.next_step == ""),
            ~planned,
        )
    )
    for deal in session.scalars(query):
        yield Finding(
            topic="no_next_step",
            user_id=deal.owner_id,
            ref=str(deal.ref),
            occurrence=f"{deal.stage_since:%Y%m%dT%H%M%S}:{_repeat(deal.stage_since, now, timedelta(days=14))}",
            severity=1,
            since=deal.stage_since,
            data={"days": (now - deal.stage_since).days},
        )


def overdue_tasks(session: Session, _rates: Rates, now: datetime, _today: date) -> Iterator[Finding]:
    """Tasks a day and more past their time."""
    for task in session.scalars(select(Task).where(Task.done_at.is_(None), Task.due_at < now - _GRACE)):
        if task.due_at is not None:
            yield Finding(
                topic="task_overdue",
                user_id=task.assignee_id,
                ref=str(task.ref),
                occurrence=f"{task.due_at:%Y%m%dT%H%M%S}:{_repeat(task.due_at, now, timedelta(days=3))}",
                severity=2,
                since=task.due_at,
                data={"days": (now - task.due_at).days},
            )


def quota_behind(session: Session, rates: Rates, now: datetime, today: date) -> Iterator[Finding]:
    """Sellers whose won deals lie well behind the part of the quarter that is over, weekly after its first weeks.

    Deals in a currency without a rate are left out of what they have won.
    """
    first, following = _quarter(today)
    start, end = (datetime(each.year, each.month, each.day, tzinfo=now.tzinfo) for each in (first, following))
    if now - start < _QUARTER_START:
        return
    quotas = quotas_of(session, first, following - timedelta(days=1))
    won: dict[int, Decimal] = {}
    query = select(Deal).join(Deal.stage).where(Stage.type == StageType.WON, Deal.closed_at >= start)
    for deal in session.scalars(query):
        if deal.amount is not None:
            known = rates.total([(Money(deal.amount, deal.currency), today)])
            won[deal.owner_id] = won.get(deal.owner_id, Decimal(0)) + known.money.amount
    elapsed = Decimal(str(share_elapsed(start, end, now)))
    for user_id, quota in quotas.by_user.items():
        share = won.get(user_id, Decimal(0)) / quota if quota else Decimal(1)
        if elapsed - share > _BEHIND:
            yield Finding(
                topic="quota_behind",
                user_id=user_id,
                ref=f"user:{user_id}",
                occurrence=f"{first}:{(now - start).days // 7}",
                severity=2,
                since=now,
                data={"share": float(round(share, 4)), "elapsed": float(round(elapsed, 4))},
            )


def big_deals_won(session: Session, rates: Rates, now: datetime, today: date) -> Iterator[Finding]:
    """Big deals won in the last days, told to the winner's whole team."""
    for deal in big_wins(session, rates, now=now, today=today):
        team = deal.owner.team_id
        if team is None:
            continue
        others = select(User.id).where(User.team_id == team, User.active.is_(True), User.id != deal.owner_id)
        for user_id in session.scalars(others):
            yield Finding(
                topic="big_deal_won",
                user_id=user_id,
                ref=str(deal.ref),
                occurrence="won",
                severity=1,
                since=deal.closed_at or now,
                data={"person": deal.owner.name},
            )


def renewals(session: Session, _rates: Rates, now: datetime, _today: date) -> Iterator[Finding]:
    """Customers whose yearly product was ordered almost a year ago."""
    query = (
        select(Order, Account.owner_id)
        .join(Account, Account.id == Order.account_id)
        .where(
            exists().where(
                OrderLine.order_id == Order.id, OrderLine.product_id == Product.id, Product.recurring.is_(True)
            ),
            Order.placed_at <= now - _RENEWS_AFTER + _RENEWAL_NOTICE,
            Order.placed_at > now - _RENEWS_AFTER,
            Account.owner_id.is_not(None),
        )
    )
    for order, owner_id in session.execute(query):
        if owner_id is not None:
            yield Finding(
                topic="renewal",
                user_id=owner_id,
                ref=f"account:{order.account_id}",
                occurrence=order.number,
                severity=1,
                since=order.placed_at,
                data={"date": (order.placed_at + _RENEWS_AFTER).date().isoformat(), "order": order.number},
            )


def birthdays(session: Session, _rates: Rates, now: datetime, today: date) -> Iterator[Finding]:
    """Customers' people whose birthday is today, or at the weekend that begins tomorrow: to the account's owner."""
    for contact, day in birthdays_near(session, today):
        owner_id = contact.account.owner_id if contact.account is not None else None
        if owner_id is not None:
            yield Finding(
                topic="birthday",
                user_id=owner_id,
                ref=str(contact.ref),
                occurrence=day.isoformat(),
                severity=1,
                since=now,
                data={"date": day.isoformat()},
            )


def unanswered_proposals(session: Session, _rates: Rates, now: datetime, _today: date) -> Iterator[Finding]:
    """Open deals whose proposal has been out for days without a word from the customer.

    Nobody tells us who opened a document, so a sign of life counts: any activity since the deal came into the stage.
    """
    query = (
        select(Deal)
        .join(Deal.stage)
        .where(
            Stage.type == StageType.OPEN,
            Stage.name == PROPOSAL,
            Deal.stage_since < now - _PROPOSAL_WAITS,
            Deal.last_activity_at <= Deal.stage_since,
        )
    )
    for deal in session.scalars(query):
        yield Finding(
            topic="proposal_unanswered",
            user_id=deal.owner_id,
            ref=str(deal.ref),
            occurrence=f"{deal.stage_since:%Y%m%dT%H%M%S}:{_repeat(deal.stage_since, now, timedelta(days=7))}",
            severity=2,
            since=deal.stage_since,
            data={"days": (now - deal.stage_since).days},
        )


def forecast_moved(session: Session, rates: Rates, now: datetime, today: date) -> Iterator[Finding]:
    """Teams whose forecast of the quarter has moved a lot within a week, told to their manager."""
    first, following = _quarter(today)
    moves = forecast_moves(
        session, rates, first=first, last=following - timedelta(days=1), since=now - _FORECAST_LOOKS_BACK, today=today
    )
    of_manager: dict[int, list[ForecastMove]] = {}
    for user in session.scalars(select(User).where(User.id.in_(moves), User.manager_id.is_not(None))):
        if user.manager_id is not None:
            of_manager.setdefault(user.manager_id, []).append(moves[user.id])
    week = today.isocalendar()
    for manager_id, theirs in of_manager.items():
        before = sum((each.before for each in theirs), Decimal(0))
        after = sum((each.after for each in theirs), Decimal(0))
        if abs(after - before) >= max(FORECAST_MOVE, before * _FORECAST_SHARE):
            yield Finding(
                topic="forecast_moved",
                user_id=manager_id,
                ref=f"user:{manager_id}",
                occurrence=f"{first}:{week.year}W{week.week}",
                severity=2,
                since=now,
                data={"before": int(before), "after": int(after), "quarter": first.isoformat()},
            )


def _quarter(today: date) -> tuple[date, date]:
    """The first day of the calendar quarter and of the following one."""
    first = date(today.year, today.month - (today.month - 1) % 3, 1)
    return first, date(first.year + (first.month > 9), (first.month + 3 - 1) % 12 + 1, 1)


_RULES: tuple[Rule, ...] = (
    unanswered_proposals,
    forecast_moved,
    stale_deals,
    close_date_passed,
    no_next_step,
    overdue_tasks,
    quota_behind,
    big_deals_won,
    renewals,
    birthdays,
)
