"""Keeping the messages the assistant should learn from: not understood, hardly understood, or taken back.

Written in the transaction of the turn, masked, only for people whose messages may be kept, and never who said it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.known_names import NamesOnRecord
from bot.masking import mask
from bot.settings import RapportConfig
from bot.speakers import Speaker
from crm_store.models import (
    Inbox,
    InboxStatus,
    JournalEntry,
    ReviewItem,
    ReviewReason,
    ReviewStatus,
    Role,
)
from crm_store.refs import row_number
from crm_store.store import Store
from crm_store.unit_of_work import UnitOfWork
from nlu.parse import FALLBACK_INTENT, Entity, ParseResult
from nlu.values.reading import Reading

_TAKING_BACK = {
    "correct": ReviewReason.CORRECTED,
    "deny": ReviewReason.DENIED,
    "undo": ReviewReason.UNDONE,
}
_ANSWERS = frozenset({"inform", "choose"})
_RANKED = 5
CERTAIN = 1.0
"""Confidence of a button's command: nothing was guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSeen:
    """One request as it is about to be answered: how it was read, what it was taken for, and where.

    ``number`` counts the requests of the message; ``was_asked``: a question of ours was open.
    """

    inbox: Inbox
    number: int
    parse: ParseResult
    meant: ParseResult
    was_asked: bool


@dataclass(frozen=True, slots=True)
class ReviewNotes:
    """Notes what is worth a look. Safe to use from several threads."""

    config: RapportConfig
    names: NamesOnRecord = field(default_factory=NamesOnRecord)

    def note(self, uow: UnitOfWork, speaker: Speaker, reading: Reading, seen: RequestSeen) -> None:
        """Keep this request, or the one before that it takes back, when there is something to learn from it."""
        if not self._may_keep(speaker):
            return
        reason = self._reason(seen)
        if reason is not None:
            self._keep_this(uow, speaker, reading, seen, reason)
        if seen.meant.intent.name in _TAKING_BACK and not seen.was_asked:
            self._keep_former(uow, speaker, reading, seen)
        elif seen.meant.intent.confidence >= CERTAIN:
            _take_as_suggestion(uow.session, seen)

    def _may_keep(self, speaker: Speaker) -> bool:
        allowed = self.config.privacy.keep_for_review
        return allowed == "all" or (allowed == "staff" and speaker.user is not None)

    def _reason(self, seen: RequestSeen) -> ReviewReason | None:
        meant = seen.meant.intent
        if not seen.parse.text.strip():
            return None
        if meant.name == FALLBACK_INTENT:
            return ReviewReason.FALLBACK
        if meant.name in _ANSWERS and not seen.was_asked:
            # Taken for the answer to a question nobody asked: all we could say is that we do not know what to do.
            return ReviewReason.FALLBACK
        # An answer to a question was read by the question, however unsure the engine was.
        as_read = meant.name == seen.parse.intent.name
        unsure = meant.confidence < self.config.understanding.review_below
        return ReviewReason.UNSURE if as_read and unsure else None

    def _keep_this(
        self, uow: UnitOfWork, speaker: Speaker, reading: Reading, seen: RequestSeen, reason: ReviewReason
    ) -> None:
        parse = seen.parse
        self.names.refresh(uow.session)
        uow.session.add(
            ReviewItem(
                inbox_id=seen.inbox.id,
                number=seen.number,
                text=mask(parse.text, entities=parse.entities, names=self.names, reading=reading),
                asked_by=_role(speaker),
                reason=reason,
                intent=None if reason is ReviewReason.FALLBACK else parse.intent.name,
                confidence=seen.meant.intent.confidence,
                candidates=[[score.name, round(score.confidence, 4)] for score in parse.ranking[:_RANKED]],
                at=uow.now,
            )
        )

    def _keep_former(self, uow: UnitOfWork, speaker: Speaker, reading: Reading, seen: RequestSeen) -> None:
        reason = _TAKING_BACK[seen.meant.intent.name]
        former = _message_taken_back(uow, seen) if reason is ReviewReason.UNDONE else _message_before(uow.session, seen)
        if former is None or former.payload is not None:
            return
        for number, request in enumerate(former.trace.get("requests") or ()):
            if not _was_guessed(request):
                continue
            item = uow.session.scalar(
                select(ReviewItem).where(ReviewItem.inbox_id == former.id, ReviewItem.number == number)
            )
            if item is not None:
                if item.reason is ReviewReason.UNSURE:
                    item.reason = reason
                continue
            self.names.refresh(uow.session)
            text = str(request["text"])
            uow.session.add(
                ReviewItem(
                    inbox_id=former.id,
                    number=number,
                    text=mask(text, entities=_entities(request, text), names=self.names, reading=reading),
                    asked_by=_role(speaker),
                    reason=reason,
                    intent=request["intent"],
                    confidence=float(request["confidence"]),
                    candidates=list(request.get("ranking") or ()),
                    at=uow.now,
                )
            )


