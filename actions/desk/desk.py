"""What the desk works with: the store at one moment, its rules, its clock, and the messages it sends elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from actions.desk.business_time import BusinessTime
from actions.desk.policy import DeskPolicy
from actions.opening_hours import UnreadableHours
from actions.reply import Reply
from actions.turn import CompanyPolicy, Posting, Turn
from actions.words import Words

_WHEN_UNREADABLE = "Mon-Fri 09:00-18:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk at one moment. ``postings`` grow with what is to be said in other conversations than the turn's own."""

    session: Session
    now: datetime
    company: CompanyPolicy
    words: Words
    postings: list[Posting] = field(default_factory=list)

    @property
    def policy(self) -> DeskPolicy:
        """The desk's rules."""
        return self.company.desk

    @property
    def time(self) -> BusinessTime:
        """The desk's open time."""
        return business_time(
            self.policy.hours or self.company.opening_hours, self.company.time_zone, self.policy.holidays
        )

    def post(
        self,
        conversation_id: int,
        reply: Reply,
        *,
        key: str,
        author: str = "assistant",
        identity_id: int | None = None,
    ) -> None:
        """Say something in a conversation, once per ``key``; ``identity_id`` may press its buttons (None: anybody)."""
        self.postings.append(
            Posting(conversation_id=conversation_id, reply=reply, key=key, author=author, identity_id=identity_id)
        )


def desk_of(turn: Turn) -> Desk:
    """The desk as this turn sees it; what it posts goes out with the turn."""
    return Desk(session=turn.session, now=turn.uow.now, company=turn.policy, words=turn.words, postings=turn.postings)


@lru_cache(maxsize=16)
def business_time(hours: str, zone: str, country: str | None) -> BusinessTime:
    """The open time these hours mean; what cannot be read is taken for usual office hours."""
    try:
        return BusinessTime.from_text(hours, zone, country)
    except UnreadableHours:
        return BusinessTime.from_text(_WHEN_UNREADABLE, zone, country)
