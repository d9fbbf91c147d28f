"""Customers' further tasks, and what support keeps: addresses, calls, prices, articles, consent, privacy, measures."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from actions.postal_addresses import read_address
from crm_store import personal_data
from crm_store.article_verdicts import questions_that_helped
from crm_store.consents import may_be_messaged
from crm_store.models import (
    Address,
    Article,
    ArticleVerdict,
    ConsentPurpose,
    Contact,
    Deal,
    JournalChange,
    Message,
    Order,
    PrivacyAct,
    SessionEnd,
    SupportEvent,
    SupportEventKind,
    Tag,
    Ticket,
    TicketMessage,
    UnansweredQuestion,
    UnansweredReason,
)
from tests.assistants import NOW, Heard, Rig

KIM = "customer:kim@example.com"


def say(rig: Rig, who: str, intent: str, *, conversation: str | None = None, **entities: str) -> Heard:
    return rig.speaker(who, conversation=conversation).say(f"/{intent}{json.dumps(entities)}")


def kim(rig: Rig) -> int:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.scalars(select(Contact.id).where(Contact.email == "kim@example.com")).one()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("5 Elm Street, Troy, NY 12180", ("5 Elm Street", "Troy NY", "12180", "")),
        ("my address is now 14 Harbour Road, Bristol BS1 5TT, UK", ("14 Harbour Road", "Bristol", "BS1 5TT", "UK")),
        ("we moved to Hauptstrasse 9, 10115 Berlin", ("Hauptstrasse 9", "Berlin", "10115", "")),
        ("ship to PO Box 45, Dover, DE 19901 from now on please", ("PO Box 45", "Dover DE", "19901", "")),
    ],
)
def test_an_address_is_read_in_its_parts(said: str, expected: tuple[str, ...]) -> None:
    found = read_address(said)
    assert found is not None
    assert (found.street, found.city, found.postcode, found.country) == expected


@pytest.mark.parametrize("said", ["my address has changed", "Elm Street", "Troy, NY", "12", "", "I moved, 2026"])
def test_half_an_address_is_none(said: str) -> None:
    assert read_address(said) is None


def test_a_new_address_waits_for_a_colleague_who_sees_old_and_new(rig: Rig) -> None:
    asked = say(rig, KIM, "change_address", note="5 Elm Street, Troy, NY 12180")
    assert "5 Elm Street" in asked.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        ticket = uow.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
        assert (ticket.category, ticket.contact_id) == ("address", kim(rig))
        ref, number = str(ticket.ref), ticket.number
        assert not uow.session.scalars(select(Address).where(Address.street == "5 Elm Street")).all()
    agent = rig.speaker("sam")
    shown = agent.say(f'/show_tickets{{"ref": "{ref}"}}')
    offered = agent.press(shown.token("Change my address"))
    assert "New: 5 Elm Street" in offered.text
    done = agent.press(offered.token("Apply the new address"))
    assert "5 Elm Street" in done.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        address = uow.session.scalars(select(Address).where(Address.contact_id == kim(rig))).one()
        assert (address.street, address.city, address.postcode) == ("5 Elm Street", "Troy NY", "12180")
        assert uow.session.scalars(select(Ticket.status).where(Ticket.number == number)).one() == "solved"
        written = select(JournalChange).where(JournalChange.record_kind == "address")
        (change,) = uow.session.scalars(written)
        assert (change.operation, change.after["street"]) == ("create", "5 Elm Street")
    again = agent.press(offered.token("Apply the new address"))
    assert "5 Elm Street" not in again.text or "already" in again.text


def test_a_changed_address_is_in_the_journal_with_what_it_was_and_can_be_taken_back(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.add(Address(contact_id=kim(rig), street="1 Old Road", city="Troy", postcode="12180", country="US"))
        uow.commit()
    agent = rig.speaker("sam")
    person = json.dumps({"contact": "Kim Lee", "answer": "yes", "note": "5 Elm Street, Troy, NY 12180"})
    changed = agent.say(f"/change_address{person}")
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        last = select(JournalChange).where(JournalChange.record_kind == "address").order_by(JournalChange.id.desc())
        change = uow.session.scalars(last.limit(1)).one()
        assert (change.before["street"], change.after["street"]) == ("1 Old Road", "5 Elm Street")
    undone = agent.press(changed.token("Undo"))
    assert "1 Old Road" in undone.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.scalars(select(Address.street).where(Address.contact_id == kim(rig))).all() == ["1 Old Road"]


@pytest.mark.parametrize("intent", ["change_address", "order_status", "show_tickets", "invoice_copy"])
def test_a_visitor_is_asked_who_they_are_first(rig: Rig, intent: str) -> None:
    heard = say(rig, "visitor", intent, note="5 Elm Street, Troy, NY 12180", order_number="ORD-10423")
    assert "sign in" in heard.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert not uow.session.scalars(select(Ticket).where(Ticket.category == "address")).all()


def test_a_customer_cannot_name_somebody_elses_ticket_or_contact_to_change_an_address(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        other = uow.session.scalars(select(Contact).where(Contact.id != kim(rig)).limit(1)).one()
        before = {a.id: a.street for a in uow.session.scalars(select(Address))}
        ref = str(other.ref)
    say(rig, KIM, "change_address", contact=ref, ref=ref, answer="yes", note="5 Elm Street, Troy, NY 12180")
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert {a.id: a.street for a in uow.session.scalars(select(Address))} == before
        asked = uow.session.scalars(select(Ticket).where(Ticket.category == "address")).one()
        assert asked.contact_id == kim(rig)


def test_a_call_is_noted_at_a_time_somebody_is_there(rig: Rig) -> None:
    heard = say(rig, KIM, "request_call", date="2026-11-19T15:00")
    assert "we'll call you" in heard.text
    closed = say(rig, KIM, "request_call", date="2026-11-21T15:00")
    assert "Nobody is here then" in closed.text
    past = say(rig, KIM, "request_call", date="2026-11-17T15:00")
    assert "over" in past.text


def test_a_visitor_who_wants_a_call_is_asked_for_a_number(rig: Rig) -> None:
    visitor = rig.speaker("visitor")
    assert "Which number" in visitor.say("/request_call{}").text
    assert "+15185550133" in visitor.say('/request_call{"phone": "+1 518 555 0133"}').text


def test_prices_come_from_the_catalogue(rig: Rig) -> None:
    heard = say(rig, "visitor", "ask_question", words="how much is the RT-8 tablet?")
    assert "689 USD" in heard.text
    assert "RT-10" not in heard.text
    listed = say(rig, "visitor", "ask_question", words="what products do you sell?")
    assert "Brightwater Insights" in listed.text


def test_a_stop_is_kept_and_a_yes_to_offers_too(rig: Rig) -> None:
    say(rig, KIM, "set_nudges", words="please stop sending me messages")
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        allowed = [may_be_messaged(uow.session, contact_id=kim(rig), purpose=each) for each in ConsentPurpose]
        assert not any(allowed)
    rig.clock.advance(minutes=1)
    heard = say(rig, KIM, "set_nudges", words="you may send me offers and news")
    assert "offers and news" in heard.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert may_be_messaged(uow.session, contact_id=kim(rig), purpose=ConsentPurpose.MARKETING)
        assert not may_be_messaged(uow.session, contact_id=kim(rig), purpose=ConsentPurpose.SURVEY)


def test_an_article_is_written_shown_and_published_after_a_yes_and_found_at_once(rig: Rig) -> None:
    agent = rig.speaker("sam")
    asked = agent.say('/manage_article{"answer": "write", "subject": "Borrowing a zeppelin"}')
    assert "What should it say" in asked.text
    shown = agent.say("Zeppelins are lent on Fridays.")
    assert "Zeppelins are lent on Fridays" in shown.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert not uow.session.scalars(select(Article).where(Article.title == "Borrowing a zeppelin")).all()
    agent.press(shown.token("Confirm"))
    heard = say(rig, "visitor", "ask_question", words="borrowing a zeppelin")
    assert "Borrowing a zeppelin" in heard.text + str(heard.labels)


def test_an_article_is_edited_and_an_old_version_restored(rig: Rig) -> None:
    agent = rig.speaker("sam")
    shown = agent.say('/manage_article{"answer": "edit", "subject": "Refunds", "note": "No refunds at all."}')
    agent.press(shown.token("Confirm"))
    versions = agent.say('/manage_article{"answer": "versions", "subject": "Refunds"}')
    assert "No refunds at all." in versions.text
    proposed = agent.press(versions.token("Restore version 1"))
    agent.press(proposed.token("Confirm"))
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        article = uow.session.scalars(select(Article).where(Article.title == "Refunds")).one()
        assert "30 days" in article.body


def test_a_rep_does_not_write_articles(rig: Rig) -> None:
    heard = say(rig, "dana", "manage_article", answer="write", subject="X", note="Y")
    assert heard.error == "not_for_role"


def test_a_question_becomes_an_articles_own_when_two_people_say_it_helped(rig: Rig) -> None:
    talk = say_and_find_conversation(rig)
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        article = uow.session.scalars(select(Article).limit(1)).one()

        def verdict(who: str, *, helpful: bool) -> None:
            row = ArticleVerdict(article_id=article.id, conversation_id=talk, helpful=helpful, said_by=who)
            row.question, row.at = "Where is my zeppelin?", NOW
            uow.session.add(row)
            uow.flush()

        verdict("contact:1", helpful=True)
        verdict("contact:1", helpful=True)
        assert questions_that_helped(uow.session) == {}
        verdict("contact:2", helpful=True)
        assert questions_that_helped(uow.session) == {article.id: ("Where is my zeppelin?",)}
        verdict("contact:3", helpful=False)
        assert questions_that_helped(uow.session) == {}


def say_and_find_conversation(rig: Rig) -> int:
    say(rig, KIM, "greet")
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.scalars(select(Message.conversation_id).limit(1)).one()


def test_titles_are_offered_instead_of_a_guess_and_none_of_these_leads_to_people(rig: Rig) -> None:
    visitor = rig.speaker("visitor")
    unsure = visitor.say('/ask_question{"words": "our printer prints everything twice today, what now"}')
    assert "Is it one of these?" in unsure.text
    assert 1 <= len(set(unsure.labels) - {"None of these", "Talk to a human", "Open a ticket"}) <= 3
    assert "Talk to a human" in visitor.press(unsure.token("None of these")).labels


def test_the_questions_without_an_article_are_listed_for_support_only(rig: Rig) -> None:
    conversation = say_and_find_conversation(rig)
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        for who in ("contact:1", "contact:2"):
            uow.session.add(
                UnansweredQuestion(
                    conversation_id=conversation,
                    text="do you rent out zeppelins",
                    at=NOW - timedelta(days=1),
                    asked_by=who,
                    reason=UnansweredReason.NOTHING,
                )
            )
        uow.commit()
    heard = say(rig, "sam", "support_report", topic="missing")
    assert "do you rent out zeppelins" in heard.text
    assert say(rig, "dana", "support_report", topic="missing").error == "not_for_role"


def test_the_support_report_has_figures_and_a_chart(rig: Rig) -> None:
    heard = say(rig, "morgan", "support_report")
    assert "Tickets opened" in heard.text
    assert any(part["type"] == "picture" for part in heard.json["parts"]) if "parts" in heard.json else True


def test_erasing_a_customer_shows_first_and_leaves_nothing_behind(rig: Rig) -> None:
    say(rig, KIM, "open_ticket", subject="the export button does nothing", answer="anyway")
    admin = rig.speaker("alex")
    preview = admin.say('/forget_me{"email": "kim@example.com"}')
    assert "cannot be undone" in preview.text
    number = kim(rig)
    done = admin.press(preview.token("Erase it for good"))
    assert "Proof" in done.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        contact = uow.session.get_one(Contact, number)
        assert contact.email is None
        assert "Kim" not in contact.name
        assert not may_be_messaged(uow.session, contact_id=number, purpose=ConsentPurpose.SERVICE)
        assert uow.session.scalars(select(Order).where(Order.contact_id == number)).all()
        texts = uow.session.scalars(select(TicketMessage.text).join(Ticket).where(Ticket.contact_id == number)).all()
        assert set(texts) <= {personal_data.ERASED}
        (act,) = uow.session.scalars(select(PrivacyAct))
        assert (act.subject, act.kind) == (f"contact:{number}", "erase")
        content, _ = personal_data.export(uow.session, number, now=NOW, by="test")
        assert "kim@example.com" not in content
        assert "export button" not in content


def test_erasing_takes_the_person_out_of_deals_tags_the_desks_figures_and_browsers(rig: Rig) -> None:
    number = kim(rig)
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        contact = uow.session.get_one(Contact, number)
        deal = uow.session.scalars(select(Deal).where(Deal.account_id == contact.account_id)).first()
        deal = deal or uow.session.scalars(select(Deal)).first()
        assert deal is not None
        deal.contact_id, deal.name, deal.next_step = number, "Kim Lee training", "Call kim, then kim@example.com"
        contact.tags.append(Tag(name="needs care"))
        address = Address(contact_id=number, street="1 Old Road", city="Troy", postcode="12180", country="US")
        uow.add(address)
        event = SupportEvent(key="x", kind=SupportEventKind.CSAT_ANSWERED, at=NOW, contact_id=number, data={"score": 5})
        uow.session.add(event)
        uow.session.flush()
        deal_id, event_id = deal.id, event.id
        uow.commit()
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        personal_data.erase(uow.session, number, now=NOW, by="test")
        personal_data.erase(uow.session, number, now=NOW, by="test")
        uow.commit()
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.get_one(Deal, deal_id)
        assert (deal.contact_id, deal.name) == (None, f"contact {number} training")
        assert deal.next_step == f"Call contact {number}, then contact {number}"
        assert deal.name_key == f"contact {number} training"
        changes = uow.session.scalars(select(JournalChange)).all()
        written = [json.dumps([change.before, change.after]) for change in changes if change.record_id == deal_id]
        assert not [text for text in written if "Kim Lee" in text or "kim@" in text]
        assert not [change for change in changes if change.record_kind == "address" and change.after]
        assert uow.session.get_one(Contact, number).tags == []
        kept = uow.session.get_one(SupportEvent, event_id)
        assert (kept.contact_id, kept.data) == (None, {"score": 5})
        assert uow.session.get_one(SessionEnd, number).at == NOW


def test_the_last_days_of_a_support_report_include_today(rig: Rig) -> None:
    opened = re.compile(r"Tickets opened\D*(\d+)")
    before = opened.search(say(rig, "morgan", "support_report").text)
    for _ in range(3):
        say(rig, KIM, "open_ticket", subject="the export button does nothing", answer="anyway")
    after = opened.search(say(rig, "morgan", "support_report").text)
    assert before is not None
    assert after is not None
    assert int(after[1]) == int(before[1]) + 3


def test_nobody_but_administrators_exports_a_customer(rig: Rig, tmp_path: Path) -> None:
    assert say(rig, "sam", "forget_me", email="kim@example.com").error == "not_for_role"
    heard = say(rig, "alex", "forget_me", email="kim@example.com", answer="export")
    assert "SHA-256" in heard.text
