"""The state of tickets."""

from __future__ import annotations

import re

from sqlalchemy import Select, func, or_, select

from actions.cards import show_ticket
from actions.errors import refused
from actions.excerpts import shorten
from actions.formatting import day_text, moment_text
from actions.periods import end_of, start_of
from actions.registry import skill
from actions.reply import Table
from actions.resolving import resolve_user
from actions.said import said_date
from actions.sign_in_first import CLIENTS, SUPPORT, require_proof
from actions.skills.tickets import numbered_ticket, referred_ticket
from actions.ticket_opening import STILL_OPEN
from actions.turn import Turn
from crm_store.models import Contact, Role, Ticket, TicketMessage, TicketPriority, TicketStatus
from crm_store.proof_kinds import DataClass
from nlu.values import read_when

MAX_ROWS, MAX_BUTTONS = 10, 5
_MESSAGES, _MESSAGE_LENGTH = 3, 400
_STATUS_WORDS = (
    (re.compile(r"\b(?:closed|finished)\b", re.IGNORECASE), frozenset({TicketStatus.CLOSED})),
    (re.compile(r"\b(?:solved|resolved)\b", re.IGNORECASE), frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})),
    (re.compile(r"\bwaiting\b", re.IGNORECASE), frozenset({TicketStatus.WAITING})),
)
_URGENT = re.compile(r"\b(?:urgent|high priority|critical)\b", re.IGNORECASE)
_UNASSIGNED = re.compile(r"\b(?:unassigned|nobody|no one|not (?:yet )?(?:assigned|picked))\b", re.IGNORECASE)
_ALL = re.compile(r"\b(?:all|every|any) (?:\w+ )?tickets\b", re.IGNORECASE)


@skill("action_show_tickets", audience=CLIENTS | SUPPORT | {Role.MANAGER})
def show_tickets(turn: Turn) -> None:
    """One ticket with its latest messages, or the list of those that are meant."""
    require_proof(turn, DataClass.TICKETS)
    said = turn.call.first("ticket_number")
    ticket = referred_ticket(turn) or (numbered_ticket(turn, said) if said is not None else None)
    if ticket is not None:
        _tell(turn, ticket)
    elif turn.contact is not None:
        _show_own(turn, turn.contact)
    else:
        _show_list(turn, _for_staff(turn))


def _tell(turn: Turn, ticket: Ticket) -> None:
    turn.focus_on(ticket)
    show_ticket(turn, ticket)
    query = select(TicketMessage).where(TicketMessage.ticket_id == ticket.id)
    if not turn.actor.is_staff:
        # The store leaves them out as well; notes among colleagues are worth two locks.
        query = query.where(TicketMessage.internal.is_(False))
    latest = turn.session.scalars(query.order_by(TicketMessage.at.desc(), TicketMessage.id.desc()).limit(_MESSAGES))
    for message in reversed(latest.all()):
        turn.say(
            "utter_ticket_message_internal" if message.internal else "utter_ticket_message",
            who=_author(turn, message),
            when=moment_text(message.at, turn.reading),
            text=shorten(message.text, _MESSAGE_LENGTH),
        )
    if ticket.status is not TicketStatus.CLOSED and turn.actor.role is not Role.MANAGER:
        turn.offer(turn.words.label("intent_close_ticket"), "close_ticket", once=True, ref=str(ticket.ref))


def _author(turn: Turn, message: TicketMessage) -> str:
    if turn.contact is not None and message.author_contact_id == turn.contact.id:
        return turn.words.label("you")
    author = message.author_user or message.author_contact
    return author.name if author is not None else turn.words.label("a_visitor")


