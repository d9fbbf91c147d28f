"""Messages and channels for tests of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from sqlalchemy import select

from bot.messages import DeliveryFailed, InboundMessage, OutgoingMessage
from crm_store.models import Inbox, Outbox, User
from crm_store.store import Store
from tests.assistants import NOW

CHANNEL = "web"
_numbers: Iterator[int] = count(1)


def message(
    text: str = "",
    *,
    conversation: str = "c1",
    sender: str = "s1",
    event_id: str | None = None,
    token: str | None = None,
    person: str | None = None,
    sent_at: datetime = NOW,
) -> InboundMessage:
    """A message as a channel would hand it in; an event of its own unless named."""
    return InboundMessage(
        source=CHANNEL,
        event_id=event_id or f"e{next(_numbers)}",
        channel=CHANNEL,
        conversation=conversation,
        sender=sender,
        sent_at=sent_at,
        text=text,
        token=token,
        person=person,
    )


def ref_of(store: Store, handle: str) -> str:
    """The reference of a colleague."""
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        return str(uow.session.scalars(select(User).where(User.handle == handle)).one().ref)


def inbox_of(store: Store) -> list[Inbox]:
    """Everything received, in order."""
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        return list(uow.session.scalars(select(Inbox).order_by(Inbox.id)))


def outbox_of(store: Store) -> list[Outbox]:
    """Everything to be delivered or delivered, in order."""
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        return list(uow.session.scalars(select(Outbox).order_by(Outbox.id)))


@dataclass(slots=True)
class RecordingChannel:
    """A channel that remembers what it was given; ``answers`` decides what it says to each message."""

    name: str = CHANNEL
    repeatable: bool = False
    taken: list[OutgoingMessage] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    answers: Callable[[OutgoingMessage, int], Exception | None] = lambda _message, _attempt: None

    async def deliver(self, message: OutgoingMessage) -> str | None:
        """Take it, or raise what ``answers`` says."""
        self.attempts.append(message.outbox_id)
        problem = self.answers(message, self.attempts.count(message.outbox_id))
        if problem is not None:
            raise problem
        self.taken.append(message)
        return f"platform-{message.outbox_id}"

    def texts(self, conversation_id: int | None = None) -> list[str]:
        """The first part of everything taken."""
        return [
            str(each.body["parts"][0]["text"]) for each in self.taken if conversation_id in {None, each.conversation_id}
        ]


def refusal(*, retry_after: float | None = None, permanent: bool = False) -> DeliveryFailed:
    """What a platform says when it does not take a message."""
    return DeliveryFailed("busy", retry_after=retry_after, permanent=permanent)
