"""What customers change about what they have just asked for: "make it 10 instead", "no, just send me a new one"."""

from __future__ import annotations

from datetime import timedelta

from actions.said import own_words
from actions.skills.smalltalk import fallback
from actions.ticket_opening import add_message, still_open_here
from actions.turn import Turn
from crm_store.models import Ticket

STILL_MEANT = timedelta(hours=1)
"""So long after a request a change of mind is taken for one about it."""


def change_wish(turn: Turn) -> None:
    """Add what they say to the request they have just made here, for the colleague who has it."""
    known = still_open_here(turn, None)
    ticket = turn.uow.get_below_access(Ticket, known.id) if known is not None else None
    if known is None or ticket is None or turn.uow.now - ticket.created_at > STILL_MEANT:
        fallback(turn)
        return
    add_message(turn, known.id, own_words(turn))
    turn.say("utter_complaint_added", ticket=known.number)
    turn.offer(turn.words.label("human"), "talk_to_human")
