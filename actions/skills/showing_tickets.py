"""The state of tickets."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import func, or_, select

from actions.asking.covered import covered_by_tickets
from actions.asking.handing_over import asked_for_more
from actions.cards import show_ticket, ticket_state
from actions.desk.promises import next_due
from actions.errors import refused
from actions.excerpts import shorten
from actions.formatting import day_text, moment_text
from actions.listing import remember_listed
from actions.picking import talked_about
from actions.registry import SALES, skill
from actions.reply import Table
from actions.resolving import listed_meant
from actions.said import said_date
from actions.sign_in_first import CLIENTS, SUPPORT, require_proof
from actions.skills.addresses import CATEGORY as ADDRESS
from actions.skills.ticket_work import offer_work
from actions.ticket_named import numbered_ticket, referred_ticket
from actions.ticket_opening import STILL_OPEN
from actions.tickets_listed import TicketsMeant, in_period, in_state, tickets_meant
from actions.turn import Turn
from crm_store.models import Contact, Role, Ticket, TicketMessage, TicketStatus
from crm_store.proof_kinds import DataClass

MAX_ROWS, MAX_BUTTONS = 10, 5
_MESSAGES, _MESSAGE_LENGTH = 3, 400
_DUE = re.compile(r"\b(?:breach\w*|break\w*|miss\w*|overdue|late|sla|due)\b|\brunn\w+ out\b", re.IGNORECASE)
DUE_WITHIN = timedelta(hours=4)
_COUNTS = re.compile(r"\b(?:how many|how often|number of|count of)\b", re.IGNORECASE)
_POINTS = re.compile(r"\b(?:it|that|this)\b", re.IGNORECASE)


@skill("action_show_tickets", audience=CLIENTS | SUPPORT | SALES)
def show_tickets(turn: Turn) -> None:
    """One ticket with its latest messages, or the list of those that are meant."""
    require_proof(turn, DataClass.TICKETS)
    counts = _COUNTS.search(turn.call.words) is not None
    if asked_for_more(turn, lambda query: covered_by_tickets(query, counts=counts)):
        return
    said = turn.call.first("ticket_number")
    ticket = referred_ticket(turn) or _listed(turn) or (numbered_ticket(turn, said) if said is not None else _it(turn))
    if ticket is not None:
        show_ticket_with_messages(turn, ticket)
    elif turn.contact is not None:
        _show_own(turn, turn.contact)
    elif _DUE.search(turn.call.text):
        _show_due(turn)
    else:
        _show_list(turn, tickets_meant(turn))


def _listed(turn: Turn) -> Ticket | None:
    record = listed_meant(turn, Ticket.kind)
    return record if isinstance(record, Ticket) else None


def _it(turn: Turn) -> Ticket | None:
    """The ticket a customer talked about last, when they point at it and name none: "any news on that?"."""
    points = _POINTS.search(turn.call.text) is not None and said_date(turn) is None
    return talked_about(turn, Ticket) if points else None


def show_ticket_with_messages(turn: Turn, ticket: Ticket) -> None:
    """A ticket's card and its latest messages."""
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
    if turn.user is not None and ticket.category == ADDRESS and ticket.status in STILL_OPEN:
        turn.offer(turn.words.label("intent_change_address"), "change_address", ref=str(ticket.ref))
    if turn.user is not None:
        offer_work(turn, ticket)
    elif ticket.status is not TicketStatus.CLOSED:
        turn.offer(turn.words.label("intent_close_ticket"), "close_ticket", once=True, ref=str(ticket.ref))


def _author(turn: Turn, message: TicketMessage) -> str:
    if turn.contact is not None and message.author_contact_id == turn.contact.id:
        return turn.words.label("you")
    author = message.author_user or message.author_contact
    return author.name if author is not None else turn.words.label("a_visitor")


def _show_own(turn: Turn, contact: Contact) -> None:
    """A customer's tickets: those named by a time or a state, else the open ones, else the latest."""
    own = select(Ticket).where(Ticket.contact_id == contact.id).order_by(Ticket.id.desc())
    tickets = list(turn.session.scalars(in_state(turn, in_period(turn, own)).limit(MAX_ROWS + 1)))
    if not tickets and said_date(turn) is not None:
        # "The one from October" may be settled.
        tickets = list(turn.session.scalars(in_period(turn, own).limit(MAX_ROWS + 1)))
    if len(tickets) == 1:
        show_ticket_with_messages(turn, tickets[0])
    elif tickets:
        _show_table(turn, tickets, total=None)
    else:
        latest = turn.session.scalar(own.limit(1))
        if latest is None:
            raise refused("utter_no_tickets")
        turn.say("utter_no_open_tickets_latest")
        show_ticket_with_messages(turn, latest)


