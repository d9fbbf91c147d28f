"""Buttons as offers: what travels is a random token; what it does, for whom and until when stays here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from actions.call import Command
from actions.reply import Button, Reply, part_to_json
from crm_store.models import Offer

LIFETIME = timedelta(days=7)
_RECENT = (
    select(Offer.token, Offer.label, Offer.group, Offer.used_at)
    .where(
        Offer.conversation_id == bindparam("conversation"),
        # In a conversation of several people everybody's "Undo" is their own.
        or_(Offer.identity_id.is_(None), Offer.identity_id == bindparam("identity")),
    )
    .order_by(Offer.id.desc())
    .limit(40)
)

PressProblem = Literal["unknown", "not_yours", "expired", "used"]


@dataclass(frozen=True, slots=True)
class Pressed:
    """What pressing a button came to: its command, or why not."""

    command: Command | None = None
    problem: PressProblem | None = None


def make_offers(
    session: Session, buttons: Sequence[Button], *, conversation_id: int, identity_id: int | None, now: datetime
) -> list[Offer]:
    """Keep the buttons of one reply; ``identity_id`` is who may press them (None: anybody in the conversation)."""
    rows = _rows(buttons, conversation_id=conversation_id, identity_id=identity_id, now=now)
    offers = [Offer(**row) for row in rows]
    session.add_all(offers)
    return offers


def _rows(
    buttons: Sequence[Button], *, conversation_id: int, identity_id: int | None, now: datetime
) -> list[dict[str, Any]]:
    group = secrets.token_urlsafe(9)
    return [
        {
            "token": f"o-{secrets.token_urlsafe(12)}",
            "group": group,
            "conversation_id": conversation_id,
            "identity_id": identity_id,
            "label": button.label,
            "command": button.command,
            "single_use": button.single_use,
            "created_at": now,
            "expires_at": now + LIFETIME,
        }
        for button in buttons
    ]


def write_offers(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Keep offers."""
    if rows:
        # Past the session: where a thousand people are spoken to at once its bookkeeping takes half the time.
        session.connection().execute(insert(Offer.__table__), list(rows))  # type: ignore[arg-type]


def outgoing_body(
    session: Session,
    reply: Reply,
    *,
    conversation_id: int,
    identity_id: int | None,
    now: datetime,
    write_later: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A reply as the outbox keeps it, its buttons and the options of its menus turned into offers.

    Who makes many bodies gives ``write_later``, which collects the offers for one call of ``write_offers``.
    """
    options = [option for menu in reply.menus for option in menu.options]
    offered = [*reply.buttons, *(Button(label=option.said, command=option.command) for option in options)]
    rows = _rows(offered, conversation_id=conversation_id, identity_id=identity_id, now=now)
    if write_later is None:
        write_offers(session, rows)
    else:
        write_later += rows
    tokens = iter([row["token"] for row in rows])
    body: dict[str, Any] = {
        "parts": [part_to_json(part) for part in reply.parts],
        "buttons": [
            {"label": button.label, "token": next(tokens), "style": button.style}
            | ({"asks": button.asks} if button.asks else {})
            for button in reply.buttons
        ],
        "menus": [
            {
                "label": menu.label,
                "options": [
                    {"label": option.label, "said": option.said, "token": next(tokens)} for option in menu.options
                ],
            }
            for menu in reply.menus
        ],
    }
    if reply.forms:
        body["forms"] = [asdict(form) for form in reply.forms]
    if reply.personal:
        body["personal"] = True
    return body


def tokens_in(body: Mapping[str, Any]) -> list[str]:
    """The tokens of everything that can be pressed or chosen in a reply, as the outbox keeps it."""
    buttons = [button["token"] for button in body.get("buttons", ())]
    return [*buttons, *(option["token"] for menu in body.get("menus", ()) for option in menu["options"])]


def press(session: Session, token: str, *, conversation_id: int, identity_id: int, now: datetime) -> Pressed:
    """Use a button. A single-use one spends itself and the other single-use ones of its reply."""
    offer = session.scalar(select(Offer).where(Offer.token == token).with_for_update())
    if offer is None:
        return Pressed(problem="unknown")
    if offer.conversation_id != conversation_id or offer.identity_id not in {None, identity_id}:
        return Pressed(problem="not_yours")
    if offer.used_at is not None:
        return Pressed(problem="used")
    if now >= offer.expires_at:
        return Pressed(problem="expired")
    if offer.single_use:
        session.execute(update(Offer).where(Offer.group == offer.group, Offer.single_use.is_(True)).values(used_at=now))
    return Pressed(command=Command.from_text(offer.command))


def token_for_label(session: Session, text: str, *, conversation_id: int, identity_id: int) -> str | None:
    """The token of the button in the latest reply with buttons whose label or token is exactly what was typed.

    A spent button is not found by its label: "undo" typed after the Undo button asks for the change before.
    """
    typed = text.strip()
    if typed.startswith("o-"):
        return session.scalar(select(Offer.token).where(Offer.token == typed))
    if not typed or len(typed) > 100:
        return None
    recent = session.execute(_RECENT, {"conversation": conversation_id, "identity": identity_id}).all()
    latest = [offer for offer in recent if offer.group == recent[0].group]
    return next((o.token for o in latest if o.used_at is None and o.label.casefold() == typed.casefold()), None)


def token_for_command(session: Session, command: str, *, conversation_id: int, identity_id: int) -> str | None:
    """The token of the newest unspent button for ``command``; None when this person was never offered it here."""
    theirs = or_(Offer.identity_id.is_(None), Offer.identity_id == identity_id)
    return session.scalar(
        select(Offer.token)
        .where(Offer.conversation_id == conversation_id, theirs, Offer.command == command)
        .order_by(Offer.used_at.is_not(None), Offer.id.desc())
        .limit(1)
    )
