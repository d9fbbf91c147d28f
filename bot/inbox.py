"""Taking messages in: committed before the platform hears "received", repeats dropped by their key."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.reply import Button
from bot.messages import MAX_TEXT, InboundMessage, Receipt
from bot.offers import make_offers
from crm_store.models import ChannelIdentity, Conversation, Inbox, InboxStatus
from crm_store.refs import RecordRef
from crm_store.store import Store

_FUTURE_TOLERANCE_SECONDS = 300
_ATTEMPTS = 5
# Made once: to put a statement together costs as much as to run it.
_EVENT = select(Inbox).where(Inbox.source == bindparam("source"), Inbox.event_id == bindparam("event"))
_CONVERSATION = select(Conversation).where(
    Conversation.channel == bindparam("channel"), Conversation.external_id == bindparam("external")
)
_IDENTITY = select(ChannelIdentity).where(
    ChannelIdentity.channel == bindparam("channel"), ChannelIdentity.external_id == bindparam("external")
)


def receive(store: Store, message: InboundMessage, *, now: datetime) -> Receipt:
    """Commit a message to the inbox. Calling it again with the same source and event id changes nothing.

    Characters no database keeps (NUL, halves of surrogate pairs) are dropped or replaced. Raises DatabaseUnavailable;
    then nothing was kept, and the platform must be told to try again.
    """
    message = _storable(message)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _receive(store, message, now, seen_before=attempt > 1)
        except IntegrityError:
            # The event is a repeat, or another process took it, opened the same conversation or met the same person a
            # moment earlier; each of them can happen once, and then is found.
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def note_handled(session: Session, message: InboundMessage, *, now: datetime) -> Inbox:
    """The row of a message that somebody else's server answers, made at its first mention; nobody here will answer it.

    In the caller's transaction, in which no other process changes the conversation from then on. Raises IntegrityError
    when another process notes the same message or meets the same person at this moment; then do it all again.
    """
    message = _storable(message)
    conversation = _conversation(session, message, now)
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(Conversation.id).where(Conversation.id == conversation.id).with_for_update())
    row = _row_of(session, message)
    if row is None:
        row = Inbox(
            source=message.source,
            event_id=message.event_id,
            conversation_id=conversation.id,
            identity_id=_identity(session, message, now).id,
            text=message.text[:MAX_TEXT],
            attachments=[],
            sent_at=_plausible(message.sent_at, now),
            received_at=now,
            done_at=now,
            status=InboxStatus.DONE,
            trace={},
        )
        session.add(row)
        session.flush()
    return row


def _receive(store: Store, message: InboundMessage, now: datetime, *, seen_before: bool) -> Receipt:
    with store.unit_of_work(now=now) as uow:
        known = _known(uow.session, message) if seen_before else None
        if known is not None:
            return known
        conversation = _conversation(uow.session, message, now)
        identity = _identity(uow.session, message, now)
        held = message.hold_unknown and not _is_known(identity)
        row = Inbox(
            source=message.source,
            event_id=message.event_id,
            conversation_id=conversation.id,
            identity_id=identity.id,
            text=message.text[:MAX_TEXT],
            payload=message.token,
            attachments=list(message.attachments),
            place=message.place,
            sent_at=_plausible(message.sent_at, now),
            received_at=now,
            status=InboxStatus.HELD if held else InboxStatus.RECEIVED,
        )
        if message.command is not None:
            row.payload = _offered(uow.session, message.command, row, now=now)
        uow.session.add(row)
        uow.commit()
        return Receipt(inbox_id=row.id, conversation_id=conversation.id, repeat=False, held=held)


def _storable(message: InboundMessage) -> InboundMessage:
    return replace(
        message,
        event_id=_text(message.event_id),
        conversation=_text(message.conversation),
        sender=_text(message.sender),
        sender_name=_text(message.sender_name),
        text=_text(message.text),
        token=None if message.token is None else _text(message.token),
    )


def _text(text: str) -> str:
    # PostgreSQL keeps no NUL, and UTF-8 has no half of a surrogate pair.
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _known(session: Session, message: InboundMessage) -> Receipt | None:
    row = _row_of(session, message)
    if row is None:
        return None
    held = row.status is InboxStatus.HELD
    return Receipt(inbox_id=row.id, conversation_id=row.conversation_id, repeat=True, held=held)


def _row_of(session: Session, message: InboundMessage) -> Inbox | None:
    return session.scalar(_EVENT, {"source": message.source, "event": message.event_id})


def _is_known(identity: ChannelIdentity) -> bool:
    return (identity.user is not None and identity.user.active) or identity.contact_id is not None


def _offered(session: Session, command: str, row: Inbox, *, now: datetime) -> str:
    """The token that lets a filled-in form go the way of a pressed button."""
    button = Button(label=row.text[:75], command=command, single_use=True)
    (offer,) = make_offers(session, [button], conversation_id=row.conversation_id, identity_id=row.identity_id, now=now)
    return offer.token


def _conversation(session: Session, message: InboundMessage, now: datetime) -> Conversation:
    found = session.scalar(_CONVERSATION, {"channel": message.channel, "external": message.conversation})
    if found is None:
        found = Conversation(
            channel=message.channel,
            external_id=message.conversation,
            created_at=now,
            last_message_at=now,
            focus={},
            dialogue={},
            pending={},
        )
        session.add(found)
        session.flush()
    return found


def _identity(session: Session, message: InboundMessage, now: datetime) -> ChannelIdentity:
    found = session.scalar(_IDENTITY, {"channel": message.channel, "external": message.sender})
    if found is None:
        found = ChannelIdentity(
            channel=message.channel, external_id=message.sender, display_name=message.sender_name, created_at=now
        )
        session.add(found)
    found.unreachable_since = None
    proven = RecordRef.from_text(message.person) if message.person else None
    if proven is not None:
        found.user_id = proven.id if proven.kind == "user" else None
        found.contact_id = proven.id if proven.kind == "contact" else None
        found.proven_at = found.vouched_at = now
    session.flush()
    return found


def _plausible(sent_at: datetime, now: datetime) -> datetime:
    # A client whose clock runs ahead must not move "tomorrow" by a day.
    return now if (sent_at - now).total_seconds() > _FUTURE_TOLERANCE_SECONDS else sent_at