def _show_own(turn: Turn, contact: Contact) -> None:
    """A customer's tickets: those named by a time or a state, else the open ones, else the latest."""
    own = select(Ticket).where(Ticket.contact_id == contact.id).order_by(Ticket.id.desc())
    tickets = list(turn.session.scalars(_in_state(turn, _in_period(turn, own)).limit(MAX_ROWS + 1)))
    if len(tickets) == 1:
        _tell(turn, tickets[0])
    elif tickets:
        _show_table(turn, tickets, total=None)
    else:
        latest = turn.session.scalar(own.limit(1))
        if latest is None:
            raise refused("utter_no_tickets")
        turn.say("utter_no_open_tickets_latest")
        _tell(turn, latest)


def _for_staff(turn: Turn) -> Select[Ticket]:
    """A colleague's query: everybody's open tickets, unless whose, when or in which state is said."""
    query = select(Ticket).order_by(Ticket.id.desc())
    scope, person, text = turn.call.first("scope"), turn.call.first("person"), turn.call.text
    if person is not None:
        query = query.where(Ticket.assignee_id == resolve_user(turn, person).id)
    elif scope in {"my", "mine"} and turn.actor.role is not Role.MANAGER:
        query = query.where(Ticket.assignee_id == turn.actor.id)
    if _UNASSIGNED.search(text):
        query = query.where(Ticket.assignee_id.is_(None))
    if _URGENT.search(text):
        query = query.where(or_(Ticket.priority == TicketPriority.URGENT, Ticket.priority == TicketPriority.HIGH))
    return _in_state(turn, _in_period(turn, query))


def _in_state(turn: Turn, query: Select[Ticket]) -> Select[Ticket]:
    for pattern, statuses in _STATUS_WORDS:
        if pattern.search(turn.call.text):
            return query.where(Ticket.status.in_(statuses))
    if _ALL.search(turn.call.text) and "open" not in turn.call.text.casefold():
        return query
    return query.where(Ticket.status.in_(STILL_OPEN))


def _in_period(turn: Turn, query: Select[Ticket]) -> Select[Ticket]:
    said = said_date(turn)
    when = read_when(said, turn.reading, prefer="past") if said else None
    if when is None:
        return query
    return query.where(
        Ticket.created_at >= start_of(when, turn.reading), Ticket.created_at < end_of(when, turn.reading)
    )


def _show_list(turn: Turn, query: Select[Ticket]) -> None:
    total = turn.session.scalar(query.with_only_columns(func.count(Ticket.id)).order_by(None)) or 0
    if not total:
        raise refused("utter_no_open_tickets_staff")
    _show_table(turn, list(turn.session.scalars(query.limit(MAX_ROWS + 1))), total=total)


def _show_table(turn: Turn, tickets: list[Ticket], *, total: int | None) -> None:
    label, staff = turn.words.label, turn.actor.is_staff
    shown = tickets[:MAX_ROWS]
    names = ("ticket", "subject", "status", "opened", *(("account", "priority", "assignee") if staff else ()))
    left_out = (total or len(tickets)) - len(shown)
    turn.show(
        Table(
            title=turn.words.counted("ticket", total if total is not None else len(tickets)),
            columns=tuple((label(name)[:1].upper() + label(name)[1:], "text") for name in names),
            rows=tuple(_row(turn, ticket, staff=staff) for ticket in shown),
            note=turn.words.say("utter_more_left_out", n=f"{left_out:,}") if left_out > 0 else "",
        )
    )
    for ticket in shown[:MAX_BUTTONS]:
        turn.offer(f"{ticket.number} {ticket.subject}"[:70], "show_tickets", ref=str(ticket.ref))


def _row(turn: Turn, ticket: Ticket, *, staff: bool) -> tuple[str, ...]:
    label = turn.words.label
    opened = day_text(ticket.created_at.astimezone(turn.reading.zone).date(), turn.reading)
    row = (ticket.number, ticket.subject, label(f"ticket_{ticket.status.value}"), opened)
    if not staff:
        return row
    account = ticket.account.name if ticket.account is not None else ""
    assignee = ticket.assignee.name if ticket.assignee is not None else label("none")
    return (*row, account, label(f"priority_{ticket.priority.value}"), assignee)
