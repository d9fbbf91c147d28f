"""What travels between a channel and the turn pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

MAX_TEXT = 20_000
"""Characters of one message that are kept; channels cut what is longer and say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One thing a person said or pressed, as a channel heard it.

    ``source`` and ``event_id`` together are unique for ever: a repeat is dropped. ``conversation`` is the channel's own
    name of the thread, ``sender`` its own name of the person. ``token`` is the pressed button's. ``sent_at`` is aware.
    ``person`` is "user:3" or "contact:7" when the channel itself has proven who this is (a signed session, a verified
    account); it is trusted, so a channel never fills it from what the person merely says. None: not proven here.
    ``command`` is what a form of our own was filled in to say ("/log_deal{...}"), never what a person typed.
    ``hold_unknown``: from somebody who is no active colleague or customer yet, it is kept but not answered until the
    channel knows who they are. ``place`` comes back with the answer (``Inbox.place``).
    """

    source: str
    event_id: str
    channel: str
    conversation: str
    sender: str
    sent_at: datetime
    sender_name: str = ""
    text: str = ""
    token: str | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    person: str | None = None
    command: str | None = None
    hold_unknown: bool = False
    place: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The message is safe: it is committed, now or (``repeat``) by an earlier delivery of the same event.

    ``held``: it waits until the channel knows who sent it.
    """

    inbox_id: int
    conversation_id: int
    repeat: bool
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One row of the outbox on its way. ``body`` has the form described in actions.reply.

    ``ambiguous``: an earlier attempt may have reached the platform; one that ended in a clear refusal does not count.
    """

    outbox_id: int
    conversation_id: int
    channel: str
    conversation: str
    body: dict[str, Any]
    created_at: datetime
    ambiguous: bool = False


class DeliveryFailed(Exception):
    """The platform did not take the message. ``retry_after`` in seconds when it said so; ``permanent``: never will.

    ``ambiguous``: it may have taken it all the same (no answer came), and the next attempt should look first.
    """

    def __init__(
        self, detail: str, *, retry_after: float | None = None, permanent: bool = False, ambiguous: bool = False
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.permanent = permanent
        self.ambiguous = ambiguous


class Channel(Protocol):
    """A way to reach people. ``deliver`` is called for one conversation at a time, in order.

    ``repeatable``: a message handed over twice is shown once, so that nothing need be noted before it is.
    """

    name: str
    repeatable: bool

    async def deliver(self, message: OutgoingMessage) -> str | None:
        """Hand the message over and return the platform's id of it; raises DeliveryFailed."""
        ...
