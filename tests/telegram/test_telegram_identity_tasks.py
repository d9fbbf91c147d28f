"""Attacks on a customer's tasks as they come over Telegram: others' numbers, old proofs, buttons in other hands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select

from actions.call import Command
from bot.code_mail import mail_due_codes
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
    TicketStatus,
    User,
)
from tests.assistants import Rig
from tests.telegram.phone import Phone
from tests.telegram.platform import Sent
from tests.telegram.running import RunningTelegram
from tests.telegram.serving import TelegramStandIn

KIM, JO = "kim@example.com", "jo@example.com"
KIMS_NUMBER = "+12125550187"
CLOSE = "Close a ticket"
SIGN_IN, SURER = "Please sign in first", "surer that it's you"


@dataclass(slots=True)
class Attack:
    """Phones in several hands, and the letters that reach the right ones."""

    rig: Rig
    running: RunningTelegram
    platform: Any
    letters: list[str] = field(default_factory=list)

    async def send(self, email: str, *, subject: str, text: str) -> None:
        """Take a letter, as the mail server."""
        self.letters.append(text)

    def phone(self, **name: str) -> Phone:
        return Phone(self.platform, **name)

    def say(self, phone: Phone, intent: str, **entities: str) -> Sent:
        """Ask for something and return all that is said to it, as one message."""
        return self.heard(phone, lambda: phone.say(str(Command(intent, entities))))

    def type(self, phone: Phone, text: str) -> Sent:
        return self.heard(phone, lambda: phone.say(text))

    def press(self, phone: Phone, message: Sent, label: str) -> Sent:
        return self.heard(phone, lambda: phone.press(message, label))

    def heard(self, phone: Phone, do: Any) -> Sent:
        before = len(phone.messages())
        do()
        phone.seen = before
        phone.hear()
        assert self.running.service is not None
        self.running.do(self.running.service.settle())
        new = phone.messages()[before:]
        phone.seen = before + len(new)
        keyboard = tuple(key for sent in new for key in sent.keyboard)
        return replace(new[-1], text="\n".join(sent.text + sent.file_name for sent in new), keyboard=keyboard)

    def by_code(self, phone: Phone, email: str = KIM, *, known: bool = False) -> Phone:
        """Prove to be a contact by a code, which opens everything."""
        self.say(phone, "sign_in", **({"code": "send"} if known else {"email": email}))
        pipeline, clock = self.rig.assistant.pipeline, self.rig.clock
        words, policy = pipeline.words, pipeline.policy
        asyncio.run(mail_due_codes(self.rig.assistant.store, self, words=words, policy=policy, clock=clock))
        found = re.search(r"\d{6}", self.letters[-1])
        assert found is not None
        assert "Thank you" in self.type(phone, found[0]).text
        return phone

    def by_link(self, phone: Phone, name: str = "Kim Lee") -> Phone:
        """Prove to be a contact by a colleague's link, which opens orders and tickets."""
        assert "Thank you" in self.type(phone, f"/start {self.link(name)}").text
        return phone

    def link(self, name: str = "Kim Lee") -> str:
        answer = self.rig.speaker("sam").say(str(Command("link_contact", {"contact": name})))
        found = re.search(r"\?start=([A-Za-z0-9_-]+)", answer.text)
        assert found is not None, answer.text
        return found[1]

    def rows(self, query: Any) -> list[Any]:
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock(), read_only=True) as uow:
            return list(uow.session.scalars(query).unique())

    def contact(self, email: str) -> int:
        return int(self.rows(select(Contact.id).where(Contact.email == email))[0])

    def numbers(self, cls: type[Order | Invoice | Ticket], email: str = KIM) -> list[str]:
        return self.rows(select(cls.number).where(cls.contact_id == self.contact(email)).order_by(cls.id.desc()))

    def open_tickets(self, email: str) -> list[str]:
        still = (TicketStatus.OPEN, TicketStatus.WAITING)
        query = select(Ticket.number).where(Ticket.contact_id == self.contact(email), Ticket.status.in_(still))
        return self.rows(query.order_by(Ticket.id))

    def words_of(self, number: str) -> list[str]:
        query = select(TicketMessage.text).join(Ticket).where(Ticket.number == number).order_by(TicketMessage.id)
        return self.rows(query)


