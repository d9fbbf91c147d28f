"""Identifying oneself."""

from __future__ import annotations

from actions.registry import skill
from actions.said import own_words
from actions.sign_in_first import CLIENTS
from actions.ticket_opening import add_message, still_open_here
from actions.turn import Turn


@skill("action_sign_in", audience=CLIENTS)
def sign_in(turn: Turn) -> None:
    """Say how to sign in. Naming an address proves nothing: the answer is the same for every address, known or not."""
    if turn.contact is not None:
        turn.say("utter_signed_in_already", name=turn.contact.name)
        turn.offer(turn.words.label("intent_who_am_i"), "who_am_i")
        return
    ticket = still_open_here(turn, None)
    if ticket is not None and (turn.call.first("email") or turn.call.first("phone")):
        # What they asked for in this conversation waits for somebody who knows where to answer.
        add_message(turn, ticket.id, own_words(turn), internal=True)
        turn.say("utter_contact_details_noted", ticket=ticket.number)
    turn.say("utter_how_to_sign_in")
    turn.offer(turn.words.label("human"), "talk_to_human")
