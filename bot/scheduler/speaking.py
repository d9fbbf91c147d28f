"""Waiting notices become messages: one per colleague and moment, where they are, when it is polite."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, joinedload

from actions.call import ActionCall
from actions.countries import country_of
from actions.notices.saying import say_notices
from actions.turn import Turn
from bot.offers import outgoing_body, write_offers
from bot.scheduler.manners import Hours, held_back
from bot.scheduler.places import Place, find_places, reachable
from bot.scheduler.standing_in import put_off
from bot.speakers import Speaker, reading_for
from bot.turn import TurnPipeline
from crm_store.absences import absences_at
from crm_store.actors import SYSTEM
from crm_store.models import Absence, Attention, Notice, NoticeKind, NoticeStatus, Outbox, OutboxStatus, Task, User
from crm_store.refs import RecordRef
from crm_store.types import Moment
from crm_store.unit_of_work import UnitOfWork
from nlu.values import Reading

PEOPLE = 200
"""So many colleagues are spoken to in one transaction."""
_NOTICES = 2_000
_KNOWN_TO_THEM = frozenset({NoticeKind.REMINDER, NoticeKind.REPORT})
_log = structlog.get_logger(__name__)


class Spoken(NamedTuple):
    """What one round came to: the conversations to wake, and how many notices were settled or put off."""

    conversation_ids: list[int]
    handled: int


def speak(pipeline: TurnPipeline, *, now: datetime) -> Spoken:
    """Say what is due by ``now``, in order of its time, or hold it back as manners ask.

    To be called again while it handles any. What one colleague is to hear at once becomes one message. Who cannot be
    reached anywhere keeps waiting and holds up nobody. Several processes may speak at once: each person is locked while
    they are spoken to. Raises DatabaseUnavailable; then nothing was said.
    """
    with pipeline.store.unit_of_work(now=now, read_only=True) as uow:
        if not uow.session.scalar(select(notices_wait(now))):
            return Spoken([], 0)
    with pipeline.store.unit_of_work(now=now) as uow:
        users = _whom(uow.session, now)
        if not users:
            return Spoken([], 0)
        round_ = _load_round(uow.session, users, now)
        woken: list[int] = []
        handled = 0
        with uow.session.no_autoflush:
            for user in users:
                waiting = round_.waiting.get(user.id, [])
                if waiting and round_.places.get(user.id):
                    woken += _speak_to(pipeline, uow, user, waiting, round_)
                    handled += len(waiting)
        write_offers(uow.session, round_.offers)
        uow.session.flush()
        pipeline.on_step("spoken")
        uow.commit()
    pipeline.on_step("speech_committed")
    return Spoken(woken, handled)


_CAN_BE_TOLD = (User.active.is_(True), reachable())


def notices_wait(now: Moment) -> ColumnElement[bool]:
    """Whether anybody is to be spoken to."""
    return exists().where(User.id == Notice.user_id, User.deleted_at.is_(None), *_is_due(now), *_CAN_BE_TOLD)


def _is_due(now: Moment) -> tuple[ColumnElement[bool], ...]:
    return Notice.status == NoticeStatus.WAITING, Notice.say_at <= now


def _whom(session: Session, now: datetime) -> list[User]:
    first_due = (
        select(Notice.user_id, func.min(Notice.say_at).label("first"))
        .where(*_is_due(now))
        .group_by(Notice.user_id)
        .subquery()
    )
    return list(
        session.scalars(
            select(User)
            .join(first_due, first_due.c.user_id == User.id)
            .where(*_CAN_BE_TOLD)
            .order_by(first_due.c.first, User.id)
            .limit(PEOPLE)
            .with_for_update(skip_locked=True, key_share=True, of=User)
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Everything about the colleagues of one round, loaded at once."""

    waiting: dict[int, list[Notice]]
    places: dict[int, list[Place]]
    last_said: dict[int, datetime]
    attention: dict[int, Attention]
    absent: dict[int, Absence]
    offers: list[dict[str, Any]] = field(default_factory=list)
    """The buttons of everybody's message, written together at the end."""
    tasks: Sequence[Task]
    """Held on to, so that the session still knows them when each is asked for."""


def _load_round(session: Session, users: Sequence[User], now: datetime) -> _Round:
    ids = [user.id for user in users]
    waiting: dict[int, list[Notice]] = {}
    due = select(Notice).where(Notice.user_id.in_(ids), Notice.status == NoticeStatus.WAITING, Notice.say_at <= now)
    for notice in session.scalars(due.order_by(Notice.say_at, Notice.id).limit(_NOTICES)):
        waiting.setdefault(notice.user_id, []).append(notice)
    attention = {row.user_id: row for row in session.scalars(select(Attention).where(Attention.user_id.in_(ids)))}
    said = select(Notice.user_id, func.max(Notice.said_at)).where(Notice.user_id.in_(ids), Notice.said_at.is_not(None))
    return _Round(
        waiting=waiting,
        places=find_places(session, ids, preferred={each: row.channels for each, row in attention.items()}),
        last_said={user_id: at for user_id, at in session.execute(said.group_by(Notice.user_id)) if at is not None},
        attention=attention,
        absent=absences_at(session, now),
        tasks=_tasks_of(session, (notice for each in waiting.values() for notice in each)),
    )


