"""A chat in other hands: buttons, ratings, talks with a person and files of whoever had it before."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.call import Command
from crm_store.models import (
    Consent,
    Contact,
    Handover,
    HandoverEnd,
    Invoice,
    Order,
    Survey,
    SurveyKind,
    Ticket,
    TicketMessage,
    TicketPriority,
    User,
)
from tests.telegram.attack import JO, KIM, Attack
from tests.telegram.phone import Phone
from tests.telegram.platform import Sent

CLOSE = "Close a ticket"
SIGN_IN = "Please sign in first"


def left_buttons(attack: Attack, kim: Phone) -> dict[str, tuple[Sent, str]]:
    """Buttons of every kind that Kim's own answers leave in the chat."""
    number = re.findall(r"T-\d+", attack.say(kim, "talk_to_human").text)[0]
    tickets = attack.say(kim, "show_tickets", ticket_number=number)
    invoices = attack.say(kim, "invoice_copy")
    orders = attack.say(kim, "order_status", order_number=attack.numbers(Order)[0])
    forget = attack.say(kim, "forget_me")
    pauses = attack.say(kim, "set_nudges", answer="off")
    return {
        "close": (tickets, CLOSE),
        "invoice of an order": (orders, next(label for label in orders.labels if "nvoice" in label)),
        "invoice": (invoices, next(label for label in invoices.labels if label.startswith("INV-"))),
        "forget": (forget, "Confirm"),
        "opt in": (pauses, pauses.labels[0]),
    }


def test_buttons_of_before_do_nothing_personal_after_signing_out(attack: Attack) -> None:
    kim = attack.by_code(attack.phone())
    buttons = left_buttons(attack, kim)
    attack.say(kim, "sign_out")
    for name in ("close", "invoice of an order", "invoice"):
        assert SIGN_IN in attack.press(kim, *buttons[name]).text, name
    attack.press(kim, *buttons["forget"])
    attack.press(kim, *buttons["opt in"])
    (row,) = attack.rows(select(Contact).where(Contact.email == KIM))
    assert row.forget_requested_at is None
    assert not attack.rows(select(Consent.id).where(Consent.contact_id == row.id, Consent.given.is_(True)))


def test_buttons_of_one_customer_reach_neither_ones_data_once_another_has_the_chat(attack: Attack) -> None:
    kim = attack.by_code(attack.phone())
    buttons = left_buttons(attack, kim)
    attack.say(kim, "sign_out")
    jo = attack.by_code(kim, JO)
    opened = attack.say(jo, "open_ticket", subject="my own trouble", answer="anyway")
    own = re.findall(r"T-\d+", opened.text + attack.say(jo, "show_tickets").text)
    kims_tickets, jos_tickets = attack.open_tickets(KIM), attack.open_tickets(JO)
    for name, pressed in ((name, attack.press(jo, *button)) for name, button in buttons.items()):
        # What stands on the button itself may be said back: "I can't find an invoice INV-2962 of yours".
        told = set(re.findall(r"\b(?:ORD|INV|T)-\d+", pressed.text)) - set(buttons[name][1].split())
        for cls in (Order, Invoice, Ticket):
            assert told.isdisjoint(attack.numbers(cls, KIM)), (name, pressed.text)
        assert ".pdf" not in pressed.text, name
    assert attack.open_tickets(KIM) == kims_tickets
    assert attack.open_tickets(JO) == jos_tickets, (own, "a button of Kim's closed Jo's ticket")
    for row in attack.rows(select(Contact).where(Contact.email.in_([KIM, JO]))):
        assert row.forget_requested_at is None


def test_undo_takes_nothing_back_for_somebody_who_has_the_chat_now(attack: Attack) -> None:
    kim = attack.by_code(attack.phone())
    asked = attack.say(kim, "change_address", note="12 Elm Street, Springfield, IL 62704")
    tickets = attack.open_tickets(KIM)
    attack.say(kim, "sign_out")
    jo = attack.by_code(kim, JO)
    attack.press(jo, asked, "Undo")
    attack.say(jo, "undo")
    assert attack.open_tickets(KIM) == tickets


