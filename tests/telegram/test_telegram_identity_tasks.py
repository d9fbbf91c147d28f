"""Attacks on a customer's tasks as they come over Telegram: strangers, others' numbers, proofs too weak or too old."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from sqlalchemy import select

from actions.call import Command
from crm_store.models import Invoice, Order, OrderLine, Product, Ticket
from tests.telegram.attack import JO, KIM, KIMS_NUMBER, Attack

CLOSE = "Close a ticket"
SIGN_IN, SURER = "Please sign in first", "surer that it's you"

OWN: tuple[tuple[str, dict[str, str]], ...] = (
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
    assert SURER in attack.write(kim, "12 Elm Street, Springfield, IL 62704").text
    assert attack.open_tickets(KIM) == before


@pytest.mark.parametrize("days", [3, 30])
def test_a_link_that_is_too_old_signs_nobody_in(attack: Attack, days: int) -> None:
    token = attack.link()
    attack.rig.clock.advance(days=days)
    mal = attack.phone(first_name="Mal")
    assert "has been used or is too old" in attack.write(mal, f"/start {token}").text
    assert SIGN_IN in attack.say(mal, "show_tickets").text


def test_a_used_link_does_not_turn_a_customer_into_another(attack: Attack) -> None:
    token = attack.link()
    attack.write(attack.phone(), f"/start {token}")
    jo = attack.by_code(attack.phone(first_name="Jo"), JO)
    assert "has been used" in attack.write(jo, f"/start {token}").text
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
    assert "Thank you" in attack.write(attack.phone(), f"/start {token}").text, "the group has not spent the link"


def test_a_subscription_is_that_of_whoever_has_proven_who_they_are(attack: Attack) -> None:
    asked = {"product": "which subscriptions do we have?"}
    yearly = select(OrderLine).join(OrderLine.product).where(Product.recurring).order_by(OrderLine.id)
    product = attack.rows(yearly)[0].product_id
    newest = attack.rows(select(Order.id).where(Order.contact_id == attack.contact(KIM)).order_by(Order.id.desc()))[0]
    with attack.rig.assistant.store.unit_of_work(now=attack.rig.clock()) as uow:
        for line in uow.session.scalars(select(OrderLine).where(OrderLine.order_id == newest)):
            line.product_id, line.quantity = product, 4711
        uow.commit()
    kim, jo = attack.by_code(attack.phone()), attack.by_code(attack.phone(first_name="Jo"), JO)
    assert "4711" in attack.say(kim, "order_status", **asked).text
    for words in ({}, {"order_number": attack.numbers(Order)[0]}, {"company": "Kim Lee"}):
        assert "4711" not in attack.say(jo, "order_status", **asked, **words).text


def test_a_price_is_that_of_the_list_whoever_asks(attack: Attack) -> None:
    lines = attack.rows(select(OrderLine).join(OrderLine.product).order_by(OrderLine.id))
    product = attack.rows(select(Product).where(Product.id == lines[0].product_id))[0]
    with attack.rig.assistant.store.unit_of_work(now=attack.rig.clock()) as uow:
        for line in uow.session.scalars(select(OrderLine).where(OrderLine.product_id == product.id)):
            line.unit_price = Decimal("77.31")
        uow.commit()
    asked = {"product": f"how much is the {product.name}?"}
    stranger = attack.say(attack.phone(first_name="Mal"), "ask_question", **asked)
    kim = attack.say(attack.by_code(attack.phone()), "ask_question", **asked)
    assert product.name in stranger.text
    assert stranger.text == kim.text
    assert "77" not in stranger.text
