"""Asking for the deletion of one's personal data."""

from __future__ import annotations

from actions.formatting import date_text
from actions.proposing import propose_changes
from actions.registry import skill
from actions.sign_in_first import CLIENTS
from actions.turn import Turn
from crm_store.changes import describe_changes
from crm_store.models import Ticket, TicketPriority

CATEGORY = "privacy"


@skill("action_forget_me", audience=CLIENTS)
def forget_me(turn: Turn) -> None:
    """Keep the request after a yes, together with a ticket for the colleague who does it by hand."""
    contact = turn.contact
    if contact is None:
        turn.say("utter_forget_not_identified")
        turn.offer(turn.words.label("intent_sign_in"), "sign_in")
        turn.offer(turn.words.label("human"), "talk_to_human")
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
