"""Many updates while the process that takes them is killed again and again: what was lost, what was doubled."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select

from bot.opening import system_clock
from bot.settings import PROJECT
from crm_store.models import Inbox, InboxStatus, Outbox, OutboxStatus, Ticket
from crm_store.store import Store
from tests.telegram.phone import Phone
from tests.telegram.platform import Platform
from tests.telegram.serving import TelegramStandIn

_TICKET_EVERY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run. ``delivered_again`` counts messages the platform has twice: it had one, and the process was
    killed before that was written down."""

    updates: int
    kills: int
    taken_in: int
    answered: int
    tickets_wanted: int
    tickets: int
    tickets_doubled: int
    answers_lost: int
    delivered_again: int
    out_of_order: int
    seconds: float


def endure(
    home: Path,
    *,
    updates: int,
    chats: int,
    kills: int,
    seconds_before_kill: tuple[float, float],
    seed: int = 7,
    patience: float = 3_600,
    on_progress: Callable[[int], None] = lambda _count: None,
) -> Outcome:
    """Push ``updates`` from ``chats`` people and kill the worker ``kills`` times before it may answer them all."""
    dice = random.Random(seed)
    platform = Platform()
    killed = 0
    with TelegramStandIn(platform) as stand_in:
        phones = [Phone(platform) for _ in range(chats)]

        for number in range(updates):
            wanted = {"subject": f"Problem {number}", "note": f"Problem {number}", "answer": "anyway"}
            text = f"/open_ticket{json.dumps(wanted)}" if number % _TICKET_EVERY == 0 else "/greet"
            phones[number % chats].say(text)
        started = time.monotonic()
        while time.monotonic() - started < patience and not _done(home, updates):
            worker = subprocess.Popen(
                [sys.executable, "-m", "tests.telegram.worker", str(home), stand_in.url], cwd=PROJECT
            )
            with platform.changed:
                # A process that has not begun loses nothing; it is killed some time after its first message.
                before = len(platform.sent)
                platform.changed.wait_for(partial(_has_more, platform, before), 60)
            left_alone = killed >= kills
            until = started + patience if left_alone else time.monotonic() + dice.uniform(*seconds_before_kill)
            while time.monotonic() < until and not _done(home, updates):
                with platform.changed:
                    platform.changed.wait(0.2)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            killed += not left_alone
            on_progress(len(platform.sent))
        seconds = time.monotonic() - started
    return _outcome(home, platform, phones, updates=updates, kills=killed, seconds=seconds)


def _has_more(platform: Platform, before: int) -> bool:
    return len(platform.sent) > before


def _done(home: Path, updates: int) -> bool:
    store = Store(f"sqlite:///{home / 'rapport.db'}")
    try:
        with store.unit_of_work(now=system_clock(), read_only=True) as uow:
            if len(uow.session.scalars(select(Inbox.id).where(Inbox.status == InboxStatus.DONE)).all()) < updates:
                return False
            waiting = select(Outbox.id).where(Outbox.status.in_((OutboxStatus.QUEUED, OutboxStatus.ATTEMPTING)))
            return uow.session.scalars(waiting.limit(1)).first() is None
    finally:
        store.close()


def _outcome(
    home: Path, platform: Platform, phones: list[Phone], *, updates: int, kills: int, seconds: float
) -> Outcome:
    store = Store(f"sqlite:///{home / 'rapport.db'}")
    with store.unit_of_work(now=system_clock(), read_only=True) as uow:
        inbox = uow.session.execute(select(Inbox.event_id, Inbox.status).order_by(Inbox.id)).all()
        answered = Counter(uow.session.scalars(select(Outbox.inbox_id)))
        delivered = uow.session.scalars(select(Outbox.status).where(Outbox.status == OutboxStatus.DELIVERED)).all()
        subjects = Counter(uow.session.scalars(select(Ticket.subject).where(Ticket.subject.like("Problem %"))))
        order = [int(row.event_id) for row in inbox]
    store.close()
    per_chat = Counter(sent.chat for sent in platform.sent)
    return Outcome(
        updates=updates,
        kills=kills,
        taken_in=len(set(order)),
        answered=sum(1 for row in inbox if row.status is InboxStatus.DONE),
        tickets_wanted=len(range(0, updates, _TICKET_EVERY)),
        tickets=len(subjects),
        tickets_doubled=sum(count - 1 for count in subjects.values()),
        answers_lost=updates - len(delivered) if set(answered.values()) == {1} else updates,
        delivered_again=sum(per_chat[phone.number] for phone in phones) - updates,
        out_of_order=sum(1 for before, after in pairwise(order) if after < before),
        seconds=seconds,
    )
