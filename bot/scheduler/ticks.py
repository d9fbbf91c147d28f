"""The ticks. What is due, and whether it was said, lives in our tables; a missed tick is made up by the next."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_SCHEDULER_SHUTDOWN
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.automation.effects import Outside, effects_wait, send_effects
from bot.automation.evaluating import changes_wait, read_journal, watch_dates, watch_scores
from bot.code_mail import codes_wait, mail_due_codes
from bot.mail import mailer_from_environment
from bot.model_watch import ModelWatch
from bot.outbox import messages_wait
from bot.review import forget_old_items
from bot.scheduler.apart import apart
from bot.scheduler.approvals import outcomes_wait, tell_outcomes
from bot.scheduler.claiming import BATCH, claim_due_reminders, reminders_wait
from bot.scheduler.desk import look_after_the_desk
from bot.scheduler.digests import queue_digests
from bot.scheduler.failing import given_up_wait, take_up_failed
from bot.scheduler.looking import NOW, Looking, unless_unavailable
from bot.scheduler.report_times import queue_saved_reports
from bot.scheduler.scoring import foresee_revenue, keep_pipeline, score_when_due
from bot.scheduler.speaking import notices_wait, speak
from bot.scheduler.surveys import ask_around
from bot.scheduler.watching import watch
from bot.scheduler.wins import announce_wins
from bot.service import Service
from bot.settings import Settings
from crm_store.retention import Times, let_go
from crm_store.store import Store
from nlu.embedded import EmbeddedEngine

_log = structlog.get_logger(__name__)
TICK_SECONDS = 1
MODEL_SECONDS = 3
FORGET_HOURS = 24
DIGEST_SECONDS = 30
DESK_SECONDS = 15
SURVEY_SECONDS = 60
WATCH_SECONDS = 600
"""The nudges' rules read every open deal; nobody needs a nudge to the minute."""
SNAPSHOT_SECONDS = 3600
"""The last look of a day is what is kept of it."""
SCORING_SECONDS = 600
"""How often to ask whether tonight's scores are due."""
DATES_SECONDS = 60


def start_scheduler(service: Service) -> AsyncIOScheduler:
    """Start the ticks on the running event loop."""
    settings = service.pipeline.settings

    async def forget() -> None:
        days = settings.config.privacy.review_days
        count = await asyncio.to_thread(forget_old_items, service.store, now=service.clock(), days=days)
        _log.info("review_items_forgotten", count=count)
        await asyncio.to_thread(let_go_of_old_words, service.store, settings, now=service.clock())

    letters = mailer_from_environment(os.environ)

    async def mail() -> None:
        pipeline = service.pipeline
        await mail_due_codes(service.store, letters, words=pipeline.words, policy=pipeline.policy, clock=service.clock)

    outside = Outside(
        letters=letters,
        secret=os.environ.get("RAPPORT_WEBHOOK_SECRET", ""),
        allowed_hosts=frozenset(settings.config.automation.webhook_hosts),
    )

    async def apply_rules() -> None:
        await asyncio.to_thread(read_journal, service.pipeline, now=service.clock())

    async def reach_outside() -> None:
        await send_effects(service.store, outside, clock=service.clock)

    async def check_dates() -> None:
        await asyncio.to_thread(watch_dates, service.pipeline, now=service.clock())

    scheduler = AsyncIOScheduler(timezone="UTC")
    looking = Looking(
        service,
        {
            "speaking": (given_up_wait() | reminders_wait(NOW) | notices_wait(NOW), lambda: speak_up(service)),
            "outboxes": (messages_wait(service.channels), service.deliver_left_by_others),
            "approvals": (outcomes_wait(NOW), lambda: tell_what_came_of_it(service)),
            "codes": (codes_wait(NOW), mail),
            "rules": (changes_wait(), apply_rules),
            "effects": (effects_wait(NOW), reach_outside),
        },
    )
    every(scheduler, "looking", looking.look, seconds=TICK_SECONDS)
    every(scheduler, "desk", lambda: tend_desk(service), seconds=DESK_SECONDS, first=0)
    every(scheduler, "surveys", lambda: send_surveys(service), seconds=SURVEY_SECONDS, first=15)
    every(scheduler, "dates", check_dates, seconds=DATES_SECONDS, first=0)
    every(scheduler, "digests", lambda: write_digests(service), seconds=DIGEST_SECONDS, first=0)
    every(scheduler, "watching", lambda: look_around(service), seconds=WATCH_SECONDS, first=20)
    every(scheduler, "snapshots", lambda: write_down_pipeline(service), seconds=SNAPSHOT_SECONDS, first=40)
    every(scheduler, "scoring", lambda: score(service), seconds=SCORING_SECONDS, first=60)
    every(scheduler, "forgetting", forget, seconds=FORGET_HOURS * 3600, first=90)
    engine = service.pipeline.engine
    if isinstance(engine, EmbeddedEngine):
        watch = ModelWatch(engine, settings.model_dir)
        every(scheduler, "model", lambda: asyncio.to_thread(watch.check), seconds=MODEL_SECONDS)
    scheduler.add_listener(lambda _event: looking.stop(), EVENT_SCHEDULER_SHUTDOWN)
    scheduler.start()
    return scheduler


