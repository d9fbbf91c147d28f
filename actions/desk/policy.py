"""The rules of the support desk, from config.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from crm_store.models import TicketPriority

Assignment = Literal["round_robin", "least_busy", "skill", "by_hand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What is promised for one priority, in business minutes; None: nothing."""

    first_response: int | None
    next_response: int | None
    resolution: int | None


USUAL_PROMISES: Mapping[TicketPriority, Promise] = {
    TicketPriority.URGENT: Promise(first_response=30, next_response=60, resolution=8 * 60),
    TicketPriority.HIGH: Promise(first_response=60, next_response=2 * 60, resolution=16 * 60),
    TicketPriority.NORMAL: Promise(first_response=4 * 60, next_response=8 * 60, resolution=5 * 8 * 60),
    TicketPriority.LOW: Promise(first_response=8 * 60, next_response=16 * 60, resolution=10 * 8 * 60),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPolicy:
    """How the desk works. Documented in config.yml under ``support``.

    ``hours`` None: the company's opening hours. ``holidays`` is an ISO 3166 country or None. ``slack_channel`` is
    "TEAM/CHANNEL". ``warn_before`` is how long before a promise breaks people are told.
    """

    slack_channel: str | None = None
    hours: str | None = None
    holidays: str | None = None
    promises: Mapping[TicketPriority, Promise] = field(default_factory=lambda: dict(USUAL_PROMISES))
    warn_before: timedelta = timedelta(minutes=30)
    assignment: Assignment = "least_busy"
    unsure_limit: int = 2
    handover_words: tuple[str, ...] = ()
    handover_timeout: timedelta = timedelta(minutes=60)
    close_warning_after: timedelta = timedelta(days=3)
    close_after: timedelta = timedelta(days=5)
    reopen_within: timedelta = timedelta(days=14)
    csat: bool = True
    csat_after: timedelta = timedelta(minutes=15)
    bad_score: int = 2
    nps_every: timedelta | None = timedelta(days=90)