def forget_old_items(store: Store, *, now: datetime, days: int) -> int:
    """Delete what was kept for review more than ``days`` ago, whatever became of it; how many there were."""
    with store.unit_of_work(now=now) as uow:
        old = uow.session.scalars(select(ReviewItem.id).where(ReviewItem.at < now - timedelta(days=days))).all()
        if old:
            uow.session.execute(delete(ReviewItem).where(ReviewItem.id.in_(old)))
            uow.commit()
        return len(old)


def _role(speaker: Speaker) -> str:
    if speaker.user is not None:
        return Role(speaker.user.role).value
    return "customer" if speaker.contact is not None else "visitor"


def _message_before(session: Session, seen: RequestSeen) -> Inbox | None:
    """The person's own message just before this one."""
    return session.scalar(
        select(Inbox)
        .where(
            Inbox.conversation_id == seen.inbox.conversation_id,
            Inbox.identity_id == seen.inbox.identity_id,
            Inbox.status != InboxStatus.RECEIVED,
            Inbox.id < seen.inbox.id,
        )
        .order_by(Inbox.id.desc())
        .limit(1)
    )


def _message_taken_back(uow: UnitOfWork, seen: RequestSeen) -> Inbox | None:
    """The message whose act an undo takes back: the one its button names, else the person's latest."""
    acts = (
        select(JournalEntry.inbox_id)
        .where(JournalEntry.actor == str(uow.actor), JournalEntry.reversed_by_id.is_(None))
        .order_by(JournalEntry.id.desc())
        .limit(1)
    )
    number = row_number(next((e.value for e in seen.meant.entities if e.entity == "entry"), None))
    if number is not None:
        acts = acts.where(JournalEntry.id == number)
    else:
        acts = acts.where(
            JournalEntry.conversation_id == seen.inbox.conversation_id, JournalEntry.reverses_id.is_(None)
        )
    inbox_id = uow.session.scalar(acts)
    return None if inbox_id is None else uow.session.get(Inbox, inbox_id)


def _was_guessed(request: dict[str, Any]) -> bool:
    """Whether the engine decided what the request meant: no button, no answer, and an act that can be wrong."""
    intent = request.get("intent")
    guessed = intent is not None and intent == request.get("parsed") and intent not in {FALLBACK_INTENT, *_TAKING_BACK}
    return guessed and float(request.get("confidence", CERTAIN)) < CERTAIN


def _entities(request: dict[str, Any], text: str) -> list[Entity]:
    return [
        Entity(entity=each["entity"], start=each["start"], end=each["end"], text=each["text"], value=each["value"])
        for each in request.get("entities") or ()
        if text[each["start"] : each["end"]] == each["text"]
    ]


def _take_as_suggestion(session: Session, seen: RequestSeen) -> None:
    """Somebody who is asked "did you mean ...?" and presses one of the meanings says what the message meant."""
    former = _message_before(session, seen)
    if former is None:
        return
    item = session.scalar(
        select(ReviewItem).where(
            ReviewItem.inbox_id == former.id,
            ReviewItem.reason == ReviewReason.FALLBACK,
            ReviewItem.status == ReviewStatus.OPEN,
        )
    )
    if item is not None and seen.meant.intent.name in {name for name, _ in item.candidates}:
        item.suggestion = seen.meant.intent.name
