"""Hand-overs: a customer's conversation goes into the hands of people, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from actions.desk.desk import Desk
from actions.desk.events import note_event
from actions.reply import Reply, Text
from crm_store.inserting import insert_new
from crm_store.models import (
    Conversation,
    Handover,
    HandoverEnd,
    HandoverReason,
    Notice,
    NoticeKind,
    NoticeStatus,
    SupportEvent,
    SupportEventKind,
    Ticket,
)

NEW_THREAD = "new-"
"""How the name of a thread begins that is not posted yet; its channel gives it its own name then."""
_MEASURED, _FEWEST = timedelta(days=30), 5
_URGENT = 3


_OPEN_OF_TALK = select(Handover).where(
    Handover.conversation_id == bindparam("conversation"), Handover.ended_at.is_(None)
)
_LATEST_IN_THREAD = (
    select(Handover).where(Handover.thread_id == bindparam("thread")).order_by(Handover.id.desc()).limit(1)
)
"""Both are asked in every turn; made once, they cost half."""


def open_handover(session: Session, conversation_id: int) -> Handover | None:
    """The hand-over a customer's conversation is in."""
    return session.scalar(_OPEN_OF_TALK, {"conversation": conversation_id})


def open_handover_of(session: Session, ticket_id: int) -> Handover | None:
    """The hand-over that is about a ticket."""
    return session.scalar(select(Handover).where(Handover.ticket_id == ticket_id, Handover.ended_at.is_(None)))


def handover_of_thread(session: Session, conversation_id: int) -> Handover | None:
    """The latest hand-over that appears in this thread of the support channel, ended or not."""
    return session.scalar(_LATEST_IN_THREAD, {"thread": conversation_id})


def begin_handover(
    desk: Desk,
    ticket: Ticket,
    *,
    conversation_id: int,
    identity_id: int,
    reason: HandoverReason,
    agent_conversation_id: int | None = None,
) -> Handover:
    """Put a conversation into the hands of people, in a thread of the support channel where there is one."""
    handover = Handover(
        conversation_id=conversation_id,
        identity_id=identity_id,
        ticket_id=ticket.id,
        reason=reason,
        started_at=desk.now,
        waiting_since=None if reason is HandoverReason.AGENT else desk.now,
        last_message_at=desk.now,
        agent_conversation_id=agent_conversation_id,
    )
    desk.session.add(handover)
    desk.session.flush()
    handover.thread_id = _thread_of(desk, handover)
    note_event(
        desk,
        SupportEventKind.HANDED_OVER,
        str(handover.id),
        ticket=ticket,
        conversation_id=conversation_id,
        reason=reason.value,
        open=desk.time.is_open(desk.now),
    )
    return handover


def end_handover(desk: Desk, handover: Handover, how: HandoverEnd, *, user_id: int | None = None) -> None:
    """The bot has the conversation again."""
    handover.ended_at, handover.ended_how, handover.waiting_since = desk.now, how, None
    note_event(
        desk,
        SupportEventKind.HANDED_BACK,
        str(handover.id),
        ticket=handover.ticket,
        conversation_id=handover.conversation_id,
        user_id=user_id,
        how=how.value,
    )


def leave(desk: Desk, handover: Handover) -> None:
    """The ticket's customer is no longer known to be the one who writes there: people are told, and keep the ticket."""
    end_handover(desk, handover, HandoverEnd.LEFT)
    text = desk.words.say("utter_desk_customer_left", ticket=handover.ticket.number)
    post_to_desk(desk, handover, Reply(parts=[Text(text)]), key=f"desk:left:{handover.id}")


def post_to_desk(desk: Desk, handover: Handover, reply: Reply, *, key: str, but: int | None = None) -> None:
    """Say something where the hand-over appears, once per ``key``; not in the conversation ``but``."""
    for place in (handover.thread_id, handover.agent_conversation_id):
        if place is not None and place != but:
            desk.post(place, reply, key=f"{key}:{place}")


def tell_agent(
    desk: Desk, ticket: Ticket, topic: str, occurrence: str, *, user_id: int | None = None, **data: Any
) -> None:
    """Write a notice for the ticket's assignee, or for ``user_id``; said once, where they are."""
    who = user_id if user_id is not None else ticket.assignee_id
    if who is None:
        return
    insert_new(
        desk.session,
        Notice,
        [
            {
                "key": f"desk:{topic}:{who}:{ticket.id}:{occurrence}",
                "user_id": who,
                "kind": NoticeKind.DESK,
                "topic": topic,
                "severity": _URGENT,
                "ref": str(ticket.ref),
                "data": data,
                "due_at": desk.now,
                "say_at": desk.now,
                "status": NoticeStatus.WAITING,
                "created_at": desk.now,
                "failed_on": [],
            }
        ],
    )


def usual_wait(desk: Desk) -> int | None:
    """The median of the minutes customers waited for a person lately; None when there is too little to go by."""
    first = SupportEventKind.FIRST_RESPONSE
    rows = desk.session.scalars(
        select(SupportEvent.data).where(SupportEvent.kind == first, SupportEvent.at > desk.now - _MEASURED)
    )
    waits = sorted(int(data["minutes"]) for data in rows if data.get("handover"))
    return waits[len(waits) // 2] if len(waits) >= _FEWEST else None


def _thread_of(desk: Desk, handover: Handover) -> int | None:
    channel = desk.policy.slack_channel
    if channel is None:
        return None
    earlier = select(Handover.thread_id).where(
        Handover.ticket_id == handover.ticket_id, Handover.thread_id.is_not(None), Handover.id != handover.id
    )
    known = desk.session.scalar(earlier.order_by(Handover.id.desc()).limit(1))
    if known is not None:
        return known
    thread = Conversation(
        channel="slack",
        external_id=f"{channel}/{NEW_THREAD}{handover.id}",
        created_at=desk.now,
        last_message_at=desk.now,
        focus={Ticket.kind: handover.ticket_id, "last": f"{Ticket.kind}:{handover.ticket_id}"},
        dialogue={},
        pending={},
    )
    desk.session.add(thread)
    desk.session.flush()
    return thread.id
