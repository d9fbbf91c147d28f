"""Opening, numbering, listing and closing tickets."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from actions.ticket_sorting import category_of, complaint_category_of, priority_of
from crm_store.models import Ticket, TicketMessage, TicketPriority, TicketStatus
from tests.assistants import Heard, Rig, Speaker

KIM = "customer:kim@example.com"


def ask(speaker: Speaker, intent: str, **entities: str) -> Heard:
    return speaker.say(f"/{intent}{json.dumps(entities)}" if entities else f"/{intent}")


def latest(rig: Rig) -> Ticket:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        return uow.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()


def test_numbers_go_on_after_the_highest_even_for_those_who_see_no_tickets(rig: Rig) -> None:
    before = int(latest(rig).number.removeprefix("T-"))
    ask(rig.speaker("visitor"), "open_ticket", subject="the colours are swapped", answer="anyway")
    ask(rig.speaker(KIM), "open_ticket", subject="the colours are swapped", answer="anyway")
    assert int(latest(rig).number.removeprefix("T-")) == before + 2


def test_tickets_written_together_get_numbers_of_their_own(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        new = [Ticket(subject=f"problem {i}", created_at=rig.clock()) for i in range(3)]
        uow.session.add_all(new)
        uow.commit()
    assert len({ticket.number for ticket in new}) == 3


def test_a_ticket_keeps_the_customers_words_and_who_wrote_them(rig: Rig) -> None:
    kim = rig.speaker(KIM)
    assert "What is the problem" in ask(kim, "open_ticket").text
    words = "The <b>schedule</b> shows the wrong colours; it's urgent, nobody can work. '; DROP TABLE ticket;--"
    kim.say(words)
    ticket = latest(rig)
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        (message,) = uow.session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == ticket.id))
    assert message.text == words
    assert (message.author_contact_id, message.internal) == (ticket.contact_id, False)
    assert ticket.priority is TicketPriority.URGENT


def test_ten_thousand_characters_become_a_short_subject_and_a_long_message(rig: Rig) -> None:
    kim = rig.speaker(KIM)
    ask(kim, "open_ticket")
    kim.say("the map stays empty 🤯 " * 500)
    ticket = latest(rig)
    assert len(ticket.subject) <= 120
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        (message,) = uow.session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == ticket.id))
    assert 3_000 < len(message.text) <= 4_000


@pytest.mark.parametrize("said", ["?", "12345", "🤯🤯🤯", "a b"])
def test_a_problem_without_words_is_asked_for_again(rig: Rig, said: str) -> None:
    kim = rig.speaker(KIM)
    ask(kim, "open_ticket")
    assert "too short" in kim.say(said).text


def test_an_article_that_answers_is_shown_before_the_ticket_is_opened(rig: Rig) -> None:
    before = latest(rig).id
    kim = rig.speaker(KIM)
    shown = ask(kim, "open_ticket", subject="label printer is offline")
    assert 'Source: help centre, "Label printer is offline"' in shown.text
    assert latest(rig).id == before
    opened = kim.press(shown.token("Open the ticket anyway"))
    assert "I've opened T-" in opened.text
    assert latest(rig).subject == "label printer is offline"
    assert "already done" in kim.press(shown.token("Open the ticket anyway")).text


def test_a_colleague_opens_one_for_the_company_they_name_without_being_taught(rig: Rig) -> None:
    answer = ask(rig.speaker("sam"), "open_ticket", subject="label printer is offline", account="Globex")
    assert "Opened T-" in answer.text
    assert "Globex" in answer.text
    assert latest(rig).contact_id is None


def test_closing_is_noted_once_and_can_be_undone(rig: Rig) -> None:
    nora = rig.speaker("nora")
    number = latest(rig).number
    closed = ask(nora, "close_ticket", ticket_number=number)
    assert f"Closed {number}" in closed.text or "already closed" in closed.text
    assert "already closed" in ask(nora, "close_ticket", ticket_number=number).text
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        ticket = uow.session.scalars(select(Ticket).where(Ticket.number == number)).one()
    assert ticket.status is TicketStatus.CLOSED
    assert ticket.solved_at is not None


def test_a_support_agents_list_is_narrowed_by_whose_it_is(rig: Rig) -> None:
    everybodys = ask(rig.speaker("sam"), "show_tickets").text
    own = ask(rig.speaker("sam"), "show_tickets", scope="my").text
    other = ask(rig.speaker("sam"), "show_tickets", person="nora").text
    assert "Nora Quinn" in everybodys
    assert "Nora Quinn" not in own
    assert "Sam Okafor" not in other


def test_a_marketer_has_no_part_in_support_and_sees_no_tickets(rig: Rig) -> None:
    assert "isn't part of your role" in ask(rig.speaker("mia"), "show_tickets").text


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I was charged twice on the invoice", "billing"),
        ("my parcel never arrived", "shipping"),
        ("I can't log in any more", "account"),
        ("the map is upside down", "product"),
        ("", "product"),
    ],
)
def test_the_words_say_what_a_ticket_is_about(text: str, category: str) -> None:
    assert category_of(text) == category


@pytest.mark.parametrize(
    ("text", "category"),
    [("I want my money back", "refund"), ("take it back", "return"), ("you are rude", "complaint")],
)
def test_the_words_say_what_a_complaint_wants(text: str, category: str) -> None:
    assert complaint_category_of(text) == category


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("not urgent, a typo on the start page", TicketPriority.LOW),
        ("it smells like smoke", TicketPriority.URGENT),
        ("you'll hear from our solicitor", TicketPriority.URGENT),
        ("second time this month: the app crashes", TicketPriority.HIGH),
        ("the map is upside down", TicketPriority.NORMAL),
    ],
)
def test_the_words_say_how_urgent_it_is(text: str, priority: TicketPriority) -> None:
    assert priority_of(text) is priority
