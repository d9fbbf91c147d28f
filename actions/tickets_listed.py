"""Which tickets are meant, and that in words: whose, of whom, about what, how urgent, from when and in which state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select

from actions.asking.answering import query_said
from actions.formatting import date_text
from actions.periods import end_of, start_of
from actions.report_periods import period_of
from actions.resolving import resolve_account, resolve_contact, resolve_user
from actions.said import said_date
from actions.ticket_opening import STILL_OPEN
from actions.turn import Turn
from crm_store.insights.query.layer import Dimension, Subject
from crm_store.insights.query.report_query import Condition
from crm_store.models import Role, Ticket, TicketPriority, TicketStatus
from nlu.values import When, read_duration, read_when

_STATUS_WORDS = (
    (re.compile(r"\b(?:closed|finished)\b", re.IGNORECASE), frozenset({TicketStatus.CLOSED})),
    (re.compile(r"\b(?:solved|resolved)\b", re.IGNORECASE), frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})),
    (re.compile(r"\bwaiting\b", re.IGNORECASE), frozenset({TicketStatus.WAITING})),
)
_URGENT = re.compile(r"\b(?:urgent|high priority|critical)\b", re.IGNORECASE)
_UNASSIGNED = re.compile(r"\b(?:unassigned|nobody|no one|not (?:yet )?(?:assigned|picked))\b", re.IGNORECASE)
_QUEUE = re.compile(r"\b(?:my|own) (?:\w+ )?queue\b|^\W*queue\W*$", re.IGNORECASE)
_TAGGED = re.compile(r"\b(?:tagged|with (?:the )?tag|tag)\s+(?P<tag>[\w-]+)", re.IGNORECASE)
_OLDEST = re.compile(r"\boldest\b|\blongest\b|\bnext (?:one|ticket|in (?:the )?queue)\b|^\W*next\W*$", re.IGNORECASE)
_OWN = re.compile(r"\b(?:mine|my own)\b", re.IGNORECASE)
_OLDER = re.compile(
    r"\b(?:older than|more than|longer than|over|(?:open|waiting|unanswered) for)\s+"
    r"(?P<length>(?:\d+|an?|one|two|three|four|five|six|seven)\s+(?:hour|day|week|month)s?)\b",
    re.IGNORECASE,
)
_ALL = re.compile(r"\b(?:all|every|any) (?:\w+ )?tickets\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketsMeant:
    """A query for the tickets a colleague means; ``spoken`` repeats every condition in it, for the list's title."""

    query: Select[Ticket]
    spoken: tuple[str, ...]


def tickets_meant(turn: Turn) -> TicketsMeant:
    """Everybody's open tickets, unless whose, of whom, about what, when or in which state is said.

    Of a time that is named, tickets in any state are meant.
    """
    text, spoken = turn.call.words, list[str]()
    query = select(Ticket).order_by(Ticket.id if _OLDEST.search(text) else Ticket.id.desc())
    scope, person = turn.call.first("scope"), turn.call.first("person")
    if person is not None:
        user = resolve_user(turn, person)
        query, spoken = query.where(Ticket.assignee_id == user.id), [*spoken, user.name]
    elif (scope in {"my", "mine"} or _QUEUE.search(text) or _OWN.search(text)) and turn.actor.role is not Role.MANAGER:
        query, spoken = query.where(Ticket.assignee_id == turn.actor.id), [*spoken, turn.colleague.name]
    query = _of_customer(turn, query, spoken)
    tagged = _TAGGED.search(text)
    if tagged is not None:
        # Commas on both sides, so that "vip" is not found in "vip2".
        query = query.where(("," + Ticket.tags + ",").contains(f",{tagged['tag'].casefold()},", autoescape=True))
        spoken.append(tagged["tag"].casefold())
    if _UNASSIGNED.search(text):
        query = query.where(Ticket.assignee_id.is_(None))
        spoken.append(turn.words.label("unassigned"))
    query = _of_sort(turn, query, spoken)
    before = _opened_before(turn)
    if before is not None:
        query = _in_named_state(turn, query.where(Ticket.created_at < before), spoken, any_time=True)
        day = date_text(before.astimezone(turn.reading.zone).date(), turn.reading)
        return TicketsMeant(query=query, spoken=(*spoken, turn.words.say("utter_tickets_opened_before", day=day)))
    dated = in_period(turn, query)
    query = _in_named_state(turn, dated, spoken, any_time=dated is query)
    when = _when(turn)
    if when is not None:
        spoken.append(period_of(when, turn).label)
    return TicketsMeant(query=query, spoken=tuple(spoken))


