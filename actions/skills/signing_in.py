"""Showing who one is: by a code sent to one's address, a link made by a colleague, or one's own phone number."""

from __future__ import annotations

from actions.call import Command
from actions.formatting import moment_text
from actions.pending import Pending
from actions.registry import skill
from actions.said import own_words
from actions.sign_in_first import CLIENTS, interrupted_request, offer_ways
from actions.ticket_opening import add_message, still_open_here
from actions.turn import Turn
from crm_store.proof_kinds import ProofMethod
from crm_store.proofs import (
    TooManyCodes,
    check_code,
    contact_name,
    contact_phones,
    record_proof,
    redeem_link,
    request_code,
    waits_for_code,
)
from nlu.values import UnreadableValue, read_email, read_phone

SEND, PHONE = "send", "phone"
_SAME_DIGITS = 7


@skill("action_sign_in", audience=CLIENTS)
def sign_in(turn: Turn) -> None:
    """Take a proof, or ask for one. Naming an address proves nothing: the answer is the same for every address."""
    link, own_phone, code = (turn.call.first(name) for name in ("link", "own_phone", "code"))
    if link is not None:
        _by_link(turn, link)
    elif own_phone is not None:
        _by_phone(turn, own_phone)
    elif code == PHONE:
        turn.say("utter_share_phone_by_key")
    elif code is not None and code != SEND:
        _by_code(turn, code)
    elif turn.contact is not None and not turn.conversation.interrupted:
        turn.say("utter_signed_in_already", name=turn.contact.name)
        turn.offer(turn.words.label("intent_who_am_i"), "who_am_i")
    else:
        _ask_for_code(turn, wanted=code == SEND)


def _ask_for_code(turn: Turn, *, wanted: bool) -> None:
    said = turn.call.first("email")
    _note_for_ticket(turn)
    address = _read_address(said)
    if address is None and wanted and turn.contact is not None:
        # Who is known need not say their address again, and it is not shown.
        address = turn.contact.email
    if address is not None:
        _send_code(turn, address)
    elif said is not None:
        turn.say("utter_no_address")
        turn.conversation.pending = Pending(resume=Command("sign_in"), fill="email").to_json()
    elif wanted:
        turn.say("utter_ask_address")
        turn.conversation.pending = Pending(resume=Command("sign_in"), fill="email").to_json()
    else:
        turn.say("utter_how_to_sign_in")
        offer_ways(turn, None)


def _read_address(said: str | None) -> str | None:
    try:
        return read_email(said) if said is not None else None
    except UnreadableValue:
        return None


def _send_code(turn: Turn, address: str) -> None:
    try:
        request_code(turn.session, turn.identity_id, address, now=turn.uow.now, lifetime=turn.policy.code_lifetime)
    except TooManyCodes as limit:
        turn.say("utter_too_many_codes", time=moment_text(limit.after, turn.reading))
        turn.offer(turn.words.label("human"), "talk_to_human")
        return
    minutes = int(turn.policy.code_lifetime.total_seconds() // 60)
    turn.say("utter_code_sent", minutes=str(minutes))
    _expect_code(turn)


def _expect_code(turn: Turn) -> None:
    turn.conversation.pending = Pending(resume=Command("sign_in"), fill="code", free_text=True).to_json()
    turn.offer(turn.words.label("new_code"), "sign_in", code=SEND)
    turn.offer(turn.words.label("human"), "talk_to_human")


def _by_code(turn: Turn, said: str) -> None:
    # People copy "482 913", "482-913." or "the code is 482913".
    typed = "".join(char for char in said if char.isdecimal())
    if not typed:
        turn.say("utter_code_is_digits")
        if waits_for_code(turn.session, turn.identity_id, now=turn.uow.now):
            _expect_code(turn)
        return
    check = check_code(turn.session, turn.identity_id, typed, now=turn.uow.now)
    if check.contact_id is not None:
        _proven(turn, check.contact_id, ProofMethod.EMAIL_CODE)
        return
    # Nothing is raised here: the count of wrong guesses must be kept.
    if check.outcome == "wrong":
        turn.say("utter_code_wrong", left=turn.words.counted("guess", check.left))
        _expect_code(turn)
        return
    turn.say("utter_code_spent" if check.outcome == "spent" else "utter_code_expired")
    offer_ways(turn, None)


def _by_link(turn: Turn, token: str) -> None:
    contact_id = redeem_link(turn.session, token, turn.identity_id, now=turn.uow.now)
    if contact_id is None:
        turn.say("utter_link_not_valid")
        offer_ways(turn, None)
        return
    _proven(turn, contact_id, ProofMethod.LINK)


def _by_phone(turn: Turn, said: str) -> None:
    number = read_phone(said if said.startswith("+") else f"+{said}")
    digits = "".join(char for char in number or "" if char.isdecimal())
    found = contact_phones(turn.session, digits[-_SAME_DIGITS:]) if len(digits) > _SAME_DIGITS else []
    same = [contact for contact, phone, locale in found if _normal(phone, locale) == number]
    if len(same) != 1:
        # Whether nobody or several have it is not said: it is not their number to ask about.
        turn.say("utter_phone_not_enough")
        offer_ways(turn, None)
        return
    _proven(turn, same[0], ProofMethod.PHONE)


def _normal(phone: str, locale: str) -> str | None:
    try:
        return read_phone(phone, locale=locale)
    except UnreadableValue:
        return None


def _proven(turn: Turn, contact_id: int, method: ProofMethod) -> None:
    record_proof(turn.session, turn.identity_id, contact_id, method, now=turn.uow.now)
    turn.say("utter_signed_in", name=contact_name(turn.session, contact_id))
    waiting = interrupted_request(turn)
    if waiting is not None:
        turn.then.append(waiting)
    else:
        turn.then.append(Command("help"))


def _note_for_ticket(turn: Turn) -> None:
    """What they asked for in this conversation waits for somebody who knows where to answer."""
    if turn.contact is not None or not (turn.call.first("email") or turn.call.first("phone")):
        return
    ticket = still_open_here(turn, None)
    if ticket is not None:
        add_message(turn, ticket.id, own_words(turn), internal=True)
        turn.say("utter_contact_details_noted", ticket=ticket.number)
