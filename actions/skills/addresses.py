"""A customer's change of address: asked for by them, applied by a colleague."""

from __future__ import annotations

from sqlalchemy import select

from actions.call import Command
from actions.errors import Missing, refused
from actions.picking import talked_about
from actions.postal_addresses import PostalAddress, corrected_address, read_address
from actions.registry import SALES, skill
from actions.resolving import by_ref, resolve_account, resolve_contact
from actions.said import own_words
from actions.sign_in_first import CLIENTS, SUPPORT, require_proof
from actions.ticket_opening import STILL_OPEN, OpenTicket, add_message, open_ticket_for, still_open_here
from actions.turn import Turn
from crm_store.models import Account, Address, Contact, Ticket, TicketPriority, TicketStatus
from crm_store.proof_kinds import DataClass

CATEGORY = "address"
_YES = "yes"


@skill("action_change_address", audience=CLIENTS | SUPPORT | SALES)
def change_address(turn: Turn) -> None:
    """Customers ask for it, and a ticket holds what they ask; a colleague sees old and new, and applies it."""
    require_proof(turn, DataClass.ADDRESSES)
    if turn.contact is not None:
        _ask_for_it(turn, turn.contact)
    else:
        _decide(turn)


def _ask_for_it(turn: Turn, contact: Contact) -> None:
    address = _said_address(turn)
    if address is None:
        raise Missing("note", "utter_ask_new_address", free_text=True)
    known = still_open_here(turn, {CATEGORY})
    if known is not None:
        _replace_asked(turn, known, address)
        return
    ticket = open_ticket_for(
        turn,
        subject=turn.words.say("utter_subject_address", name=contact.name),
        words=str(address),
        category=CATEGORY,
        priority=TicketPriority.NORMAL,
        contact=contact,
    )
    turn.say("utter_address_asked", ticket=ticket.number, address=str(address))
    turn.offer_undo()
    turn.offer(turn.words.label("human"), "talk_to_human")


def correct_asked_address(turn: Turn, known: OpenTicket) -> bool:
    """Replace the address asked for in this ticket by what a correction makes of it; whether it holds one."""
    require_proof(turn, DataClass.ADDRESSES)
    ticket = turn.session.get(Ticket, known.id)
    before = read_address(_asked_in(ticket)) if ticket is not None else None
    address = corrected_address(before, own_words(turn)) if before is not None else None
    if address is None:
        return False
    _replace_asked(turn, known, address)
    return True


def reads_as_correction(turn: Turn) -> bool:
    """Whether a message, said of the address a customer has just asked for, changes it; a bare number does not."""
    ticket = talked_about(turn, Ticket)
    if ticket is None or ticket.category != CATEGORY or DataClass.ADDRESSES in turn.actor.withheld:
        return False
    before = read_address(_asked_in(ticket))
    bare = turn.call.text.strip(" .,!").isdecimal()
    return before is not None and not bare and corrected_address(before, turn.call.text) is not None


def _replace_asked(turn: Turn, known: OpenTicket, address: PostalAddress) -> None:
    add_message(turn, known.id, str(address))
    turn.say("utter_address_corrected", ticket=known.number, address=str(address))
    turn.offer(turn.words.label("human"), "talk_to_human")


def _said_address(turn: Turn) -> PostalAddress | None:
    note = turn.call.first("note")
    return (read_address(note) if note is not None else None) or read_address(own_words(turn))


def _decide(turn: Turn) -> None:
    """A colleague's side: without a yes the difference, with it the change."""
    record = by_ref(turn, turn.call.first("ref"), Ticket.kind)
    ticket = record if isinstance(record, Ticket) and record.category == CATEGORY else None
    whose = ticket.contact if ticket is not None else resolve_contact(turn) or resolve_account(turn)
    if whose is None:
        raise Missing("contact", "utter_ask_whose_address", free_text=True)
    address = read_address(_asked_in(ticket)) if ticket is not None else _said_address(turn)
    if address is None:
        raise Missing("note", "utter_ask_new_address", free_text=True)
    if ticket is not None and ticket.status not in STILL_OPEN:
        raise refused("utter_address_done_already", ticket=ticket.number)
    turn.focus_on(whose)
    current = _on_record(turn, whose)
    before = _text_of(current) if current is not None else turn.words.label("none")
    if turn.call.first("answer") != _YES:
        turn.say("utter_address_difference", name=whose.name, before=before, after=str(address))
        said = {whose.kind: str(whose.ref), "answer": _YES, "note": str(address)}
        command = Command("change_address", said | ({"ref": str(ticket.ref)} if ticket is not None else {}))
        turn.offer_command(turn.words.label("apply_address"), command, style="primary", once=True)
        return
    _apply(turn, whose, address)
    if ticket is not None:
        add_message(turn, ticket.id, turn.words.say("utter_note_address", before=before, after=str(address)))
        ticket.status, ticket.solved_at = TicketStatus.SOLVED, turn.uow.now
    turn.say("utter_address_changed", name=whose.name, address=str(address))
    turn.offer_undo()


def _asked_in(ticket: Ticket) -> str:
    """The address the customer asked for last: a correction stands behind what it corrects."""
    theirs = [each.text for each in ticket.messages if not each.internal and each.author_user_id is None]
    return next((text for text in reversed(theirs) if read_address(text) is not None), "")


def _on_record(turn: Turn, whose: Contact | Account) -> Address | None:
    theirs = Address.contact_id == whose.id if isinstance(whose, Contact) else Address.account_id == whose.id
    return turn.session.scalar(select(Address).where(theirs).order_by(Address.id).limit(1))


def _apply(turn: Turn, whose: Contact | Account, address: PostalAddress) -> None:
    current = _on_record(turn, whose)
    if current is None:
        account_id = whose.account_id if isinstance(whose, Contact) else whose.id
        company = select(Address.country).where(Address.account_id == account_id).limit(1)
        country = address.country or turn.session.scalar(company) or "US"
        turn.uow.add(
            Address(
                contact_id=whose.id if isinstance(whose, Contact) else None,
                account_id=whose.id if isinstance(whose, Account) else None,
                purpose="delivery",
                street=address.street,
                city=address.city,
                postcode=address.postcode,
                country=country,
            )
        )
        return
    current.street, current.city, current.postcode = address.street, address.city, address.postcode
    current.country = address.country or current.country


def _text_of(address: Address) -> str:
    return f"{address.street}, {address.city} {address.postcode}, {address.country}"
