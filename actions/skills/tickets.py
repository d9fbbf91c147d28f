"""Opening and closing tickets."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import select

from actions.adding_words import ADD, add_words
from actions.call import Command
from actions.cards import show_ticket
from actions.desk.desk import desk_of
from actions.desk.ending import finish_ticket
from actions.desk.handing_over import tell_agent
from actions.desk.promises import OVER, customer_wrote, may_reopen, reopen
from actions.document_numbers import document_number
from actions.errors import Missing, SlotRejected, refused
from actions.one_at_a_time import require_one
from actions.pending import ask
from actions.picking import talked_about
from actions.quoting import quote, when_no_help
from actions.registry import reads_slot, skill
from actions.resolving import resolve_account, resolve_contact
from actions.said import MAX_WORDS, own_words, words_before
from actions.sign_in_first import CLIENTS, SUPPORT, is_visitor, require_proof
from actions.skills.questions import HELPFUL
from actions.skills.ticket_work import end_by_agent
from actions.ticket_named import is_theirs, numbered_ticket, referred_ticket
from actions.ticket_opening import STILL_OPEN, add_message, open_ticket_for
from actions.ticket_sorting import category_of, priority_of
from actions.turn import Turn
from crm_store.models import Account, Article, Contact, Order, Role, SolvedHow, Ticket, TicketStatus
from crm_store.proof_kinds import DataClass

ANYWAY = "anyway"
MAX_CHOICES = 6
_FEWEST_LETTERS = 3
_BARE_WISH = 6
"""So many words a wish to reopen a ticket may have that says nothing else."""
_TICKET_WORDS = re.compile(
    r"\b(?:tickets?|tkt|cases?|issues?|problems?|incident|bug|support|complain\w*|report\w*|broken|broke|fail\w*|error|crash\w*"
    r"|won'?t|doesn'?t|not work\w*|can'?t|cannot|isn'?t|wrong|missing|help)\b",
    re.IGNORECASE,
)

_ASKS_FOR_TICKET = re.compile(r"\b(?:tickets?|tkt|cases?)\b", re.IGNORECASE)


@reads_slot("ticket_subject")
def read_ticket_subject(turn: Turn, said: str) -> str:
    """What the problem is, in a few words at least; asked for it, all that was answered and not a part of it."""
    answers = turn.call.requested_slot == "ticket_subject" and _ASKS_FOR_TICKET.search(turn.call.text) is None
    whole = turn.call.text if answers and said in turn.call.text else said
    subject = " ".join(whole.split())[:MAX_WORDS]
    if sum(char.isalpha() for char in subject) < _FEWEST_LETTERS:
        raise SlotRejected("utter_ticket_subject_too_short", {"said": said[:60]})
    return subject


@skill("action_open_ticket", audience=CLIENTS | SUPPORT | {Role.REP, Role.MANAGER})
def open_ticket(turn: Turn) -> None:
    """Open a ticket about what the form collected, unless an article answers it: then that is shown first."""
    subject = turn.call.slots.get("ticket_subject")
    turn.slots["ticket_subject"] = None
    if subject is None and turn.call.intent == "complaint":
        # A colleague passes a customer's complaint on; no form has asked for it.
        subject = own_words(turn)
    if subject is None:
        raise Missing("subject", "utter_ask_open_ticket_form_ticket_subject", free_text=True)
    words = _words(turn, subject)
    if turn.user is not None and not _speaks_of_a_ticket(turn):
        turn.say("utter_ask_open_ticket_about", subject=subject[:200])
        turn.offer(
            turn.words.label("intent_open_ticket"), "open_ticket", once=True, subject=subject, note=words, answer=ANYWAY
        )
        return
    if turn.user is None and turn.call.first("answer") != ANYWAY and _article_shown(turn, subject, words):
        return
    contact, account = _for_whom(turn)
    ticket = open_ticket_for(
        turn,
        subject=subject,
        words=words,
        category=category_of(words),
        priority=priority_of(words),
        contact=contact,
        account=account,
    )
    _note_order(turn, ticket)
    if is_visitor(turn):
        turn.say("utter_ticket_opened_visitor", ticket=ticket.number)
        return
    turn.say("utter_ticket_opened" if turn.user is None else "utter_ticket_opened_staff", ticket=ticket.number)
    show_ticket(turn, ticket)
    turn.offer_undo()


def _speaks_of_a_ticket(turn: Turn) -> bool:
    """Whether a colleague wants a ticket for sure: the words of a problem alone may be news of a deal."""
    if turn.call.first("answer") is not None or turn.call.intent != "open_ticket" or turn.call.is_command:
        return True
    return any(_TICKET_WORDS.search(said) is not None for said in (turn.call.text, words_before(turn)))


@skill("action_close_ticket", audience=CLIENTS | SUPPORT)
def close_ticket(turn: Turn) -> None:
    """Close the ticket that is meant; one that is closed already is left as it is.

    With ``again`` a customer's is opened again instead: it is not solved after all; or, where it says so, added to.
    """
    require_proof(turn, DataClass.TICKETS)
    if turn.call.first("again") == ADD:
        add_words(turn)
        return
    again = turn.call.first("again") is not None
    ticket = _ticket_to_reopen(turn) if again else _ticket_to_close(turn)
    if ticket is None:
        raise refused("utter_record_gone")
    turn.focus_on(ticket)
    if again:
        _open_again(turn, ticket)
    elif turn.user is not None:
        end_by_agent(turn, ticket, TicketStatus.CLOSED)
    elif ticket.status is TicketStatus.CLOSED:
        turn.say("utter_ticket_already_closed", ticket=ticket.number)
    else:
        finish_ticket(
            desk_of(turn),
            ticket,
            how=SolvedHow.CUSTOMER,
            status=TicketStatus.CLOSED,
            said_in=turn.conversation.id,
        )
        turn.uow.flush()
        turn.say("utter_ticket_closed", ticket=ticket.number, subject=ticket.subject)
        turn.offer_undo()


def _open_again(turn: Turn, ticket: Ticket) -> None:
    desk = desk_of(turn)
    why = _why_again(turn)
    if ticket.status not in OVER:
        customer_wrote(desk, ticket)
        if why:
            add_message(turn, ticket.id, why)
        turn.say("utter_complaint_added" if why else "utter_ticket_is_open", ticket=ticket.number)
        return
    if not may_reopen(desk, ticket):
        raise refused("utter_ticket_too_old", ticket=ticket.number)
    reopen(desk, ticket, by="customer")
    tell_agent(desk, ticket, "reopened", turn.uow.now.isoformat())
    turn.uow.flush()
    if why:
        add_message(turn, ticket.id, why)
        turn.say("utter_ticket_reopened_with_words", ticket=ticket.number)
        return
    turn.say("utter_ticket_reopened_for_you", ticket=ticket.number)
    turn.call = replace(turn.call, intent="close_ticket").with_entities(
        Command("close_ticket", {"again": "yes", "ref": str(ticket.ref)})
    )
    ask(turn, fill="note", choices=(), free_text=True)


def _why_again(turn: Turn) -> str:
    """What a customer says about it beyond the wish itself: "reopen it, still broken"."""
    said = turn.call.first("note") or turn.call.text
    more = turn.call.first("note") is not None or len(said.split()) > _BARE_WISH
    return said[:MAX_WORDS] if more else ""


def _ticket_to_reopen(turn: Turn) -> Ticket | None:
    """The named ticket, the one talked about, or the customer's only one that is over and may come back."""
    said = turn.call.first("ticket_number")
    if said is not None:
        return numbered_ticket(turn, said)
    if turn.call.first("ref") is not None:
        return referred_ticket(turn)
    last = talked_about(turn, Ticket)
    if last is not None:
        return last
    query = select(Ticket).where(Ticket.status.in_(OVER)).order_by(Ticket.solved_at.desc(), Ticket.id.desc())
    if turn.contact is not None:
        query = query.where(Ticket.contact_id == turn.contact.id)
    desk = desk_of(turn)
    over = [each for each in turn.session.scalars(query.limit(MAX_CHOICES)) if may_reopen(desk, each)]
    if not over:
        raise refused("utter_no_ticket_to_reopen")
    if len(over) == 1:
        return over[0]
    choices = tuple((f"{each.number} {each.subject}"[:70], each.number) for each in over)
    raise Missing("ticket_number", "utter_ask_which_ticket_to_reopen", choices, free_text=True)


