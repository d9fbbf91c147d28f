"""Telling those who asked what came of their proposals, where they asked; and letting go what nobody has decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import selectinload

from actions.notices.approvals import outcome_reply
from actions.words import Words
from bot.notices import queue_notice
from bot.scheduler.places import NO_INBOX, find_places
from crm_store.models import Approval, Conversation, Inbox, Proposal, ProposalStatus
from crm_store.refs import RecordRef
from crm_store.store import Store
from crm_store.types import Moment
from crm_store.unit_of_work import UnitOfWork

BATCH = 100
_ENDED = (
    ProposalStatus.CONFIRMED,
    ProposalStatus.REJECTED,
    ProposalStatus.OVERTAKEN,
    ProposalStatus.CANCELLED,
    ProposalStatus.EXPIRED,
)


def tell_outcomes(store: Store, words: Words, *, now: datetime) -> list[int]:
    """Queue what the askers have not been told yet; the conversations to wake.

    Each outcome is told once, also when two processes do this at once. Raises DatabaseUnavailable; then none was.
    """
    with store.unit_of_work(now=now, read_only=True) as uow:
        if not uow.session.scalar(select(outcomes_wait(now))):
            return []
    with store.unit_of_work(now=now) as uow:
        together = selectinload(Proposal.approvals).joinedload(Approval.user)
        rows = uow.session.scalars(
            _due(now).options(together).limit(BATCH).with_for_update(skip_locked=True, of=Proposal)
        ).all()
        woken = [conversation_id for proposal in rows for conversation_id in _tell(uow, proposal, words)]
        uow.commit()
    return woken


def outcomes_wait(now: Moment) -> ColumnElement[bool]:
    """Whether there is any to tell."""
    return exists().where(_is_due(now))


def _is_due(now: Moment) -> ColumnElement[bool]:
    waiting_too_long = (Proposal.status == ProposalStatus.WAITING) & (Proposal.expires_at <= now)
    untold = Proposal.needs.is_not(None) & Proposal.told_at.is_(None)
    return untold & (Proposal.status.in_(_ENDED) | waiting_too_long)


def _due(now: datetime) -> Select[Proposal]:
    return select(Proposal).where(_is_due(now)).order_by(Proposal.id)


def _tell(uow: UnitOfWork, proposal: Proposal, words: Words) -> list[int]:
    if proposal.status is ProposalStatus.WAITING:
        proposal.status, proposal.decided_at = ProposalStatus.EXPIRED, uow.now
    proposal.told_at = uow.now
    place = _place(uow, proposal)
    if place is None:
        return []
    conversation_id, identity_id, inbox_id = place
    queue_notice(
        uow,
        outcome_reply(proposal, words),
        key=f"approval:{proposal.id}:outcome",
        conversation_id=conversation_id,
        identity_id=identity_id,
        inbox_id=inbox_id,
    )
    return [conversation_id]


def _place(uow: UnitOfWork, proposal: Proposal) -> tuple[int, int, int | None] | None:
    """Where they asked: the conversation, who may press there, and the message.

    Nobody watches a terminal: who asked there is told where they are otherwise, if anywhere.
    """
    asked = uow.session.get(Inbox, proposal.inbox_id) if proposal.inbox_id is not None else None
    conversation = uow.session.get_one(Conversation, proposal.conversation_id)
    if asked is not None and conversation.channel != NO_INBOX:
        return conversation.id, asked.identity_id, asked.id
    ref = RecordRef.from_text(proposal.proposer)
    places = find_places(uow.session, [ref.id], preferred={}).get(ref.id, []) if ref is not None else []
    if places:
        return places[0].conversation.id, places[0].identity_id, None
    return (conversation.id, asked.identity_id, asked.id) if asked is not None else None
