"""Call-backs and appointments customers ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from actions.call import Command
from actions.errors import Missing, refused
from actions.formatting import moment_text
from actions.own_details import own_phone
from actions.pending import ask
from actions.registry import skill
from actions.said import own_words
from actions.sign_in_first import CLIENTS, is_visitor
from actions.skills.hours import company_hours, moment_in
from actions.ticket_opening import add_message, open_ticket_for, still_open_here
from actions.turn import Turn
from crm_store.models import Ticket, TicketPriority
from nlu.values import UnreadableValue, read_phone, read_when

CATEGORY = "callback"
_FAR = timedelta(days=180)
_WISHED = "call_wished"
"""In a conversation's focus: the moment (or day) the call asked for there was wished for."""
_NAMES_A_DAY = re.compile(
    r"\b(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*|\bto(?:day|night)\b|\bnow\b"
    r"|\bto?m+o?r\w*|\btmrw?\b|\bin (?:\d|an?\b|half)|\b(?:day|week|month)\w*|\d(?:st|nd|rd|th)\b|\d[./-]\d+[./-]",
    re.IGNORECASE,
)


_HOUR_RATHER = re.compile(
    r"\W*(?:(?:no|sorry|oops|actually|rather|better|make it|i meant|not \d{1,2} but|at|ok|maybe|let'?s say)\b\W*)*"
    r"(?P<hour>\d{1,2}(?:[:.]\d\d)?)\W*(?:(?:instead|then|rather|please|pls|is better|would be better|not \d\d?)\W*)*",
    re.IGNORECASE,
)


@skill("action_request_call", audience=CLIENTS)
def request_call(turn: Turn) -> None:
    """Put a wish for a call or an appointment on record, at a time somebody is there; a colleague confirms it.

    Another time wished for in the same conversation replaces the first: it is one call.
    """
    known = still_open_here(turn, {CATEGORY})
    wished, said = _wished(turn, corrects=known is not None)
    hours = company_hours(turn)
    if wished is not None and hours is not None and not hours.is_open(wished):
        turn.say("utter_call_closed_then", opening=moment_in(turn, hours.next_opening(wished)))
        _ask_for_another_time(turn)
        return
    number = _number(turn)
    if number is None and is_visitor(turn) and known is None:
        raise Missing("phone", "utter_ask_call_number", free_text=True)
    when = moment_text(wished, turn.reading) if wished is not None else said or turn.words.label("as_soon_as_possible")
    words = own_words(turn) or turn.words.label("intent_request_call")
    where = number or turn.words.label("number_on_record")
    name = turn.contact.name if turn.contact is not None else turn.words.label("a_visitor")
    subject = turn.words.say("utter_subject_call", name=name, when=when)
    if known is not None:
        ticket_id, ticket_number = known.id, known.number
        add_message(turn, ticket_id, words)
        ticket = turn.uow.get_below_access(Ticket, ticket_id)
        if ticket is not None and (wished is not None or said is not None):
            ticket.subject = subject
    else:
        opened = open_ticket_for(
            turn,
            subject=subject,
            words=words,
            category=CATEGORY,
            priority=TicketPriority.NORMAL,
            contact=turn.contact,
        )
        ticket_id, ticket_number = opened.id, opened.number
    add_message(turn, ticket_id, turn.words.say("utter_note_call", when=when, number=where), internal=True)
    if turn.contact is not None and turn.call.first("phone") is None:
        where = own_phone(turn, turn.contact) or where
    changed = known is not None and (wished is not None or said is not None)
    turn.say("utter_call_changed" if changed else "utter_call_noted", when=when, number=where, ticket=ticket_number)
    if wished is None and hours is not None and not hours.is_open(turn.reading.now):
        turn.say("utter_closed_now", opening=moment_in(turn, hours.next_opening(turn.reading.now)))


def hour_rather(said: str) -> str | None:
    """The hour in a message that hardly says more: "no 4", "5 instead"."""
    found = _HOUR_RATHER.fullmatch(said)
    return found["hour"] if found is not None else None


def _ask_for_another_time(turn: Turn) -> None:
    """Leave the question for the time open; what the call is about stays with the answer."""
    words = own_words(turn)
    turn.call = replace(turn.call, intent="request_call").with_entities(
        Command("request_call", {"words": words} if words else {})
    )
    ask(turn, fill="date", choices=(), free_text=True)


def _wished(turn: Turn, *, corrects: bool) -> tuple[datetime | None, str | None]:
    """The moment wished for when a time was said, and what was said: a day alone is kept in words."""
    said = turn.call.first("date")
    hour = hour_rather(said) if said is not None else None
    if hour is not None:
        said = f"at {hour}"
    before = turn.conversation.focus.get(_WISHED) if corrects else None
    when = None
    if said is not None and isinstance(before, str):
        # "No, 4pm" is still about that day, and "Thursday rather" about that time.
        day, _, clock = before.partition(" ")
        joined = f"{day} {said}" if not _NAMES_A_DAY.search(said) else f"{said} at {clock}" if clock else said
        when = read_when(joined, turn.reading, prefer="future")
        if when is not None and isinstance(when.start, datetime) and when.start <= turn.reading.now:
            when = None
    if when is None and said is not None:
        when = read_when(said, turn.reading, prefer="future")
    if when is None:
        return None, None
    if not isinstance(when.start, datetime):
        if when.last_day < turn.reading.today:
            raise refused("utter_call_time_past")
        if when.first_day - turn.reading.today > _FAR:
            raise refused("utter_call_time_far")
        _remember(turn, when.first_day.isoformat())
        return None, _as_typed(turn)
    if when.start <= turn.reading.now:
        raise refused("utter_call_time_past")
    if when.start > turn.reading.now + _FAR:
        raise refused("utter_call_time_far")
    _remember(turn, f"{when.start:%Y-%m-%d %H:%M}")
    return when.start, None


def _remember(turn: Turn, wished: str) -> None:
    turn.conversation.focus = {**turn.conversation.focus, _WISHED: wished}


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