def _ticket_to_close(turn: Turn) -> Ticket:
    ticket = referred_ticket(turn)
    said = turn.call.first("ticket_number")
    if ticket is not None or said is not None:
        return ticket or numbered_ticket(turn, said or "")
    if turn.call.first("ref") is not None:
        # A button closes the ticket it was made for, or none.
        raise refused("utter_record_gone")
    require_one(turn)
    focused = turn.focused_id(Ticket.kind)
    ticket = turn.session.get(Ticket, focused) if focused is not None else None
    if ticket is not None and is_theirs(turn, ticket):
        return ticket
    query = select(Ticket).where(Ticket.status.in_(STILL_OPEN)).order_by(Ticket.id.desc()).limit(MAX_CHOICES)
    if turn.contact is not None:
        query = query.where(Ticket.contact_id == turn.contact.id)
    else:
        query = query.where(Ticket.assignee_id == turn.actor.id)
    tickets = list(turn.session.scalars(query))
    if not tickets:
        raise refused("utter_no_open_tickets")
    if len(tickets) == 1:
        return tickets[0]
    choices = tuple((f"{each.number} {each.subject}"[:70], each.number) for each in tickets)
    raise Missing("ticket_number", "utter_ask_which_ticket_to_close", choices, free_text=True)


def _words(turn: Turn, subject: str) -> str:
    """The customer's own words: what the message says beyond the subject, or the subject."""
    carried = turn.call.first("note")
    if carried is not None:
        return carried[:MAX_WORDS]
    said = own_words(turn)
    return said if subject.casefold()[:100] in " ".join(said.split()).casefold() else subject


