"""A link that signs a customer in on Telegram, made by a colleague who knows them."""

from __future__ import annotations

from sqlalchemy import func, select

from actions.errors import Missing, refused
from actions.formatting import moment_text
from actions.registry import skill
from actions.resolving import resolve_contact
from actions.turn import Turn
from crm_store.models import Contact, Role
from crm_store.proofs import make_link


@skill("action_link_contact", audience={Role.REP, Role.MANAGER, Role.SUPPORT, Role.ADMIN})
def link_contact(turn: Turn) -> None:
    """Make the link and show it once; whoever opens it first is that contact, so it goes to them alone."""
    if turn.policy.telegram_bot is None:
        raise refused("utter_no_telegram_bot")
    contact = _contact_meant(turn)
    lifetime = turn.policy.link_lifetime
    token = make_link(turn.session, contact.id, by=str(turn.actor), now=turn.uow.now, lifetime=lifetime)
    turn.focus_on(contact)
    turn.say(
        "utter_contact_link",
        name=contact.name,
        link=link_url(turn.policy.telegram_bot, token),
        until=moment_text(turn.uow.now + lifetime, turn.reading),
    )


def link_url(bot: str, token: str) -> str:
    """The address that opens a chat with the bot and hands it the token."""
    return f"https://t.me/{bot}?start={token}"


def _contact_meant(turn: Turn) -> Contact:
    email = turn.call.first("email")
    if email is not None and turn.call.first("contact") is None:
        found = turn.session.scalars(select(Contact).where(func.lower(Contact.email) == email.lower()).limit(2)).all()
        if len(found) != 1:
            raise refused("utter_no_contact_with_email", email=email)
        return found[0]
    contact = resolve_contact(turn)
    if contact is None:
        raise Missing("contact", "utter_ask_whom_to_link", free_text=True)
    return contact
