"""Messages in conversations that people have taken over: passed on to them, with the bot silent once they answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from actions.call import Command
from actions.desk.desk import Desk
from actions.desk.handing_over import handover_of_thread, leave, open_handover, post_to_desk
from actions.desk.relaying import customer_said
from actions.desk.surveys import RATE
from actions.reply import Document, Reply
from actions.words import Words
from bot.offers import token_for_label
from bot.signals import command_of
from crm_store.journal import Origin
from crm_store.models import Handover, Inbox, Offer, Ticket
from crm_store.unit_of_work import UnitOfWork

RELAYED = "desk_relayed"
"""What the trace says a message came to that went to people alone."""
_STILL_ANSWERED = frozenset({"sign_in", "sign_out", RATE})
"""Buttons the bot answers all the same: nobody else can."""


def hear_customer(uow: UnitOfWork, inbox: Inbox, desk: Desk, *, files: Path) -> bool:
    """Pass a customer's message on to the people who have the conversation; whether the bot must be silent.

    To be called as the system. Before a person has answered the bot goes on helping, and people read along.
    """
    if inbox.identity.user_id is not None:
        return False
    handover = open_handover(uow.session, inbox.conversation_id)
    if handover is None or _is_for_the_bot(uow, inbox):
        return False
    if handover.ticket.contact_id not in {None, inbox.identity.contact_id}:
        # They have signed out, or somebody else has signed in: their words are not the customer's, nor are the answers
        # of a colleague for them.
        uow.journal.start_entry(Origin(conversation_id=inbox.conversation_id, inbox_id=inbox.id))
        leave(desk, handover)
        return False
    uow.journal.start_entry(Origin(conversation_id=inbox.conversation_id, inbox_id=inbox.id))
    text = "\n".join(filter(None, [_pressed(uow, inbox), *_described(desk.words, inbox.attachments)]))
    customer_said(desk, handover, text or "…", occurrence=f"i{inbox.id}")
    _pass_files_on(desk, handover, inbox, files)
    return handover.answered_at is not None


def thread_ticket(uow: UnitOfWork, conversation_id: int) -> Ticket | None:
    """The ticket whose thread of the support channel a conversation is."""
    handover = handover_of_thread(uow.session, conversation_id)
    return uow.session.get(Ticket, handover.ticket_id) if handover is not None else None


def _is_for_the_bot(uow: UnitOfWork, inbox: Inbox) -> bool:
    signal = command_of(inbox.attachments)
    if signal is not None:
        return signal.intent in _STILL_ANSWERED
    offer = _offer(uow, inbox)
    command = Command.from_text(offer.command) if offer is not None else None
    return command is not None and command.intent in _STILL_ANSWERED


def _pressed(uow: UnitOfWork, inbox: Inbox) -> str:
    """What was written; of a pressed button what stands on it."""
    if inbox.payload is None:
        return inbox.text.strip()
    offer = _offer(uow, inbox)
    return offer.label if offer is not None else ""


def _offer(uow: UnitOfWork, inbox: Inbox) -> Offer | None:
    token = inbox.payload or token_for_label(
        uow.session, inbox.text, conversation_id=inbox.conversation_id, identity_id=inbox.identity_id
    )
    if token is None:
        return None
    mine = (Offer.token == token, Offer.conversation_id == inbox.conversation_id)
    return uow.session.scalar(select(Offer).where(*mine))


def _described(words: Words, attachments: list[dict[str, Any]]) -> list[str]:
    return [words.say("utter_desk_attachment", what=_what(words, attachment)) for attachment in attachments]


def _what(words: Words, attachment: Mapping[str, Any]) -> str:
    match attachment:
        case {"kind": "location", "latitude": latitude, "longitude": longitude}:
            return f"{latitude}, {longitude}"
        case {"kind": "contact"}:
            return words.label("a_phone_number")
        case {"refused": _}:
            return words.say("utter_desk_too_large", name=str(attachment.get("name") or attachment.get("kind")))
    return str(attachment.get("name") or attachment.get("kind") or attachment.get("type") or "")


def _pass_files_on(desk: Desk, handover: Handover, inbox: Inbox, files: Path) -> None:
    # Each in a message of its own: the file may still be on its way to us, and the words need not wait for it.
    for number, attachment in enumerate(inbox.attachments):
        path = attachment.get("path")
        if path is None or attachment.get("refused"):
            continue
        name = str(attachment.get("name") or Path(path).name)
        document = Document(path=files / path, name=name, media_type=str(attachment.get("media_type") or ""))
        post_to_desk(desk, handover, Reply(parts=[document]), key=f"desk:file:{inbox.id}:{number}")
