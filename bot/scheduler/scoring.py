"""Once a night: every customer and open deal scored; every hour: the pipeline written down, revenue foreseen."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from bot.scheduler.apart import Doing, here
from bot.settings import Settings
from crm_store.insights.deal_snapshots import take_snapshot
from crm_store.insights.revenue import (
    MonthlyRevenue,
    foresee,
    is_foreseen,
    monthly_revenue,
    outlook_of,
    remember_foreseen,
)
from crm_store.insights.scoring.nightly import ScoringReport, score_store
from crm_store.insights.scoring.runs import current_run, is_due
from crm_store.insights.selection import DealSelection
from crm_store.models import Role, User
from crm_store.rates import Rates
from crm_store.store import Store

_SELLING = (Role.REP, Role.MANAGER, Role.ADMIN)
_MOST_FORESEEN = 60
_log = structlog.get_logger(__name__)
NIGHT_HOUR = 2
"""From this hour of the company's day on, so that a day's scores see the whole day before."""


def score_when_due(store: Store, settings: Settings, *, now: datetime, doing: Doing = here) -> ScoringReport | None:
    """Score everything if that has not been done today, at night or as soon as there is nothing to show at all.

    Two processes do not score the same day. Raises DatabaseUnavailable.
    """
    company = settings.config.company
    local = now.astimezone(ZoneInfo(company.time_zone))
    with store.unit_of_work(now=now, read_only=True) as uow:
        due = is_due(uow.session, now=now, today=local.date())
        first = current_run(uow.session) is None
    if not due or (local.hour < NIGHT_HOUR and not first):
        return None
    report = doing(partial(_score_database, settings.database_url, now, company.currency, local.date()))
    _log.info("scored", customers=report.customers, deals=report.deals, seconds=round(report.seconds, 1))
    return report


def _score_database(url: str, now: datetime, currency: str, today: date) -> ScoringReport:
    store = Store(url)
    try:
        return score_store(store, now=now, currency=currency, today=today)
    finally:
        store.close()


def keep_pipeline(store: Store, settings: Settings, *, now: datetime) -> int:
    """Write down the open deals as of the company's day; how many were not as before. Raises DatabaseUnavailable."""
    today = now.astimezone(ZoneInfo(settings.config.company.time_zone)).date()
    return take_snapshot(store, now=now, today=today)


def foresee_revenue(store: Store, settings: Settings, *, now: datetime, doing: Doing = here) -> int:
    """Work out what past revenue says of this quarter and year for each one's own deals; how much of it was new.

    Only what is not known from an earlier hour costs anything; so nobody who asks for a forecast waits for it. Raises
    DatabaseUnavailable.
    """
    zone = ZoneInfo(settings.config.company.time_zone)
    today = now.astimezone(zone).date()
    with store.unit_of_work(now=now, read_only=True) as uow:
        users = uow.session.scalars(select(User).where(User.active.is_(True), User.role.in_(_SELLING)))
        led = (store.actor_for_user(uow.session, user) for user in users.all())
        owners = dict.fromkeys(None if actor.sees_all else actor.visible_owner_ids for actor in led)
        owners |= dict.fromkeys(frozenset({user_id}) for ids in list(owners) if ids for user_id in sorted(ids))
    # One after the other, and the work itself without the database: on SQLite who reads holds up who writes.
    revenues = [
        _revenue_of(store, ids, settings, now=now, today=today, zone=zone) for ids in list(owners)[:_MOST_FORESEEN]
    ]
    ends = (today, date(today.year, 12, 31))
    asked = [outlook_of(revenue, last_day=day) for revenue in revenues if revenue is not None for day in ends]
    new = list(dict.fromkeys(outlook for outlook in asked if outlook is not None and not is_foreseen(outlook)))
    if new:
        for outlook, forecast in zip(new, doing(partial(foresee, new)), strict=True):
            remember_foreseen(outlook, forecast)
    return len(new)


def _revenue_of(
    store: Store, owner_ids: frozenset[int] | None, settings: Settings, *, now: datetime, today: date, zone: ZoneInfo
) -> MonthlyRevenue | None:
    with store.unit_of_work(now=now, read_only=True) as uow:
        rates = Rates.load(uow.session, settings.config.company.currency)
        selection = DealSelection(owner_ids=owner_ids)
        return monthly_revenue(uow.session, rates, selection, today=today, zone=zone)