def _article_shown(turn: Turn, subject: str, words: str) -> bool:
    """Show the article that answers the problem, if one does, and ask whether a ticket is still wanted."""
    found = turn.help_centre.search(turn.session, subject, limit=1)
    article = turn.session.get(Article, found[0].article_id) if found and found[0].answers else None
    if article is None:
        return False
    turn.say("utter_maybe_this_solves_it")
    quote(turn, article, found[0].passage)
    turn.offer(turn.words.label("that_solved_it"), "ask_question", once=True, answer=f"{HELPFUL}:{article.id}")
    anyway = Command("open_ticket", {"subject": subject, "note": words, "answer": ANYWAY})
    turn.offer_command(turn.words.label("open_ticket_anyway"), anyway, once=True)
    when_no_help(turn, anyway)
    return True


def _for_whom(turn: Turn) -> tuple[Contact | None, Account | None]:
    if turn.user is None:
        return turn.contact, None
    contact = resolve_contact(turn)
    if contact is not None:
        return contact, None
    return None, resolve_account(turn)


def _note_order(turn: Turn, ticket: Ticket) -> None:
    """Tell the colleague which of the customer's orders the talk was about."""
    focus = turn.last_focus() if turn.contact is not None else None
    said = turn.call.first("order_number")
    number = document_number(said, "ORD") if said is not None else None
    order_id = turn.focused_id(Order.kind) if focus is not None else None
    if number is not None:
        order = turn.session.scalar(select(Order).where(Order.number == number))
    else:
        order = turn.session.get(Order, order_id) if order_id is not None else None
    if order is not None:
        add_message(turn, ticket.id, turn.words.say("utter_note_order", order=order.number), internal=True)
