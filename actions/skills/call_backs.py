"""Call-backs and appointments customers ask for."""

from __future__ import annotations

from datetime import datetime, timedelta

from actions.errors import Missing, refused
from actions.formatting import moment_text
from actions.own_details import own_phone
from actions.registry import skill
from actions.said import own_words
from actions.sign_in_first import CLIENTS, is_visitor
from actions.skills.hours import company_hours, moment_in
from actions.ticket_opening import add_message, open_ticket_for, still_open_here
from actions.turn import Turn
from crm_store.models import TicketPriority
from nlu.values import UnreadableValue, read_phone, read_when

CATEGORY = "callback"
_FAR = timedelta(days=180)


@skill("action_request_call", audience=CLIENTS)
def request_call(turn: Turn) -> None:
    """Put a wish for a call or an appointment on record, at a time somebody is there; a colleague confirms it."""
    wished, said = _wished(turn)
    hours = company_hours(turn)
    if wished is not None and hours is not None and not hours.is_open(wished):
        raise refused("utter_call_closed_then", opening=moment_in(turn, hours.next_opening(wished)))
    number = _number(turn)
    if number is None and is_visitor(turn):
        raise Missing("phone", "utter_ask_call_number", free_text=True)
    when = moment_text(wished, turn.reading) if wished is not None else said or turn.words.label("as_soon_as_possible")
    words = own_words(turn) or turn.words.label("intent_request_call")
    known = still_open_here(turn, {CATEGORY})
    if known is not None:
        # A new wish for the time replaces the old one: it is one call.
        ticket_id, ticket_number = known.id, known.number
        add_message(turn, ticket_id, words)
    else:
        name = turn.contact.name if turn.contact is not None else turn.words.label("a_visitor")
        ticket = open_ticket_for(
            turn,
            subject=turn.words.say("utter_subject_call", name=name, when=when),
            words=words,
            category=CATEGORY,
            priority=TicketPriority.NORMAL,
            contact=turn.contact,
        )
        ticket_id, ticket_number = ticket.id, ticket.number
    where = number or turn.words.label("number_on_record")
    add_message(turn, ticket_id, turn.words.say("utter_note_call", when=when, number=where), internal=True)
    if turn.contact is not None and turn.call.first("phone") is None:
        where = own_phone(turn, turn.contact) or where
    turn.say("utter_call_noted", when=when, number=where, ticket=ticket_number)
    if wished is None and hours is not None and not hours.is_open(turn.reading.now):
        turn.say("utter_closed_now", opening=moment_in(turn, hours.next_opening(turn.reading.now)))


def _wished(turn: Turn) -> tuple[datetime | None, str | None]:
    """The moment wished for when a time was said, and what was said: a day alone is kept in words."""
    said = turn.call.first("date")
    when = read_when(said, turn.reading, prefer="future") if said else None
    if when is None:
        return None, None
    if not isinstance(when.start, datetime):
        if when.last_day < turn.reading.today:
            raise refused("utter_call_time_past")
        return None, _as_typed(turn)
    if not turn.reading.now < when.start <= turn.reading.now + _FAR:
        raise refused("utter_call_time_past")
    return when.start, None


def _as_typed(turn: Turn) -> str | None:
    return next((entity.text or entity.value for entity in turn.call.entities if entity.entity == "date"), None)


def _number(turn: Turn) -> str | None:
    said = turn.call.first("phone")
    if said is None:
        return turn.contact.phone if turn.contact is not None else None
    try:
        return read_phone(said, locale=turn.reading.locale) or said
    except UnreadableValue:
        return None
