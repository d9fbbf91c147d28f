"""What customers change about what they have just asked for: "no, 41 Harbour Road", "make it 10 instead", "no, 4pm"."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from actions.desk.grammar import CATEGORIES
from actions.excerpts import shorten
from actions.said import own_words
from actions.skills.addresses import CATEGORY as ADDRESS
from actions.skills.addresses import correct_asked_address
from actions.skills.call_backs import CATEGORY as CALL
from actions.skills.call_backs import request_call
from actions.skills.complaints import CATEGORIES as COMPLAINTS
from actions.skills.smalltalk import fallback
from actions.ticket_opening import MAX_SUBJECT, OpenTicket, add_message, still_open_here
from actions.ticket_sorting import category_of
from actions.turn import Turn
from crm_store.models import Ticket

STILL_MEANT = timedelta(hours=1)
"""So long after a request a change of mind is taken for one about it."""
_OF_A_PROBLEM = frozenset(CATEGORIES) - COMPLAINTS - {ADDRESS, CALL}
_MEANT = re.compile(
    r"^\W*(?:(?:no|nope|sorry|oops|wait|actually)\b\W*)*"
    r"(?:(?:what )?i (?:meant|mean)(?: (?:to (?:say|write)|that|is|was))?"
    r"|correction|it'?s (?:rather|really|actually))\b[\s:,]*(?P<what>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_FEWEST_WORDS = 2


def change_wish(turn: Turn) -> None:
    """Put what they say in the place of what they have just asked for here, or add it for the colleague who has it.

    A new address, time or wording replaces the old one; anything else joins the request.
    """
    known = asked_lately(turn, {ADDRESS})
    if known is not None and turn.contact is not None and correct_asked_address(turn, known):
        return
    if turn.call.first("date") is not None and asked_lately(turn, {CALL}) is not None:
        turn.call = replace(turn.call, intent="request_call")
        request_call(turn)
        return
    known = asked_lately(turn, None)
    if known is None:
        fallback(turn)
        return
    words = own_words(turn)
    add_message(turn, known.id, words)
    said = "utter_ticket_reworded" if _reworded(turn, known, words) else "utter_complaint_added"
    turn.say(said, ticket=known.number, subject=shorten(problem_meant(turn) or words, MAX_SUBJECT))
    turn.offer(turn.words.label("human"), "talk_to_human")


def asked_lately(turn: Turn, categories: frozenset[str] | set[str] | None) -> OpenTicket | None:
    """The latest open request of these categories (None: of any) made here not long ago."""
    known = still_open_here(turn, categories)
    ticket = turn.uow.get_below_access(Ticket, known.id) if known is not None else None
    return known if ticket is not None and turn.uow.now - ticket.created_at <= STILL_MEANT else None


def problem_meant(turn: Turn, *, named: bool = False) -> str | None:
    """The problem as "no, I meant the tablet won't charge" words it; None when it words none.

    ``named``: only when the message itself says that something else was meant.
    """
    meant = _MEANT.match(turn.call.text)
    said = meant["what"] if meant is not None else None if named else turn.call.first("subject")
    return said.strip() if said is not None and len(said.split()) >= _FEWEST_WORDS else None


def _reworded(turn: Turn, known: OpenTicket, words: str) -> bool:
    """Whether the ticket is about what they now say, nobody having answered the first wording."""
    problem = problem_meant(turn)
    ticket = turn.uow.get_below_access(Ticket, known.id)
    if (
        problem is None
        or ticket is None
        or ticket.category not in _OF_A_PROBLEM
        or ticket.first_response_at is not None
    ):
        return False
    ticket.subject = shorten(" ".join(problem.split()), MAX_SUBJECT)
    ticket.category = category_of(words)
    return True