def test_a_survey_is_answered_by_who_was_asked_and_nobody_after_them(attack: Attack) -> None:
    kim = attack.by_link(attack.phone())
    attack.say(kim, "talk_to_human")
    with attack.rig.assistant.store.unit_of_work(now=attack.rig.clock()) as uow:
        ticket = uow.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
        asked = {"key": "csat:test", "kind": SurveyKind.CSAT, "asked_at": uow.now, "comment": "", "how": "human"}
        where = {"conversation_id": ticket.conversation_id, "contact_id": ticket.contact_id, "ticket_id": ticket.id}
        uow.session.add(Survey(**asked, **where))
        uow.commit()
    attack.say(kim, "sign_out")
    attack.say(kim, "rate_service", score="1")
    attack.say(attack.by_code(kim, JO), "rate_service", score="1")
    assert attack.rows(select(Survey.score).where(Survey.key == "csat:test")) == [None]
    attack.say(kim, "sign_out")
    attack.say(attack.by_link(kim), "rate_service", score="5")
    assert attack.rows(select(Survey.score).where(Survey.key == "csat:test")) == [5]


def test_a_talk_with_a_person_ends_when_its_customer_has_left_the_chat(attack: Attack) -> None:
    kim = attack.by_link(attack.phone())
    number = re.findall(r"T-\d+", attack.say(kim, "talk_to_human").text)[0]
    sam = attack.rig.speaker("sam")
    reply = {"do": "reply", "ticket_number": number, "note": "Hello Kim, here I am"}
    assert sam.say(str(Command("work_ticket", reply))).error is None
    # Their phone is gone: they sign out of everything from somewhere else.
    elsewhere = attack.by_link(attack.phone())
    attack.say(elsewhere, "sign_out", everywhere="yes")
    answer = attack.say(kim, "order_status")
    assert SIGN_IN in answer.text, "the bot answers again, and knows nobody"
    attack.write(kim, "the secret of somebody else")
    assert not any("secret" in text for text in attack.words_of(number))
    assert attack.rows(select(Handover.ended_how).order_by(Handover.id.desc()))[0] is HandoverEnd.LEFT
    refused = sam.say(str(Command("work_ticket", {**reply, "note": "and your order is"})))
    assert refused.error is not None, refused.text


def test_a_file_sent_after_signing_out_does_not_join_the_ticket(attack: Attack) -> None:
    kim = attack.by_link(attack.phone())
    number = re.findall(r"T-\d+", attack.say(kim, "talk_to_human").text)[0]
    attack.heard(kim, lambda: kim.send_file("document", b"%PDF-mine"))
    assert any("report.pdf" in text for text in attack.words_of(number))
    attack.say(kim, "sign_out")
    before = attack.words_of(number)
    attack.heard(kim, lambda: kim.send_file("photo", b"jpeg", caption="somebody else's"))
    assert attack.words_of(number) == before


def test_a_merged_ticket_shows_its_customer_nothing_of_another_one(attack: Attack) -> None:
    with attack.rig.assistant.store.unit_of_work(now=attack.rig.clock()) as uow:
        sam = uow.session.scalars(select(User).where(User.handle == "sam")).one()
        made = []
        for contact, subject in ((attack.contact(KIM), "Kim's trouble"), (None, "a visitor's secret")):
            common = {"category": "question", "priority": TicketPriority.NORMAL, "created_at": uow.now}
            ticket = uow.add(Ticket(subject=subject, contact_id=contact, assignee_id=sam.id, **common))
            uow.session.add(TicketMessage(ticket_id=ticket.id, text=subject, at=uow.now))
            made.append(ticket.number)
        uow.commit()
    into, merged = made
    answer = attack.rig.speaker("sam").say(
        str(Command("work_ticket", {"do": "merge", "ticket_number": merged, "into": into}))
    )
    assert answer.error is None, answer.text
    kim = attack.by_link(attack.phone())
    shown = attack.say(kim, "show_tickets", ticket_number=into)
    assert "Kim's trouble" in shown.text
    assert "secret" not in shown.text
    assert "secret" not in attack.say(kim, "show_tickets", ticket_number=merged).text