def every(
    scheduler: AsyncIOScheduler,
    name: str,
    work: Callable[[], Awaitable[object]],
    *,
    seconds: int,
    first: int | None = None,
) -> None:
    """Do ``work`` every so many seconds, and ``first`` seconds after the start (None: one interval after it).

    What takes long waits until whoever has just started the assistant has had their first answers.
    """

    async def tick() -> None:
        try:
            await unless_unavailable(name, work)
        except asyncio.CancelledError:
            # The assistant is being stopped. What was under way is found again; nobody wants to see a traceback for it.
            _log.debug("tick_stopped", tick=name)

    # With no time given a job first runs one interval from now; None would mean "paused".
    begin = {} if first is None else {"next_run_time": datetime.now(UTC) + timedelta(seconds=first)}
    scheduler.add_job(
        tick,
        "interval",
        seconds=seconds,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
        id=name,
        **begin,
    )


async def speak_up(service: Service) -> None:
    """Say everything that is due now, batch by batch, waking each conversation as soon as its message is committed."""
    pipeline = service.pipeline
    company_zone = pipeline.settings.config.company.time_zone
    await asyncio.to_thread(take_up_failed, service.store, now=service.clock())
    claimed = BATCH
    while claimed == BATCH:
        claimed = await asyncio.to_thread(
            claim_due_reminders,
            service.store,
            now=service.clock(),
            company_zone=company_zone,
            on_step=pipeline.on_step,
        )
        handled = 1
        while handled:
            spoken = await asyncio.to_thread(speak, pipeline, now=service.clock())
            handled = spoken.handled
            for conversation_id in spoken.conversation_ids:
                service.wake(conversation_id)


async def tell_what_came_of_it(service: Service) -> None:
    """Tell those who asked for an approval what came of it, waking their conversations."""
    woken = await asyncio.to_thread(tell_outcomes, service.store, service.pipeline.words, now=service.clock())
    for conversation_id in woken:
        service.wake(conversation_id)


async def tend_desk(service: Service) -> None:
    """Look after the support desk: promises, customers nobody answers, tickets that went quiet."""
    for conversation_id in await asyncio.to_thread(look_after_the_desk, service.pipeline, now=service.clock()):
        service.wake(conversation_id)


async def send_surveys(service: Service) -> None:
    """Ask customers how satisfied they are, where it is due."""
    for conversation_id in await asyncio.to_thread(ask_around, service.pipeline, now=service.clock()):
        service.wake(conversation_id)


def let_go_of_old_words(store: Store, settings: Settings, *, now: datetime) -> None:
    """Empty what customers said longer ago than config.yml allows, conversation by conversation until none is left."""
    privacy = settings.config.privacy
    times = Times(
        customers=timedelta(days=privacy.customer_days),
        visitors=timedelta(days=privacy.visitor_days),
        traces=timedelta(days=privacy.trace_days),
    )
    while True:
        with store.unit_of_work(now=now) as uow:
            counts, files = let_go(uow.session, times, now=now)
            uow.commit()
        for name in files:
            (settings.files_dir / name).unlink(missing_ok=True)
        if not counts.get("message"):
            return
        _log.info("old_words_let_go", **counts)


async def write_digests(service: Service) -> None:
    """Write the digests, summaries and saved reports whose time has come."""
    company_zone = service.pipeline.settings.config.company.time_zone
    await asyncio.to_thread(queue_digests, service.store, now=service.clock(), company_zone=company_zone)
    await asyncio.to_thread(queue_saved_reports, service.store, now=service.clock(), company_zone=company_zone)


async def look_around(service: Service) -> None:
    """Find what somebody should be nudged about, and whose scores have crossed a rule's line."""
    config = service.pipeline.settings.config
    await asyncio.to_thread(watch_scores, service.pipeline, now=service.clock())
    await asyncio.to_thread(
        watch,
        service.store,
        now=service.clock(),
        currency=config.company.currency,
        company_zone=config.company.time_zone,
        channels=tuple(config.slack.team_channels),
    )
    for conversation_id in await asyncio.to_thread(announce_wins, service.pipeline, now=service.clock()):
        service.wake(conversation_id)


async def write_down_pipeline(service: Service) -> None:
    """Write down what of the open deals is not as it was, and foresee what is won until the year's end."""
    await asyncio.to_thread(keep_pipeline, service.store, service.pipeline.settings, now=service.clock())
    await asyncio.to_thread(foresee_revenue, service.store, service.pipeline.settings, now=service.clock(), doing=apart)


async def score(service: Service) -> None:
    """Score customers and deals if tonight's scores are due."""
    await asyncio.to_thread(score_when_due, service.store, service.pipeline.settings, now=service.clock(), doing=apart)
