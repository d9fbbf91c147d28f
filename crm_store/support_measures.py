"""How support does, counted so that nothing flatters: what the assistant settled alone, how fast people answered.

Reads below the access rules and shows sums only; who may ask is decided by the skill.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from crm_store.models import (
    ArticleVerdict,
    ChannelIdentity,
    Handover,
    Inbox,
    Message,
    SupportEvent,
    SupportEventKind,
    Survey,
    SurveyKind,
    Ticket,
)

PAUSE = timedelta(hours=8)
"""Silence from which on a customer's next message begins a new request."""

RETURN = timedelta(hours=72)
"""Whoever comes back sooner was not helped the first time."""

GOOD, BAD = 4, 2
"""CSAT scores (1 to 5) from which on somebody was content, and up to which they were not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """What became of the customers' requests that began in a period.

    ``handed_over``: a person took over, or a ticket was left for one. The others stayed with the assistant:
    ``came_back`` within RETURN, ``dissatisfied`` (a CSAT of at most BAD, or "no, that did not help"), ``confirmed``
    (the customer said that it helped, or a CSAT of at least GOOD) or ``silent``, of whom nobody knows. Every request
    is counted once, in this order of precedence. ``open``: less than RETURN old, so nothing can be said yet.
    """

    requests: int
    handed_over: int = 0
    came_back: int = 0
    dissatisfied: int = 0
    confirmed: int = 0
    silent: int = 0
    open: int = 0

    @property
    def contained(self) -> float | None:
        """The share the assistant settled alone and the customer confirmed; None without requests that are over."""
        over = self.requests - self.open
        return self.confirmed / over if over else None

    @property
    def at_most(self) -> float | None:
        """The share if everybody who kept silent had been helped."""
        over = self.requests - self.open
        return (self.confirmed + self.silent) / over if over else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Times in business minutes (median) and how many of the promises were kept; None where there was none."""

    number: int
    median_minutes: float | None
    kept: int
    promised: int

    @property
    def kept_share(self) -> float | None:
        """The share of promises that were kept."""
        return self.kept / self.promised if self.promised else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportFigures:
    """The support report's figures of one period."""

    opened: int
    solved: int
    containment: Containment
    first_response: Speed
    next_response: Speed
    resolution: Speed
    csat: tuple[int, int]
    csat_mean: float | None

    @property
    def csat_share(self) -> float | None:
        """The share of answers of at least GOOD; ``csat`` is (those, all answers)."""
        good, answers = self.csat
        return good / answers if answers else None


@dataclass(slots=True)
class _Request:
    conversation_id: int
    begin: datetime
    end: datetime


def support_figures(session: Session, *, since: datetime, until: datetime, now: datetime) -> SupportFigures:
    """Everything that is measured of ``since`` (inclusive) until ``until`` (exclusive), as known ``now``."""
    tickets = Ticket.__table__.c
    connection = session.connection()
    opened = connection.scalars(
        select(tickets.id).where(_within(tickets.created_at, since, until), tickets.deleted_at.is_(None))
    ).all()
    solved = connection.scalars(
        select(tickets.id).where(_within(tickets.solved_at, since, until), tickets.deleted_at.is_(None))
    ).all()
    scores = session.scalars(
        select(Survey.score).where(
            Survey.kind == SurveyKind.CSAT, Survey.score.is_not(None), _within(Survey.answered_at, since, until)
        )
    ).all()
    given = [score for score in scores if score is not None]
    return SupportFigures(
        opened=len(opened),
        solved=len(solved),
        containment=containment(session, since=since, until=until, now=now),
        first_response=_speed(session, SupportEventKind.FIRST_RESPONSE, since, until),
        next_response=_speed(session, SupportEventKind.RESPONSE, since, until),
        resolution=_speed(session, SupportEventKind.SOLVED, since, until),
        csat=(sum(1 for score in given if score >= GOOD), len(given)),
        csat_mean=sum(given) / len(given) if given else None,
    )


def containment(session: Session, *, since: datetime, until: datetime, now: datetime) -> Containment:
    """What became of the requests that began in a period. One conversation's request ends with PAUSE of silence."""
    requests = _requests(session, since=since, until=until)
    outcomes = [_outcome(session, request, following, now=now) for request, following in requests]
    counted = {name: outcomes.count(name) for name in set(outcomes)}
    return Containment(requests=len(outcomes), **counted)


