"""Asking for the deletion of one's personal data, and doing it: a preview first, a proof afterwards."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from actions.errors import Missing
from actions.formatting import date_text
from actions.proposing import propose_changes, propose_record
from actions.registry import skill
from actions.reply import Document
from actions.resolving import resolve_contact
from actions.sign_in_first import CLIENTS
from actions.turn import Turn
from crm_store import personal_data
from crm_store.changes import describe_changes
from crm_store.models import Contact, Role, Ticket, TicketPriority

CATEGORY = "privacy"


_EXPORT = re.compile(r"\b(?:export|give|send|show|what|access|copy)\b", re.IGNORECASE)
_ERASE = re.compile(r"\b(?:erase|delete|forget|remove|anonymi[sz]e|erasure|wipe)\b", re.IGNORECASE)
EXPORT, ERASE = "export", "erase"


@skill("action_forget_me", audience=CLIENTS | {Role.ADMIN})
def forget_me(turn: Turn) -> None:
    """Keep a customer's request after a yes; for administrators give out or erase all data of a customer."""
    if turn.actor.is_staff:
        _for_administrator(turn)
        return
    contact = turn.contact
    if contact is None:
        turn.say("utter_forget_not_identified")
        turn.offer(turn.words.label("intent_sign_in"), "sign_in")
        turn.offer(turn.words.label("human"), "talk_to_human")
        return
    if _EXPORT.search(turn.call.words) and not _ERASE.search(turn.call.words):
        _ask_for_copy(turn, contact)
        return
    if contact.forget_requested_at is not None:
        day = contact.forget_requested_at.astimezone(turn.reading.zone).date()
        turn.say("utter_forget_already", day=date_text(day, turn.reading))
        return
    ticket = {
        "subject": turn.words.say("utter_subject_forget", name=contact.name),
        "category": CATEGORY,
        "priority": TicketPriority.HIGH,
        "contact_id": contact.id,
        "account_id": contact.account_id,
        "conversation_id": turn.conversation.id,
    }
    turn.say("utter_forget_what_happens")
    propose_changes(
        turn,
        describe_changes(contact, forget_requested_at=turn.uow.now),
        summary=turn.words.say("utter_summary_forget"),
        creating=((Ticket, ticket),),
    )


def _ask_for_copy(turn: Turn, contact: Contact) -> None:
    """A customer who wants to know what is kept about them: a colleague sends the copy, after a yes."""
    propose_record(
        turn,
        Ticket,
        {
            "subject": turn.words.say("utter_subject_copy_of_data", name=contact.name),
            "category": CATEGORY,
            "priority": TicketPriority.HIGH,
            "contact_id": contact.id,
            "account_id": contact.account_id,
            "conversation_id": turn.conversation.id,
        },
        summary=turn.words.say("utter_summary_copy_of_data"),
    )


def _for_administrator(turn: Turn) -> None:
    contact = _meant(turn)
    answer, words = turn.call.first("answer"), turn.call.words
    if answer == EXPORT or (answer is None and _EXPORT.search(words) and not _ERASE.search(words)):
        content, done = personal_data.export(turn.session, contact.id, now=turn.uow.now, by=str(turn.actor))
        turn.files.mkdir(parents=True, exist_ok=True)
        path = turn.files / f"{done.digest[:32]}.json"
        path.write_text(content, encoding="utf-8")
        turn.say("utter_personal_data_exported", name=contact.name, proof=str(done.act_id), digest=done.digest)
        turn.show(Document(path=path, name=f"personal-data-{contact.id}.json", media_type="application/json"))
        return
    if answer == ERASE:
        name = contact.name
        done = personal_data.erase(turn.session, contact.id, now=turn.uow.now, by=str(turn.actor))
        for file in done.files:
            # Removed only now that nothing can refuse the erasing any more; a file that is gone already is no harm.
            (turn.files / file).unlink(missing_ok=True)
        rows = f"{sum(done.counts.values()):,}"
        turn.say("utter_personal_data_erased", name=name, rows=rows, proof=str(done.act_id), digest=done.digest)
        return
    turn.say("utter_personal_data_preview", name=contact.name)
    for fate, counts in personal_data.preview(turn.session, contact.id).items():
        listed = ", ".join(f"{number:,} {kind.replace('_', ' ')}" for kind, number in counts.items())
        turn.say(f"utter_personal_data_{fate.value}", rows=listed or turn.words.label("none"))
    ref = str(contact.ref)
    turn.offer(turn.words.label("erase_data"), "forget_me", style="danger", once=True, contact=ref, answer=ERASE)
    turn.offer(turn.words.label("export_data"), "forget_me", contact=ref, answer=EXPORT)
    turn.offer(turn.words.label("cancel"), "cancel")


def _meant(turn: Turn) -> Contact:
    email = turn.call.first("email")
    if email is not None and turn.call.first("contact") is None:
        found = turn.session.scalars(select(Contact).where(func.lower(Contact.email) == email.lower()).limit(2)).all()
        if len(found) == 1:
            return found[0]
    contact = resolve_contact(turn)
    if contact is None:
        raise Missing("contact", "utter_ask_whose_data", free_text=True)
    return contact
