"""Reminders that are due: put into the outbox once each, where their person will see them.

The unique key of the outbox row is the occurrence itself, so a second tick, a second process or a clock set back cannot
send it again; what was missed while nothing ran is sent late rather than never. A repeating reminder comes again at its
next time also when it was not ticked off, and one for somebody no channel reaches yet waits until one does.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from actions.call import ActionCall
from actions.cards import show_task
from actions.turn import Turn
from bot.offers import outgoing_body
from bot.speakers import Speaker, reading_for
from bot.turn import TurnPipeline
from crm_store.actors import SYSTEM
from crm_store.models import ChannelIdentity, Conversation, Outbox, OutboxStatus, Task, User
from crm_store.unit_of_work import UnitOfWork
from nlu.values import Reading, UnreadableValue, read_recurrence

BATCH = 200
LATE_AFTER = timedelta(minutes=5)
_NO_INBOX = "terminal"
"""The terminal shows answers only; nobody watches it between two commands."""


def queue_due_reminders(pipeline: TurnPipeline, *, now: datetime) -> list[int]:
    """Queue every reminder due by ``now``; the conversations to wake. Quiet hours postpone, they do not drop.

    Raises DatabaseUnavailable; then nothing was queued.
    """
    with pipeline.store.unit_of_work(now=now) as uow:
        woken = []
        for task in uow.session.scalars(_due(now)).all():
            reading = _reading(pipeline, task.assignee, now)
            quiet_until = end_of_quiet_hours(task.assignee, now, zone=reading.zone)
            if quiet_until is not None:
                task.remind_at = quiet_until
                continue
            place = _place(uow.session, task)
            if place is None:
                continue
            conversation, identity = place
            if not _is_queued(uow.session, task):
                _queue(pipeline, uow, task, reading, conversation=conversation, identity=identity)
                woken.append(conversation.id)
            _move_on(task, reading)
        uow.commit()
        return woken


def _due(now: datetime) -> Select[Task]:
    reachable = (
        select(ChannelIdentity.id)
        .join(Conversation, Conversation.channel == ChannelIdentity.channel)
        .where(
            ChannelIdentity.user_id == Task.assignee_id,
            ChannelIdentity.channel != _NO_INBOX,
            or_(Conversation.external_id == ChannelIdentity.external_id, Conversation.id == Task.conversation_id),
        )
    )
    return (
        select(Task)
        .where(Task.remind_at <= now, Task.reminded_at.is_(None), Task.done_at.is_(None), reachable.exists())
        .order_by(Task.remind_at, Task.id)
        .limit(BATCH)
        .options(joinedload(Task.assignee))
        .with_for_update(skip_locked=True, of=Task)
    )


def _reading(pipeline: TurnPipeline, user: User, now: datetime) -> Reading:
    speaker = Speaker(actor=SYSTEM, user=user)
    return reading_for(speaker, said_at=now, company=pipeline.settings.config.company)


def _move_on(task: Task, reading: Reading) -> None:
    following = _next_time(task, reading)
    if following is None:
        task.reminded_at = reading.now
    else:
        # The task stays due since the time that was missed; only the reminder moves.
        task.remind_at = following


def _next_time(task: Task, reading: Reading) -> datetime | None:
    try:
        recurrence = read_recurrence(task.recurrence or "", reading)
    except UnreadableValue:
        # Written by something that does not know our rules; better reminded once than a tick that fails for everybody.
        return None
    return recurrence.next_after(reading.now) if recurrence is not None else None


def end_of_quiet_hours(user: User, now: datetime, *, zone: tzinfo) -> datetime | None:
    """When the person's quiet hours in ``zone`` end if ``now`` is in them, aware; None when they are not quiet."""
    if user.quiet_from is None or user.quiet_until is None or user.quiet_from == user.quiet_until:
        return None
    local = now.astimezone(zone)
    spans_midnight = user.quiet_from > user.quiet_until
    clock: time = local.time()
    quiet = (
        clock >= user.quiet_from or clock < user.quiet_until
        if spans_midnight
        else user.quiet_from <= clock < user.quiet_until
    )
    if not quiet:
        return None
    day = local.date() + timedelta(days=1) if spans_midnight and clock >= user.quiet_from else local.date()
    return datetime.combine(day, user.quiet_until, zone)


def _place(session: Session, task: Task) -> tuple[Conversation, ChannelIdentity] | None:
    """Where the assignee asked for it, else their own conversation on the channel they used last."""
    identities = session.scalars(
        select(ChannelIdentity)
        .where(ChannelIdentity.user_id == task.assignee_id, ChannelIdentity.channel != _NO_INBOX)
        .order_by(ChannelIdentity.proven_at.desc().nulls_last(), ChannelIdentity.id.desc())
    ).all()
    asked_in = session.get(Conversation, task.conversation_id) if task.conversation_id is not None else None
    for identity in identities:
        if asked_in is not None and asked_in.channel == identity.channel and task.creator_id == task.assignee_id:
            return asked_in, identity
        own = session.scalar(
            select(Conversation).where(
                Conversation.channel == identity.channel, Conversation.external_id == identity.external_id
            )
        )
        if own is not None:
            return own, identity
    return None


def _key(task: Task) -> str:
    occurrence = task.remind_at.astimezone(UTC).isoformat() if task.remind_at else "none"
    return f"reminder:{task.id}:{occurrence}"


def _is_queued(session: Session, task: Task) -> bool:
    return session.scalar(select(Outbox.id).where(Outbox.key == _key(task))) is not None


def _queue(
    pipeline: TurnPipeline,
    uow: UnitOfWork,
    task: Task,
    reading: Reading,
    *,
    conversation: Conversation,
    identity: ChannelIdentity,
) -> None:
    session, now = uow.session, uow.now
    turn = Turn(
        uow=uow,
        call=ActionCall(action="reminder"),
        reading=reading,
        words=pipeline.words,
        conversation=conversation,
        identity_id=identity.id,
        files=pipeline.settings.files_dir,
        policy=pipeline.policy,
        help_centre=pipeline.help_centre,
        user=task.assignee,
    )
    late = task.remind_at is not None and now - task.remind_at > LATE_AFTER
    turn.say("utter_reminder_late" if late else "utter_reminder", subject=task.subject)
    show_task(turn, task)
    body = outgoing_body(session, turn.reply, conversation_id=conversation.id, identity_id=identity.id, now=now)
    session.add(
        Outbox(
            key=_key(task),
            conversation_id=conversation.id,
            body=body,
            created_at=now,
            status=OutboxStatus.QUEUED,
        )
    )
