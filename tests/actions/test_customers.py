"""What customers and visitors can find out and leave behind, and what they cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from crm_store.models import Article, Contact, Invoice, Order, OrderStatus, Ticket, TicketMessage, UnansweredQuestion
from tests.assistants import Heard, Rig, Speaker

KIM, JO, VISITOR = "customer:kim@example.com", "customer:jo@example.com", "visitor"


def ask(speaker: Speaker, intent: str, **entities: str) -> Heard:
    return speaker.say(f"/{intent}{json.dumps(entities)}" if entities else f"/{intent}")


def number_of(rig: Rig, cls: type[Order] | type[Invoice] | type[Ticket], email: str) -> str:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        query = select(cls.number).join(Contact, cls.contact_id == Contact.id).where(Contact.email == email)
        return uow.session.scalars(query.order_by(cls.id.desc())).first() or ""


def tickets(rig: Rig, **fields: object) -> list[Ticket]:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        return list(uow.session.scalars(select(Ticket).filter_by(**fields)))


def messages(rig: Rig, ticket: Ticket) -> list[tuple[bool, str]]:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        rows = uow.session.scalars(
            select(TicketMessage).where(TicketMessage.ticket_id == ticket.id).order_by(TicketMessage.id)
        )
        return [(message.internal, message.text) for message in rows]


@pytest.mark.parametrize(
    ("intent", "entity", "cls", "missing"),
    [
        ("order_status", "order_number", Order, "ORD-98765"),
        ("invoice_copy", "invoice_number", Invoice, "INV-98765"),
        ("invoice_copy", "order_number", Order, "ORD-98765"),
        ("show_tickets", "ticket_number", Ticket, "T-98765"),
        ("close_ticket", "ticket_number", Ticket, "T-98765"),
    ],
)
def test_what_belongs_to_somebody_else_is_answered_like_what_does_not_exist(
    rig: Rig, intent: str, entity: str, cls: type[Order], missing: str
) -> None:
    theirs = number_of(rig, cls, "kim@example.com")
    jo = rig.speaker(JO)
    refused, unknown = ask(jo, intent, **{entity: theirs}), ask(jo, intent, **{entity: missing})
    assert theirs in refused.text
    assert refused.text.replace(theirs, missing) == unknown.text
    assert (refused.labels, refused.error, refused.json["files"]) == (unknown.labels, unknown.error, [])


@pytest.mark.parametrize("kind", ["order", "invoice", "ticket"])
def test_a_reference_to_somebody_elses_record_opens_nothing(rig: Rig, kind: str) -> None:
    intents = {"order": "order_status", "invoice": "invoice_copy", "ticket": "show_tickets"}
    cls = Order if kind == "order" else Invoice if kind == "invoice" else Ticket
    number = number_of(rig, cls, "kim@example.com")
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        record_id = uow.session.scalars(select(cls.id).where(cls.number == number)).one()
    answer = ask(rig.speaker(JO), intents[kind], ref=f"{kind}:{record_id}")
    assert number not in answer.text
    assert not answer.json["files"]


@pytest.mark.parametrize("request_", ["order_status", "invoice_copy", "show_tickets", "close_ticket"])
def test_a_visitor_is_asked_to_sign_in_before_anything_is_looked_up(rig: Rig, request_: str) -> None:
    visitor = rig.speaker(VISITOR)
    existing = ask(visitor, request_, order_number=number_of(rig, Order, "kim@example.com"))
    assert "Please sign in first" in existing.text
    assert ask(visitor, request_).text == existing.text


def test_an_invoice_comes_as_a_pdf_under_its_number(rig: Rig) -> None:
    number = number_of(rig, Invoice, "kim@example.com")
    kim = rig.speaker(KIM)
    answer = ask(kim, "invoice_copy", invoice_number=number.removeprefix("INV-"))
    (path,) = map(Path, answer.json["files"])
    assert path.read_bytes().startswith(b"%PDF-")
    assert answer.exchange.body["parts"][-1]["name"] == f"{number}.pdf"
    again = ask(kim, "invoice_copy", invoice_number=number)
    assert again.json["files"] == answer.json["files"]


def test_a_month_without_a_year_is_the_one_that_has_been(rig: Rig) -> None:
    kim = rig.speaker(KIM)
    assert "Mar 4, 2026" in ask(kim, "invoice_copy", date="March").text
    assert "Mar 4, 2026" in ask(kim, "invoice_copy", date="3 March").text  # when it was ordered
    # The engine reads "March" as the next one; no invoice is from the future.
    assert "Mar 4, 2026" in ask(kim, "invoice_copy", date="2027-03-01/2027-04-01").text


def test_an_order_that_is_late_is_called_late(rig: Rig) -> None:
    jo = rig.speaker(JO)
    assert "late" not in ask(jo, "order_status").text
    rig.clock.advance(days=4)
    answer = ask(jo, "order_status")
    assert "it is late" in answer.text
    assert "Report a problem" in answer.labels


def test_internal_notes_stay_inside(rig: Rig) -> None:
    number = number_of(rig, Ticket, "kim@example.com")
    (ticket,) = tickets(rig, number=number)
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        uow.session.add(
            TicketMessage(ticket_id=ticket.id, internal=True, text="do not tell: renewal at risk", at=rig.clock())
        )
        uow.commit()
    told = ask(rig.speaker(KIM), "show_tickets", ticket_number=number)
    assert number in told.text
    assert "renewal at risk" not in told.text
    assert "internal" not in told.text
    assert "renewal at risk" in ask(rig.speaker("nora"), "show_tickets", ticket_number=number).text


def test_an_article_is_counted_as_helpful_once(rig: Rig) -> None:
    def helpful() -> int:
        with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
            return uow.session.scalars(select(Article.helpful).where(Article.key == "reset-password")).one()

    before = helpful()
    kim = rig.speaker(KIM)
    answer = ask(kim, "ask_question", topic="reset-password")
    assert "Source: help centre" in answer.text
    token = answer.token("Yes")
    assert "Good to hear" in kim.press(token).text
    assert "already done" in kim.press(token).text
    assert "already done" in kim.press(answer.token("No")).text
    assert helpful() == before + 1


def test_a_question_without_an_answer_is_kept(rig: Rig) -> None:
    answer = ask(rig.speaker(VISITOR), "ask_question")
    assert "I don't know" in answer.text
    assert {"Talk to a human", "Open a ticket"} <= set(answer.labels)
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        (question,) = uow.session.scalars(select(UnansweredQuestion))
    assert question.text == "/ask_question"
    assert question.asked_by.startswith("anonymous:")


def test_a_visitors_wish_for_a_person_is_one_ticket_with_the_talk_in_it(rig: Rig) -> None:
    visitor = rig.speaker(VISITOR)
    ask(visitor, "opening_hours")
    assert "passed our conversation on" in ask(visitor, "talk_to_human").text
    assert "already has our conversation" in ask(visitor, "talk_to_human").text
    (ticket,) = tickets(rig, category="handover")
    assert ticket.contact_id is None
    (_, first), (internal, transcript), *_ = messages(rig, ticket)
    assert first == "/talk_to_human"
    assert internal
    assert "Assistant: Brightwater is open" in transcript


def test_another_visitor_in_another_conversation_gets_a_ticket_of_their_own(rig: Rig) -> None:
    for _ in range(2):
        assert "passed our conversation on" in ask(rig.speaker(VISITOR), "talk_to_human").text
    assert len(tickets(rig, category="handover")) == 2


def test_a_known_and_an_unknown_address_get_the_same_answer(rig: Rig) -> None:
    known = ask(rig.speaker(VISITOR), "sign_in", email="kim@example.com")
    unknown = ask(rig.speaker(VISITOR), "sign_in", email="nobody@example.net")
    assert (known.text, known.labels) == (unknown.text, unknown.labels)


def test_a_deletion_request_waits_for_a_yes_and_can_be_taken_back(rig: Rig) -> None:
    kim = rig.speaker(KIM)
    assert "Shall I do it?" in ask(kim, "forget_me").text
    assert not tickets(rig, category="privacy")
    done = kim.say("Confirm")
    assert "Done" in done.text
    (ticket,) = tickets(rig, category="privacy")
    assert ticket.subject == "Delete the personal data of Kim Lee"
    kim.press(done.token("Undo"))
    assert not tickets(rig, category="privacy")
    assert "Shall I do it?" in ask(kim, "forget_me").text


def test_no_money_is_promised_whatever_is_asked_for(rig: Rig) -> None:
    kim = rig.speaker(KIM)
    assert "What went wrong" in ask(kim, "complaint").text
    answer = kim.say("I want my money back, it is broken")
    assert "can't decide about money" in answer.text
    (ticket,) = tickets(rig, category="refund")
    assert messages(rig, ticket)[0] == (False, "I want my money back, it is broken")


@pytest.mark.parametrize("intent", ["order_status", "invoice_copy", "close_ticket", "complaint", "forget_me"])
def test_a_marketer_is_told_that_it_is_not_theirs(rig: Rig, intent: str) -> None:
    assert "isn't part of your role" in ask(rig.speaker("mia"), intent).text


@pytest.mark.parametrize("intent", ["close_ticket", "forget_me"])
def test_a_sales_rep_is_told_that_it_is_not_theirs(rig: Rig, intent: str) -> None:
    assert "isn't part of your role" in ask(rig.speaker("dana"), intent).text


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (OrderStatus.PACKED, "A colleague checks whether it has left us already"),
        (OrderStatus.DELIVERED, "has arrived already, so it is a return"),
        (OrderStatus.CANCELLED, "is cancelled already"),
    ],
)
def test_what_cancelling_comes_to_depends_on_where_the_order_is(rig: Rig, status: OrderStatus, answer: str) -> None:
    number, before = number_of(rig, Order, "kim@example.com"), len(tickets(rig))
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        uow.session.scalars(select(Order).where(Order.number == number)).one().status = status
        uow.commit()
    heard = ask(rig.speaker(KIM), "complaint", reason=f"please cancel order {number}", order_number=number)
    assert number in heard.text
    assert answer in heard.text
    assert len(tickets(rig)) - before == (status is not OrderStatus.CANCELLED)
