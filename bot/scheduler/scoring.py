"""Once a night: every customer and open deal scored; every hour: the pipeline written down."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bot.settings import Settings
from crm_store.insights.deal_snapshots import take_snapshot
from crm_store.insights.scoring.nightly import ScoringReport, score_store
from crm_store.insights.scoring.runs import current_run, is_due
from crm_store.store import Store

_log = structlog.get_logger(__name__)
NIGHT_HOUR = 2
"""From this hour of the company's day on, so that a day's scores see the whole day before."""


def score_when_due(store: Store, settings: Settings, *, now: datetime) -> ScoringReport | None:
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
    report = score_store(store, now=now, currency=company.currency, today=local.date())
    _log.info("scored", customers=report.customers, deals=report.deals, seconds=round(report.seconds, 1))
    return report


def keep_pipeline(store: Store, settings: Settings, *, now: datetime) -> int:
    """Write down the open deals as of the company's day; how many were not as before. Raises DatabaseUnavailable."""
    today = now.astimezone(ZoneInfo(settings.config.company.time_zone)).date()
    return take_snapshot(store, now=now, today=today)
