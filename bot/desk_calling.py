"""Looking back over a customer's latest messages, whether it is time to call a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.desk.calling import ANGRY_OF, Heard, reason_to_call
from actions.desk.handing_over import open_handover
from actions.desk.policy import DeskPolicy
from crm_store.models import HandoverReason, Inbox, InboxStatus, UnansweredQuestion
from nlu.parse import FALLBACK_INTENT

_FALLBACK, _ASKED, _INSULTED = "action_fallback", "action_ask_question", "action_insult"
CALLED = "action_talk_to_human"


def reason_to_hand_over(
    session: Session, inbox: Inbox, trace: list[dict[str, Any]], policy: DeskPolicy
) -> HandoverReason | None:
    """Why a person should take over after this message; None when there is no reason, or one has been called."""
    if CALLED in _actions(trace) or open_handover(session, inbox.conversation_id) is not None:
        return None
    needed = max(policy.unsure_limit, ANGRY_OF)
    before = session.scalars(
        select(Inbox)
        .where(
            Inbox.conversation_id == inbox.conversation_id,
            Inbox.identity_id == inbox.identity_id,
            Inbox.id < inbox.id,
            Inbox.status == InboxStatus.DONE,
        )
        .order_by(Inbox.id.desc())
        .limit(needed - 1)
    ).all()
    latest = [_heard(session, inbox, trace)]
    for row in before:
        requests = row.trace.get("requests") or []
        if CALLED in _actions(requests):
            # What came before a person was called has been dealt with.
            break
        latest.append(_heard(session, row, requests))
    return reason_to_call(latest, words=policy.handover_words, unsure_limit=policy.unsure_limit)


def _heard(session: Session, row: Inbox, requests: list[dict[str, Any]]) -> Heard:
    return Heard(
        text=row.text if row.payload is None else "",
        insult=_INSULTED in _actions(requests),
        unsure=row.payload is None and _was_unsure(session, row, requests),
    )


def _was_unsure(session: Session, row: Inbox, requests: list[dict[str, Any]]) -> bool:
    if any(_FALLBACK in each.get("actions", ()) and each.get("intent") == FALLBACK_INTENT for each in requests):
        return True
    if _ASKED not in _actions(requests):
        return False
    unanswered = select(UnansweredQuestion.id).where(
        UnansweredQuestion.conversation_id == row.conversation_id, UnansweredQuestion.text == row.text.strip()
    )
    return session.scalar(unanswered.limit(1)) is not None


def _actions(requests: list[dict[str, Any]]) -> set[str]:
    return {action for each in requests for action in each.get("actions", ())}