def _requests(session: Session, *, since: datetime, until: datetime) -> list[tuple[_Request, datetime | None]]:
    """The requests that began in the period, each with the moment the same person began their next one."""
    # Colleagues talk to the assistant, too; a customer is whoever no user stands behind.
    query = (
        select(Message.conversation_id, Message.at, Inbox.identity_id, ChannelIdentity.contact_id)
        .join(Inbox, Message.inbox_id == Inbox.id)
        .join(ChannelIdentity, Inbox.identity_id == ChannelIdentity.id)
        .where(
            ChannelIdentity.user_id.is_(None),
            Message.author != "assistant",
            _within(Message.at, since - PAUSE, until + RETURN + PAUSE),
        )
        .order_by(Message.at, Message.id)
    )
    by_person: dict[tuple[str, int], list[_Request]] = {}
    for conversation_id, at, identity_id, contact_id in session.execute(query):
        person = ("contact", contact_id) if contact_id is not None else ("identity", identity_id)
        theirs = by_person.setdefault(person, [])
        if theirs and at - theirs[-1].end < PAUSE:
            theirs[-1].end = at
        else:
            theirs.append(_Request(conversation_id, at, at))
    found: list[tuple[_Request, datetime | None]] = []
    for theirs in by_person.values():
        following: Iterable[tuple[_Request, _Request | None]] = [*pairwise(theirs), (theirs[-1], None)]
        found += [
            (one, after.begin if after is not None else None) for one, after in following if since <= one.begin < until
        ]
    return found


def _outcome(session: Session, request: _Request, following: datetime | None, *, now: datetime) -> str:
    last = request.end + PAUSE
    here = request.conversation_id
    tickets = Ticket.__table__.c
    handed = session.connection().scalar(
        select(Handover.id)
        .where(Handover.conversation_id == here, _within(Handover.started_at, request.begin, last))
        .limit(1)
    )
    left = session.connection().scalar(
        select(tickets.id)
        .where(tickets.conversation_id == here, _within(tickets.created_at, request.begin, last))
        .limit(1)
    )
    if handed is not None or left is not None:
        return "handed_over"
    if following is not None and following - request.end < RETURN:
        return "came_back"
    helped, failed = _opinions(session, here, request.begin, request.end + RETURN)
    if failed:
        return "dissatisfied"
    if now - request.end < RETURN:
        return "open"
    return "confirmed" if helped else "silent"


def _opinions(session: Session, conversation_id: int, since: datetime, until: datetime) -> tuple[bool, bool]:
    verdicts = session.scalars(
        select(ArticleVerdict.helpful)
        .where(ArticleVerdict.conversation_id == conversation_id, _within(ArticleVerdict.at, since, until))
        .order_by(ArticleVerdict.id)
    ).all()
    scores = session.scalars(
        select(Survey.score).where(
            Survey.kind == SurveyKind.CSAT,
            Survey.conversation_id == conversation_id,
            Survey.score.is_not(None),
            _within(Survey.answered_at, since, until),
        )
    ).all()
    given = [score for score in scores if score is not None]
    said = session.connection().scalar(
        select(SupportEvent.id)
        .where(
            SupportEvent.kind == SupportEventKind.BOT_RESOLVED,
            SupportEvent.conversation_id == conversation_id,
            _within(SupportEvent.at, since, until),
        )
        .limit(1)
    )
    # The last word counts: a first article may fail and a second one help.
    helped = bool(verdicts and verdicts[-1]) or said is not None or any(score >= GOOD for score in given)
    failed = bool(verdicts and not verdicts[-1]) or any(score <= BAD for score in given)
    return helped, failed


def _speed(session: Session, kind: SupportEventKind, since: datetime, until: datetime) -> Speed:
    query = select(SupportEvent.data).where(SupportEvent.kind == kind, _within(SupportEvent.at, since, until))
    rows = session.scalars(query).all()
    minutes = [float(row["minutes"]) for row in rows if row.get("minutes") is not None]
    promises = [bool(row["kept"]) for row in rows if row.get("kept") is not None]
    return Speed(
        number=len(rows),
        median_minutes=median(minutes) if minutes else None,
        kept=sum(promises),
        promised=len(promises),
    )


def _within(column: Any, since: datetime, until: datetime) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = (column >= since) & (column < until)
    return inside
