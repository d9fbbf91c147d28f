"""Reminders that are due: put into the outbox once each, where their person will see them.

The unique key of the outbox row is the occurrence itself, so a second tick, a second process or a clock set back cannot
send it again; what was missed while nothing ran is sent late rather than never.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from actions.call import ActionCall
from actions.cards import show_task
from actions.turn import Turn
from bot.offers import outgoing_body
from bot.speakers import Speaker, reading_for
from bot.turn import TurnPipeline
from crm_store.models import ChannelIdentity, Conversation, Outbox, OutboxStatus, Task, User
from crm_store.unit_of_work import UnitOfWork

BATCH = 200
LATE_AFTER = timedelta(minutes=5)


def queue_due_reminders(pipeline: TurnPipeline, *, now: datetime) -> list[int]:
    """Queue every reminder due by ``now``; the conversations to wake. Quiet hours postpone, they do not drop.

    Raises DatabaseUnavailable; then nothing was queued.
    """
    with pipeline.store.unit_of_work(now=now) as uow:
        session = uow.session
        due = session.scalars(
            select(Task)
            .where(Task.remind_at <= now, Task.reminded_at.is_(None), Task.done_at.is_(None))
            .order_by(Task.remind_at, Task.id)
            .limit(BATCH)
            .options(joinedload(Task.assignee))
            .with_for_update(skip_locked=True, of=Task)
        ).all()
        woken = []
        for task in due:
            quiet_until = end_of_quiet_hours(task.assignee, now)
            if quiet_until is not None:
                task.remind_at = quiet_until
                continue
            place = _place(session, task)
            if place is not None:
                conversation, identity = place
                _queue(pipeline, uow, task, conversation=conversation, identity=identity)
                woken.append(conversation.id)
            task.reminded_at = now
        uow.commit()
        return woken


def end_of_quiet_hours(user: User, now: datetime) -> datetime | None:
    """When the person's quiet hours end if ``now`` is in them, aware UTC; None when they are not quiet."""
    if user.quiet_from is None or user.quiet_until is None or user.quiet_from == user.quiet_until:
        return None
    zone = ZoneInfo(user.timezone)
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
    identity = session.scalar(
        select(ChannelIdentity)
        .where(ChannelIdentity.user_id == task.assignee_id, ChannelIdentity.channel != "terminal")
        .order_by(ChannelIdentity.proven_at.desc())
        .limit(1)
    )
    if identity is None:
        return None
    conversation = session.get(Conversation, task.conversation_id) if task.conversation_id is not None else None
    if conversation is None or conversation.channel != identity.channel or task.creator_id != task.assignee_id:
        conversation = session.scalar(
            select(Conversation).where(
                Conversation.channel == identity.channel, Conversation.external_id == identity.external_id
            )
        )
    return (conversation, identity) if conversation is not None else None


def _queue(
    pipeline: TurnPipeline, uow: UnitOfWork, task: Task, *, conversation: Conversation, identity: ChannelIdentity
) -> None:
    session, now = uow.session, uow.now
    speaker = Speaker(actor=uow.actor, user=task.assignee)
    turn = Turn(
        uow=uow,
        call=ActionCall(action="reminder"),
        reading=reading_for(speaker, said_at=now, company=pipeline.settings.config.company),
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
    occurrence = task.remind_at.isoformat() if task.remind_at else "none"
    session.add(
        Outbox(
            key=f"reminder:{task.id}:{occurrence}",
            conversation_id=conversation.id,
            body=body,
            created_at=now,
            status=OutboxStatus.QUEUED,
        )
    )
