"""What delivering one answer takes, read from the database: for whom it is, where, and what it replaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.desk.handing_over import handover_of_thread
from bot.channels.slack.places import ANNOUNCEMENT, ConversationKey, Place
from bot.messages import OutgoingMessage
from bot.offers import tokens_in
from crm_store.models import ChannelIdentity, Inbox, Offer, Outbox

OWN_NOTICE = "slack:"
"""How the keys of this channel's own notices begin; they hold nothing of the CRM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One answer to be delivered.

    ``asker`` is the person's key it is for. ``lost_access``: their account was deactivated since. ``own_notice``: it is
    about Slack itself and holds nothing of the CRM. ``late``: it is no answer but what came of a request afterwards.
    ``refused``: a button was used that was spent, too old or somebody else's. ``pressed`` is the message whose button
    asked for it, as (channel, ts), when the answer should take its place. ``shown_in``: its reader has decided to show
    it there, as (channel, thread). ``chatter``: people talked among themselves and nothing was understood.
    ``in_named_channel``: config.yml names the channel for just this (the support desk's work, big deals won).
    """

    message: OutgoingMessage
    key: ConversationKey
    place: Place
    asker: str | None
    received_at: datetime | None
    inbox_id: int | None
    lost_access: bool = False
    own_notice: bool = False
    refused: bool = False
    late: bool = False
    pressed: tuple[str, str] | None = None
    shown_in: tuple[str, str | None] | None = None
    chatter: bool = False
    in_named_channel: bool = False

    @property
    def unsaid(self) -> bool:
        """Whether nothing is said to it: nobody asked, or the asker's account was deactivated since."""
        return self.chatter or (self.lost_access and not self.own_notice)


def read_errand(session: Session, message: OutgoingMessage) -> Errand:
    """What delivering ``message`` takes."""
    row = session.get_one(Outbox, message.outbox_id)
    inbox = session.get(Inbox, row.inbox_id) if row.inbox_id is not None else None
    identity = inbox.identity if inbox is not None else _presser(session, row)
    own_notice = row.key.startswith(OWN_NOTICE)
    place = Place.from_json(inbox.place if inbox is not None else None)
    late = inbox is not None and not row.key.startswith(f"inbox:{inbox.id}:")
    return Errand(
        message=message,
        key=ConversationKey.parse(message.conversation),
        place=place,
        asker=identity.external_id if identity is not None else None,
        received_at=inbox.received_at if inbox is not None else None,
        inbox_id=row.inbox_id,
        lost_access=identity is not None and identity.user is not None and not identity.user.active,
        own_notice=own_notice,
        late=late,
        refused=inbox is not None and _press_was_refused(inbox),
        pressed=_replaced(session, row, inbox, place) if inbox is not None and place.pressed else None,
        shown_in=_shown_in(row),
        chatter=inbox is not None and not place.addressed and _understood_nothing(inbox),
        in_named_channel=row.key.startswith(ANNOUNCEMENT)
        or handover_of_thread(session, row.conversation_id) is not None,
    )


def _presser(session: Session, row: Outbox) -> ChannelIdentity | None:
    """Without a question, an answer is for whoever may press its buttons."""
    tokens = tokens_in(row.body)
    if not tokens:
        return None
    return session.scalar(
        select(ChannelIdentity).join(Offer, Offer.identity_id == ChannelIdentity.id).where(Offer.token == tokens[0])
    )


def _replaced(session: Session, row: Outbox, inbox: Inbox, place: Place) -> tuple[str, str] | None:
    """The message to be replaced: one whose button is spent, or that shows the same record as the answer.

    Only the first answer to a press takes its place.
    """
    first = session.scalar(select(Outbox.id).where(Outbox.inbox_id == inbox.id).order_by(Outbox.id).limit(1))
    if first != row.id or _press_was_refused(inbox):
        return None
    offer = session.scalar(select(Offer).where(Offer.token == inbox.payload))
    if offer is None:
        return None
    pressed = _bearer(session, offer)
    if pressed is None:
        return _card_used(session, row, inbox, place)
    if pressed.external_id is None:
        return None
    if not offer.single_use and not _refs(pressed) & _refs(row):
        return None
    channel, _, stamps = pressed.external_id.partition(":")
    return (channel, stamps.split(",")[-1]) if stamps else None


def _card_used(session: Session, row: Outbox, inbox: Inbox, place: Place) -> tuple[str, str] | None:
    """The message whose calendar or form was used, if the answer shows its record anew to whom it was for.

    What is said with them is a request of its own, on an offer no message carries. The buttons of somebody else's card
    are theirs, so it stays.
    """
    if place.channel is None or place.ts is None:
        return None
    used = session.scalars(
        select(Outbox).where(
            Outbox.conversation_id == row.conversation_id,
            Outbox.external_id.startswith(f"{place.channel}:", autoescape=True),
            Outbox.external_id.contains(place.ts, autoescape=True),
        )
    )
    theirs = (each for each in used if _refs(each) & _refs(row) and _is_for(session, each, inbox.identity_id))
    return (place.channel, place.ts) if any(theirs) else None


def _is_for(session: Session, row: Outbox, identity_id: int) -> bool:
    asked = session.get(Inbox, row.inbox_id) if row.inbox_id is not None else None
    return asked is None or asked.identity_id == identity_id


def _bearer(session: Session, offer: Offer) -> Outbox | None:
    """The answer that carries the button: of the same conversation, from the same moment."""
    rows = session.scalars(
        select(Outbox)
        .where(Outbox.conversation_id == offer.conversation_id, Outbox.created_at == offer.created_at)
        .order_by(Outbox.id)
    )
    return next((row for row in rows if offer.token in tokens_in(row.body)), None)


def _shown_in(row: Outbox) -> tuple[str, str | None] | None:
    shown = row.body.get("shown_in")
    return (shown[0], shown[1]) if shown else None


def _refs(row: Outbox) -> set[str]:
    return {part["ref"] for part in row.body.get("parts", ()) if part.get("type") == "card" and part.get("ref")}


def _press_was_refused(inbox: Inbox) -> bool:
    return any(str(request.get("error") or "").startswith("button_") for request in inbox.trace.get("requests", ()))


def _understood_nothing(inbox: Inbox) -> bool:
    actions = [action for request in inbox.trace.get("requests", ()) for action in request.get("actions", ())]
    return actions == ["action_fallback"]