@pytest.fixture
def attack(rig: Rig, stand_in: TelegramStandIn) -> Iterator[Attack]:
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        uow.session.scalars(select(Contact).where(Contact.email == KIM)).one().phone = KIMS_NUMBER
        uow.commit()
    pipeline = rig.assistant.pipeline
    object.__setattr__(pipeline, "policy", replace(pipeline.policy, telegram_bot="rapport_test_bot"))
    with RunningTelegram(rig.assistant, stand_in) as running:
        yield Attack(rig, running, stand_in.platform)
    assert stand_in.platform.refusals == []


OWN = (
    ("order_status", {}),
    ("order_status", {"order_number": "ORD-10423"}),
    ("order_status", {"product": "what is the status of our subscription?"}),
    ("invoice_copy", {}),
    ("show_tickets", {}),
    ("close_ticket", {}),
    ("change_address", {"note": "12 Elm Street, Springfield, IL 62704"}),
)


@pytest.mark.parametrize(("intent", "entities"), OWN)
def test_what_is_a_customers_own_is_closed_to_strangers(attack: Attack, intent: str, entities: dict[str, str]) -> None:
    stranger = attack.phone(first_name="Mal")
    before = attack.rows(select(Ticket.id))
    answer = attack.say(stranger, intent, **entities)
    assert SIGN_IN in answer.text
    assert not answer.file
    assert attack.rows(select(Ticket.id)) == before


@pytest.mark.parametrize("intent", ["change_address", "invoice_copy"])
def test_a_link_from_a_colleague_opens_neither_invoices_nor_addresses(attack: Attack, intent: str) -> None:
    kim = attack.by_link(attack.phone())
    answer = attack.say(kim, intent, note="12 Elm Street, Springfield, IL 62704")
    assert SURER in answer.text
    assert ("Share my phone number", True) not in answer.phone_keys


def test_numbers_of_others_are_answered_as_numbers_that_do_not_exist(attack: Attack) -> None:
    jo = attack.by_code(attack.phone(first_name="Jo"), JO)
    for intent, entity, cls, none in (
        ("order_status", "order_number", Order, "ORD-99999"),
        ("invoice_copy", "invoice_number", Invoice, "INV-99999"),
        ("show_tickets", "ticket_number", Ticket, "T-99999"),
        ("close_ticket", "ticket_number", Ticket, "T-99999"),
    ):
        number = attack.numbers(cls)[0]
        theirs = attack.say(jo, intent, **{entity: number})
        nobodys = attack.say(jo, intent, **{entity: none})
        assert theirs.text.replace(number, "N") == nobodys.text.replace(none, "N"), intent
        assert theirs.labels == nobodys.labels


def test_an_invoice_is_not_to_be_had_by_the_order_of_somebody_else(attack: Attack) -> None:
    jo = attack.by_code(attack.phone(first_name="Jo"), JO)
    for number in attack.numbers(Order):
        answer = attack.say(jo, "invoice_copy", order_number=number)
        assert "INV-" not in answer.text
        assert ".pdf" not in answer.text


def test_a_complaint_about_somebody_elses_order_tells_nothing_about_it(attack: Attack) -> None:
    jo = attack.by_code(attack.phone(first_name="Jo"), JO)
    number = attack.numbers(Order)[0]
    answer = attack.say(jo, "complaint", order_number=number, reason="this arrived broken, I want a refund")
    assert "can't find" in answer.text or "not one of yours" in answer.text, answer.text
    (ticket,) = re.findall(r"T-\d+", answer.text)
    # Their own words are kept as they are; no note says that there is such an order.
    assert not any(number in text for text in attack.words_of(ticket)[1:])


def test_a_stranger_who_wants_a_call_is_not_told_the_number_on_record(attack: Attack) -> None:
    answer = attack.say(attack.phone(first_name="Kim"), "request_call")
    assert "which number" in answer.text.casefold()
    assert "212" not in answer.text


