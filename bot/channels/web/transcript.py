"""A person's conversation as the page shows it, read from the inbox and the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from bot.offers import tokens_in
from crm_store.models import Conversation, Inbox, Offer, Outbox

CHANNEL = "web"
LINES_ON_LOAD = 50
MOST_LINES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Lines in the order of the talk; ``earlier``: there are older ones."""

    lines: list[dict[str, Any]]
    earlier: bool


def event_of(person: str, frame_id: str) -> str:
    """The inbox's event id for a page's frame id. It carries the person, so nobody's ids can collide with another's."""
    return f"{person}/{frame_id}"


def read_history(session: Session, person: str, *, after: int, after_own: int, now: datetime) -> History:
    """What the page needs to be complete: everything after the rows it has seen, and at least the last 50 lines.

    The overlap is wanted: on PostgreSQL a row with a smaller number may become visible after a larger one was seen.
    More than 500 lines are not sent at once; the newest are.
    """
    conversation = _conversation(session, person)
    if conversation is None:
        return History(lines=[], earlier=False)
    own = session.scalars(
        select(Inbox).where(Inbox.conversation_id == conversation).order_by(Inbox.id.desc()).limit(MOST_LINES)
    ).all()
    replies = session.scalars(
        select(Outbox).where(Outbox.conversation_id == conversation).order_by(Outbox.id.desc()).limit(MOST_LINES)
    ).all()
    rows: list[Inbox | Outbox] = sorted([*own, *replies], key=_place)
    first_new = next(
        (n for n, row in enumerate(rows) if row.id > (after_own if isinstance(row, Inbox) else after)), len(rows)
    )
    start = max(min(first_new, len(rows) - LINES_ON_LOAD), len(rows) - MOST_LINES, 0)
    chosen = rows[start:]
    tokens = [token for row in chosen for token in _tokens(row)]
    offers = _Offers.load(session, conversation, tokens, now)
    lines = [_own_line(row, offers) if isinstance(row, Inbox) else _message_line(row, offers) for row in chosen]
    return History(lines=lines, earlier=start > 0 or len(own) == MOST_LINES or len(replies) == MOST_LINES)


def read_own_line(session: Session, inbox_id: int, now: datetime) -> dict[str, Any]:
    """The line of a message just received."""
    row = session.get_one(Inbox, inbox_id)
    return _own_line(row, _Offers.load(session, row.conversation_id, _tokens(row), now))


def message_line(
    session: Session, *, outbox_id: int, conversation_id: int, body: dict[str, Any], at: datetime, now: datetime
) -> dict[str, Any]:
    """The line of a message on its way out."""
    offers = _Offers.load(session, conversation_id, tokens_in(body), now)
    inbox_id = session.scalars(select(Outbox.inbox_id).where(Outbox.id == outbox_id)).one_or_none()
    return _shaped_message(outbox_id, inbox_id, body, at, offers)


def read_body(session: Session, person: str, outbox_id: int) -> dict[str, Any] | None:
    """The body of a message in this person's own conversation; None when it is somebody else's or nobody's."""
    conversation = _conversation(session, person)
    if conversation is None:
        return None
    owned: ColumnElement[bool] = and_(Outbox.id == outbox_id, Outbox.conversation_id == conversation)
    return session.scalars(select(Outbox.body).where(owned)).one_or_none()


def _conversation(session: Session, person: str) -> int | None:
    found = select(Conversation.id).where(Conversation.channel == CHANNEL, Conversation.external_id == person)
    return session.scalars(found).one_or_none()


def _place(row: Inbox | Outbox) -> tuple[datetime, int, int]:
    # At the same instant the question stands before its answer.
    return (row.received_at, 0, row.id) if isinstance(row, Inbox) else (row.created_at, 1, row.id)


def _tokens(row: Inbox | Outbox) -> list[str]:
    if isinstance(row, Inbox):
        return [row.payload] if row.payload else []
    return tokens_in(row.body)


@dataclass(frozen=True, slots=True)
class _Offers:
    """The offers behind a set of buttons, and which groups of them are used up."""

    by_token: dict[str, Offer]
    used_groups: frozenset[str]
    now: datetime

    @classmethod
    def load(cls, session: Session, conversation: int, tokens: Iterable[str], now: datetime) -> _Offers:
        wanted = sorted(set(tokens))
        if not wanted:
            return cls({}, frozenset(), now)
        mine = Offer.conversation_id == conversation
        by_token = {offer.token: offer for offer in session.scalars(select(Offer).where(mine, Offer.token.in_(wanted)))}
        groups = sorted({offer.group for offer in by_token.values()})
        used = select(Offer.group).where(mine, Offer.group.in_(groups), Offer.single_use, Offer.used_at.is_not(None))
        return cls(by_token, frozenset(session.scalars(used)), now)

    def button(self, button: dict[str, Any]) -> dict[str, Any]:
        offer = self.by_token.get(button["token"])
        spent = offer is None or offer.expires_at <= self.now or (offer.single_use and offer.group in self.used_groups)
        return {**button, "single_use": offer is not None and offer.single_use, "spent": spent}

    def label(self, token: str | None) -> str:
        offer = self.by_token.get(token) if token else None
        return offer.label if offer is not None else ""


def _own_line(row: Inbox, offers: _Offers) -> dict[str, Any]:
    return {
        "type": "own",
        "id": row.id,
        "event": row.event_id.rpartition("/")[2],
        "text": offers.label(row.payload) or row.text or "…",
        "token": row.payload,
        "at": row.received_at.isoformat(),
    }


def _message_line(row: Outbox, offers: _Offers) -> dict[str, Any]:
    return _shaped_message(row.id, row.inbox_id, row.body, row.created_at, offers)


def _shaped_message(
    outbox_id: int, inbox_id: int | None, body: dict[str, Any], at: datetime, offers: _Offers
) -> dict[str, Any]:
    parts = [_shaped_part(outbox_id, number, part) for number, part in enumerate(body.get("parts", []))]
    buttons = [offers.button(button) for button in body.get("buttons", [])]
    return {
        "type": "message",
        "id": outbox_id,
        "inbox_id": inbox_id,
        "body": {"parts": parts, "buttons": buttons, "menus": body.get("menus", [])},
        "at": at.isoformat(),
    }


def _shaped_part(outbox_id: int, number: int, part: dict[str, Any]) -> dict[str, Any]:
    """A part as the page gets it: files become addresses, places on our disk stay here."""
    if "path" not in part:
        return part
    rest = {name: value for name, value in part.items() if name != "path"}
    return {**rest, "href": f"/files/{outbox_id}/{number}"}