def _opened_before(turn: Turn) -> datetime | None:
    """The moment before which tickets "older than a week" were opened; None when no age is said."""
    said = _OLDER.search(turn.call.words)
    length = read_duration(said["length"], turn.reading) if said is not None else None
    return length.times(-1).after(turn.reading.now.astimezone(turn.reading.zone)) if length is not None else None


def in_state(turn: Turn, query: Select[Ticket]) -> Select[Ticket]:
    """Only those in the state that is named, else those still open."""
    return _in_named_state(turn, query, [], any_time=True)


def in_period(turn: Turn, query: Select[Ticket]) -> Select[Ticket]:
    """Only those opened in the time that is named."""
    when = _when(turn)
    if when is None:
        return query
    return query.where(
        Ticket.created_at >= start_of(when, turn.reading), Ticket.created_at < end_of(when, turn.reading)
    )


def _when(turn: Turn) -> When | None:
    said = said_date(turn)
    return read_when(said, turn.reading, prefer="past") if said else None


def _of_customer(turn: Turn, query: Select[Ticket], spoken: list[str]) -> Select[Ticket]:
    """Only those of the person or company that is named."""
    contact = resolve_contact(turn)
    if contact is not None:
        spoken.append(contact.name)
        return query.where(Ticket.contact_id == contact.id)
    account = resolve_account(turn) if turn.call.first("account") is not None else None
    if account is None:
        return query
    spoken.append(account.name)
    return query.where(Ticket.account_id == account.id)


def _of_sort(turn: Turn, query: Select[Ticket], spoken: list[str]) -> Select[Ticket]:
    """Only those of the category and priority that are named."""
    category, priority = _named(turn, Dimension.CATEGORY), _named(turn, Dimension.PRIORITY)
    if category is not None:
        names = [str(key) for key, _ in category.values]
        query = query.where(Ticket.category.in_(names))
        spoken += names
    if _URGENT.search(turn.call.words):
        query = query.where(or_(Ticket.priority == TicketPriority.URGENT, Ticket.priority == TicketPriority.HIGH))
        spoken.append(turn.words.label("urgent_or_high"))
    elif priority is not None:
        levels = [TicketPriority(str(key)) for key, _ in priority.values]
        query = query.where(Ticket.priority.in_(levels))
        spoken += [turn.words.label(f"priority_{level.value}") for level in levels]
    return query


def _named(turn: Turn, dimension: Dimension) -> Condition | None:
    query = query_said(turn)
    return query.condition_on(dimension) if query is not None and query.subject is Subject.TICKETS else None


def _in_named_state(turn: Turn, query: Select[Ticket], spoken: list[str], *, any_time: bool) -> Select[Ticket]:
    text = turn.call.words
    for pattern, statuses in _STATUS_WORDS:
        said = pattern.search(text)
        if said is not None:
            spoken.append(said[0].casefold())
            return query.where(Ticket.status.in_(statuses))
    is_open = "open" in text.casefold().split()
    if not is_open and (_ALL.search(text) or not any_time):
        return query
    spoken.append(turn.words.label("still_open"))
    return query.where(Ticket.status.in_(STILL_OPEN))