def test_a_proof_too_weak_for_addresses_reads_out_neither_number_nor_address(attack: Attack) -> None:
    kim = attack.by_link(attack.phone())
    call = attack.say(kim, "request_call")
    assert "…87" in call.text
    assert KIMS_NUMBER not in call.text
    me = attack.say(kim, "who_am_i")
    assert "Kim Lee" in me.text
    assert KIM not in me.text
    assert KIMS_NUMBER not in me.text
    assert SURER in attack.say(kim, "invoice_copy").text
    assert KIM in attack.say(attack.by_code(kim, known=True), "who_am_i").text


def test_an_invoice_offered_is_not_given_out_once_the_proof_is_too_old(attack: Attack) -> None:
    kim = attack.by_code(attack.phone())
    offered = attack.say(kim, "invoice_copy")
    label = next(label for label in offered.labels if label.startswith("INV-"))
    attack.rig.clock.advance(days=1, seconds=1)
    pressed = attack.press(kim, offered, label)
    assert SURER in pressed.text
    assert ".pdf" not in pressed.text


def test_a_ticket_cannot_be_closed_with_a_button_from_before_the_proof_grew_old(attack: Attack) -> None:
    kim = attack.by_link(attack.phone())
    opened = attack.say(kim, "talk_to_human")
    number = re.findall(r"T-\d+", opened.text)[0]
    shown = attack.say(kim, "show_tickets", ticket_number=number)
    attack.rig.clock.advance(days=25)
    shown = attack.say(kim, "show_tickets", ticket_number=number)
    attack.rig.clock.advance(days=5, seconds=1)
    pressed = attack.press(kim, shown, CLOSE)
    assert number in attack.open_tickets(KIM)
    assert "T-" not in pressed.text


def test_a_new_address_asked_for_waits_for_a_proof_that_is_young_enough(attack: Attack) -> None:
    kim = attack.by_code(attack.phone())
    attack.say(kim, "change_address")
    attack.rig.clock.advance(days=1, seconds=1)
    before = attack.open_tickets(KIM)
    assert SURER in attack.type(kim, "12 Elm Street, Springfield, IL 62704").text
    assert attack.open_tickets(KIM) == before


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
    attack.type(kim, "the secret of somebody else")
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


@pytest.mark.parametrize("days", [3, 30])
def test_a_link_that_is_too_old_signs_nobody_in(attack: Attack, days: int) -> None:
    token = attack.link()
    attack.rig.clock.advance(days=days)
    mal = attack.phone(first_name="Mal")
    assert "has been used or is too old" in attack.type(mal, f"/start {token}").text
    assert SIGN_IN in attack.say(mal, "show_tickets").text


def test_a_used_link_does_not_turn_a_customer_into_another(attack: Attack) -> None:
    token = attack.link()
    attack.type(attack.phone(), f"/start {token}")
    jo = attack.by_code(attack.phone(first_name="Jo"), JO)
    assert "has been used" in attack.type(jo, f"/start {token}").text
    assert "Jo" in attack.say(jo, "who_am_i").text


def test_who_writes_in_a_group_proves_and_presses_nothing_there(attack: Attack) -> None:
    kim = attack.by_link(attack.phone())
    offered = attack.say(kim, "help")
    group = {"id": -100777, "type": "supergroup", "title": "Friends"}
    token = attack.link()
    mal = attack.phone(first_name="Mal")
    contact = {"phone_number": KIMS_NUMBER, "first_name": "X", "user_id": mal.number}
    for content in ({"text": f"/start {token}"}, {"contact": contact}, {"text": str(Command("order_status"))}):
        attack.platform.push(message=mal.message(**content) | {"chat": group})
        attack.platform.push(edited_message=mal.message(edit_date=1, **content) | {"chat": group})
    press = {"id": "g1", "from": kim.user, "chat_instance": "1", "data": offered.data(offered.labels[0])}
    attack.platform.push(callback_query=press | {"message": kim.message(text="x") | {"chat": group}})
    channel = {"id": -100778, "type": "channel", "title": "News"}
    attack.platform.push(message=mal.message(text=str(Command("order_status"))) | {"chat": channel})
    assert SIGN_IN in attack.say(mal, "order_status").text
    told = {sent.text for sent in attack.platform.sent if sent.chat < 0}
    assert not any("ORD-" in text or "Kim" in text for text in told)
    assert "Thank you" in attack.type(attack.phone(), f"/start {token}").text, "the group has not spent the link"


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