def _show_due(turn: Turn) -> None:
    """Open tickets whose next promise is overdue or soon will be, the most pressing first; only the asker's own on
    request."""
    columns = (Ticket.first_response_due_at, Ticket.next_response_due_at, Ticket.resolution_due_at)
    soon = turn.uow.now + DUE_WITHIN
    query = select(Ticket).where(Ticket.status == TicketStatus.OPEN, or_(*(column <= soon for column in columns)))
    if turn.call.first("scope") in {"my", "mine"} and turn.actor.role is not Role.MANAGER:
        query = query.where(Ticket.assignee_id == turn.actor.id)
    pressing = [(next_due(ticket), ticket) for ticket in turn.session.scalars(query)]
    found = sorted(((due, ticket) for due, ticket in pressing if due is not None), key=lambda pair: pair[0])
    if not found:
        turn.say("utter_no_tickets_due")
        return
    label = turn.words.label
    names = ("ticket", "subject", "due", "priority", "assignee")
    hours = str(DUE_WITHIN // timedelta(hours=1))
    turn.show(
        Table(
            title=turn.words.say("utter_title_tickets_due", n=turn.words.counted("ticket", len(found)), hours=hours),
            columns=tuple((label(name)[:1].upper() + label(name)[1:], "text") for name in names),
            rows=tuple(
                (
                    ticket.number,
                    ticket.subject,
                    moment_text(due, turn.reading),
                    label(f"priority_{ticket.priority.value}"),
                    ticket.assignee.name if ticket.assignee is not None else label("none"),
                )
                for due, ticket in found[:MAX_ROWS]
            ),
            note=turn.words.say("utter_more_left_out", n=f"{len(found) - MAX_ROWS:,}") if len(found) > MAX_ROWS else "",
        )
    )
    for _, ticket in found[:MAX_BUTTONS]:
        turn.offer(f"{ticket.number} {ticket.subject}"[:70], "show_tickets", ref=str(ticket.ref))


def _show_list(turn: Turn, meant: TicketsMeant) -> None:
    query = meant.query
    total = turn.session.scalar(query.with_only_columns(func.count(Ticket.id)).order_by(None)) or 0
    if not total:
        title = " · ".join((turn.words.label("figure_tickets"), *meant.spoken))
        turn.say("utter_report_empty", title=title)
        return
    _show_table(turn, list(turn.session.scalars(query.limit(MAX_ROWS + 1))), total=total, spoken=meant.spoken)


def _show_table(turn: Turn, tickets: list[Ticket], *, total: int | None, spoken: tuple[str, ...] = ()) -> None:
    label, staff = turn.words.label, turn.actor.is_staff
    shown = tickets[:MAX_ROWS]
    names = ("ticket", "subject", "status", "opened", *(("account", "priority", "assignee") if staff else ()))
    left_out = (total or len(tickets)) - len(shown)
    turn.show(
        Table(
            title=" · ".join((turn.words.counted("ticket", total if total is not None else len(tickets)), *spoken)),
            columns=tuple((label(name)[:1].upper() + label(name)[1:], "text") for name in names),
            rows=tuple(_row(turn, ticket, staff=staff) for ticket in shown),
            note=turn.words.say("utter_more_left_out", n=f"{left_out:,}") if left_out > 0 else "",
        )
    )
    remember_listed(turn, shown)
    for ticket in shown[:MAX_BUTTONS]:
        turn.offer(f"{ticket.number} {ticket.subject}"[:70], "show_tickets", ref=str(ticket.ref))


def _row(turn: Turn, ticket: Ticket, *, staff: bool) -> tuple[str, ...]:
    label = turn.words.label
    opened = day_text(ticket.created_at.astimezone(turn.reading.zone).date(), turn.reading)
    row = (ticket.number, ticket.subject, ticket_state(turn, ticket), opened)
    if not staff:
        return row
    account = ticket.account.name if ticket.account is not None else ""
    assignee = ticket.assignee.name if ticket.assignee is not None else label("none")
    return (*row, account, label(f"priority_{ticket.priority.value}"), assignee)
