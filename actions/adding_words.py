"""A customer has more to say about a ticket that is there: their words join it, and its agent is told."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.desk.desk import desk_of
from actions.desk.handing_over import tell_agent
from actions.desk.promises import customer_wrote
from actions.errors import Missing, refused
from actions.picking import talked_about
from actions.said import MAX_WORDS
from actions.ticket_named import numbered_ticket, referred_ticket
from actions.ticket_opening import STILL_OPEN, add_message
from actions.turn import Turn
from crm_store.models import Ticket

ADD = "add"
"""Value of ``again`` of the intent ``close_ticket``: neither closed nor opened again, but added to."""
_MAX_CHOICES = 6
_WISH = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|hi|hey|hello|and|also|so|oh|pls|please|can|could|may|would|will|you|i|we|id|i'?d|like|want|need|to)"
    r"\b\W*)*(?:add|attach|append|put)\b(?P<before>.{0,200}?)"
    r"\b(?:to|on|in|into)\s+(?:the|my|this|that|our)\s+(?:\w+\s+)?(?:ticket|case)(?!\s+(?:system|tool|form))"
    r"(?:\s+t-?\d+)?\b(?P<after>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_NOTHING_SAID = re.compile(
    r"\W*(?:(?:one|some|something|anything|a|an|the|this|that|it|few|more|another|thing|things|note|comment|info|information|details?"
    r"|message|else|new|further|pls|please|thanks|thx)\b\W*)*",
    re.IGNORECASE,
)
_LINK = re.compile(r"^[\s:;,.–-]*(?:(?:that|saying|which says|namely)\b[\s:,]*)?", re.IGNORECASE)


def words_to_add(text: str) -> str | None:
    """What a wish to add something to a ticket says beyond itself, possibly nothing; None when it is no such wish."""
    match = _WISH.match(text)
    if match is None:
        return None
    after = _LINK.sub("", match["after"]).strip()
    if _NOTHING_SAID.fullmatch(after) is None:
        return after
    before = match["before"].strip()
    return "" if _NOTHING_SAID.fullmatch(before) else before


def add_words(turn: Turn) -> None:
    """Add what the customer says to the ticket they mean; raises Missing for the ticket or the words, Refused."""
    ticket = _ticket_meant(turn)
    turn.focus_on(ticket)
    words = (turn.call.first("note") or "").strip()
    if not words:
        raise Missing("note", "utter_ask_words_to_add", free_text=True)
    desk = desk_of(turn)
    customer_wrote(desk, ticket)
    add_message(turn, ticket.id, words[:MAX_WORDS])
    tell_agent(desk, ticket, "added_to", turn.uow.now.isoformat())
    turn.say("utter_complaint_added", ticket=ticket.number)


def _ticket_meant(turn: Turn) -> Ticket:
    said = turn.call.first("ticket_number")
    named = numbered_ticket(turn, said) if said is not None else referred_ticket(turn) or talked_about(turn, Ticket)
    if named is not None:
        return named
    query = select(Ticket).where(Ticket.status.in_(STILL_OPEN)).order_by(Ticket.id.desc()).limit(_MAX_CHOICES)
    if turn.contact is not None:
        query = query.where(Ticket.contact_id == turn.contact.id)
    tickets = list(turn.session.scalars(query))
    if not tickets:
        raise refused("utter_no_ticket_to_add_to")
    if len(tickets) > 1:
        choices = tuple((f"{each.number} {each.subject}"[:70], each.number) for each in tickets)
        raise Missing("ticket_number", "utter_ask_which_ticket_to_add_to", choices, free_text=True)
    return tickets[0]
