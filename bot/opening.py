"""What is opened before the assistant is put together: the clock and the store.

Apart from ``bot.bootstrap``, whose imports take longer than most of what the command line does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.errors import DatabaseNotReady
from bot.settings import Settings
from crm_store.revisions import current_revision, head_revision
from crm_store.store import Store

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)


def company_day(settings: Settings, now: datetime) -> date:
    """The calendar day it is where the company is."""
    return now.astimezone(ZoneInfo(settings.config.company.time_zone)).date()


def open_store(settings: Settings) -> Store:
    """The store of these settings; raises DatabaseNotReady when its tables are missing or of another version."""
    store = Store(settings.database_url, rep_sees_team=settings.config.company.rep_sees_team)
    found = current_revision(store.engine)
    if found != head_revision():
        store.close()
        problem = "has no tables yet" if found is None else f"is at version {found}, not {head_revision()}"
        raise DatabaseNotReady(f"the database {problem}; run: rapport db upgrade")
    return store