def _tasks_of(session: Session, notices: Iterable[Notice]) -> Sequence[Task]:
    refs = (RecordRef.from_text(notice.ref) for notice in notices if notice.ref is not None)
    ids = [ref.id for ref in refs if ref is not None and ref.kind == Task.kind]
    together = (
        select(Task)
        .where(Task.id.in_(ids))
        .options(joinedload(Task.assignee), joinedload(Task.account), joinedload(Task.deal))
    )
    return session.scalars(together).all()


def _speak_to(
    pipeline: TurnPipeline, uow: UnitOfWork, user: User, waiting: Sequence[Notice], round_: _Round
) -> list[int]:
    absence = round_.absent.get(user.id)
    if absence is not None:
        put_off(uow.session, waiting, absence, round_.absent)
        return []
    reading = reading_for(
        Speaker(actor=uow.actor, user=user), said_at=uow.now, company=pipeline.settings.config.company
    )
    sayable = _let_through(waiting, _hours(user, reading, round_), uow.now, round_.last_said.get(user.id))
    if not sayable:
        return []
    place = _place_for(sayable, round_.places[user.id])
    as_themselves = any(notice.kind not in _KNOWN_TO_THEM for notice in sayable)
    if as_themselves:
        # What the assistant has found out must not tell anybody more than they may see.
        uow.become(pipeline.store.actor_for_user(uow.session, user))
        user = uow.session.get_one(User, user.id)
    turn = Turn(
        uow=uow,
        call=ActionCall(action="notice"),
        reading=reading,
        words=pipeline.words,
        conversation=place.conversation,
        identity_id=place.identity_id,
        files=pipeline.settings.files_dir,
        policy=pipeline.policy,
        help_centre=pipeline.help_centre,
        user=user,
    )
    try:
        said = say_notices(turn, sayable)
    except Exception:  # noqa: BLE001 - the tick's edge: what cannot be put into words must not silence everybody else
        _log.error("notice_failed", keys=[notice.key for notice in sayable], detail=traceback.format_exc())
        for notice in sayable:
            notice.status = NoticeStatus.FAILED
        return []
    finally:
        if as_themselves:
            uow.become(SYSTEM)
    for notice in sayable:
        notice.status = NoticeStatus.SAID if notice in said else NoticeStatus.DROPPED
    if not said:
        return []
    message = _message(uow, turn, said, round_)
    for notice in said:
        notice.said_at, notice.outbox = uow.now, message
    return [place.conversation.id]


def _hours(user: User, reading: Reading, round_: _Round) -> Hours:
    row = round_.attention.get(user.id)
    return Hours(
        zone=reading.zone,
        quiet_from=user.quiet_from,
        quiet_until=user.quiet_until,
        work_from=row.work_from if row is not None else None,
        work_until=row.work_until if row is not None else None,
        work_days=row.work_days if row is not None else None,
        country=(row.country if row is not None else None) or country_of(reading.zone.key),
    )


def _let_through(waiting: Sequence[Notice], hours: Hours, now: datetime, last_said: datetime | None) -> list[Notice]:
    """The notices that may be said now; the others are put off."""
    sayable = []
    for notice in waiting:
        held = held_back(hours, notice.kind, notice.severity, now=now, last_said=last_said)
        if held is None:
            sayable.append(notice)
        else:
            notice.say_at, notice.held_because = held
    return sayable


def _place_for(notices: Sequence[Notice], places: Sequence[Place]) -> Place:
    """The best place on a channel that has not refused one of the notices; when all have, the best one again."""
    refused = {channel for notice in notices for channel in notice.failed_on}
    return next((place for place in places if place.conversation.channel not in refused), places[0])


def _message(uow: UnitOfWork, turn: Turn, said: Sequence[Notice], round_: _Round) -> Outbox:
    body = outgoing_body(
        uow.session,
        turn.reply,
        conversation_id=turn.conversation.id,
        identity_id=turn.identity_id,
        now=uow.now,
        write_later=round_.offers,
    )
    first = said[0]
    attempt = len(first.failed_on)
    message = Outbox(
        key=f"notice:{first.key}" if attempt == 0 else f"notice:{first.key}:{attempt}",
        conversation_id=turn.conversation.id,
        body=body,
        created_at=uow.now,
        status=OutboxStatus.QUEUED,
    )
    # Written with everybody else's at the end of the round: a flush for each message would take most of its time.
    uow.session.add(message)
    return message
