"""Who somebody is: what opens a customer's data, for how long, and what gets nobody in."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from actions.call import Command
from bot.code_mail import mail_due_codes
from bot.inbox import receive
from bot.mail import MailNotSent
from bot.messages import InboundMessage
from bot.talking import Exchange
from crm_store.models import ChannelIdentity, Contact, ContactLink, Inbox, Invoice, Message, Order, Outbox, ProofCode
from crm_store.proof_kinds import DataClass, ProofMethod
from tests.assistants import Heard, Rig

KIM, JO = "kim@example.com", "jo@example.com"
ORDER, INVOICE = str(Command("order_status")), str(Command("invoice_copy"))


@dataclass
class Letters:
    """A mail server that keeps what it was given."""

    taken: list[tuple[str, str, str]] = field(default_factory=list)
    failures: int = 0

    async def send(self, email: str, *, subject: str, text: str) -> None:
        if self.failures:
            self.failures -= 1
            raise MailNotSent("busy")
        self.taken.append((email, subject, text))

    def code(self) -> str:
        """The code of the latest letter."""
        found = re.search(r"\d{6}", self.taken[-1][2])
        assert found is not None
        return found[0]


@dataclass
class Chat:
    """A private chat of somebody the channel knows nothing about."""

    rig: Rig
    name: str
    letters: Letters = field(default_factory=Letters)
    said: int = 0

    def say(self, text: str = "", *, token: str | None = None, **signal: Any) -> Heard:
        """Say, press or signal something and return the answer; letters that are due go out after it."""
        assistant, now = self.rig.assistant, self.rig.clock()
        self.said += 1
        message = InboundMessage(
            source="telegram:1",
            event_id=f"{self.name}-{self.said}",
            channel="telegram",
            conversation=self.name,
            sender=self.name,
            sent_at=now,
            text=text,
            token=token,
            attachments=(signal,) if signal else (),
        )
        receipt = receive(assistant.store, message, now=now)
        while assistant.pipeline.process_next(receipt.conversation_id) is not None:
            pass
        self.mail()
        with assistant.store.unit_of_work(now=now, read_only=True) as uow:
            rows = uow.session.scalars(
                select(Outbox.body).where(Outbox.inbox_id == receipt.inbox_id).order_by(Outbox.id)
            ).all()
            trace = uow.session.get_one(Inbox, receipt.inbox_id).trace
        body = {"parts": [p for row in rows for p in row["parts"]], "buttons": [b for r in rows for b in r["buttons"]]}
        exchange = Exchange(body=body, trace=trace)
        return Heard(exchange, exchange.to_json())

    def mail(self) -> int:
        """Let the letters that are due go out."""
        pipeline = self.rig.assistant.pipeline
        return asyncio.run(
            mail_due_codes(
                self.rig.assistant.store,
                self.letters,
                words=pipeline.words,
                policy=pipeline.policy,
                clock=self.rig.clock,
            )
        )

    def prove_by_mail(self, email: str = KIM) -> Heard:
        """Get and type a code."""
        self.say(str(Command("sign_in", {"email": email})))
        return self.say(self.letters.code())


@pytest.fixture
def chat(rig: Rig) -> Chat:
    return Chat(rig, "chat-1")


def an_order(rig: Rig, email: str) -> str:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        query = select(Order.number).join(Contact, Contact.id == Order.contact_id).where(Contact.email == email)
        return uow.session.scalars(query.order_by(Order.id)).all()[0]


def set_phones(rig: Rig, **phones: str) -> None:
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        for name, phone in phones.items():
            contact = uow.session.scalars(select(Contact).where(Contact.email == f"{name}@example.com")).one()
            contact.phone = phone
        uow.commit()


def a_link(rig: Rig, who: str = "sam", name: str = "Kim Lee") -> str:
    """The token of a link a colleague makes."""
    pipeline = rig.assistant.pipeline
    object.__setattr__(pipeline, "policy", replace(pipeline.policy, telegram_bot="our_bot"))
    answer = rig.speaker(who).say(str(Command("link_contact", {"contact": name})))
    found = re.search(r"https://t\.me/our_bot\?start=([A-Za-z0-9_-]+)", answer.text)
    assert found is not None, answer.text
    assert len(found[1]) <= 64
    return found[1]


def test_an_interrupted_request_goes_on_after_the_code(chat: Chat) -> None:
    assert "Please sign in first" in chat.say(ORDER).text
    assert "a code is on its way" in chat.say(KIM).text
    ((to, subject, _),) = chat.letters.taken
    assert to == KIM
    assert chat.letters.code() in subject
    answer = chat.say(chat.letters.code())
    assert "Thank you, Kim Lee" in answer.text
    assert "3 orders on the way" in answer.text
    assert "3 orders on the way" in chat.say(ORDER).text


def test_the_code_is_readable_in_its_letter_only(chat: Chat) -> None:
    chat.say(str(Command("sign_in", {"email": KIM})))
    code = chat.letters.code()
    with chat.rig.assistant.store.unit_of_work(now=chat.rig.clock(), read_only=True) as uow:
        row = uow.session.scalars(select(ProofCode)).one()
        kept = [*uow.session.scalars(select(Message.text)), *map(str, uow.session.scalars(select(Outbox.body)))]
    assert row.code_hash is not None
    assert code.encode() not in row.code_hash
    assert not any(code in each for each in kept)


def test_unknown_and_shared_addresses_look_like_a_known_one_and_get_no_letter(chat: Chat) -> None:
    known = chat.say(str(Command("sign_in", {"email": KIM})))
    other = Chat(chat.rig, "chat-2")
    unknown = other.say(str(Command("sign_in", {"email": "nobody@example.net"})))
    assert (known.text, known.labels) == (unknown.text, unknown.labels)
    assert other.letters.taken == []
    for guess in range(4):
        assert chat.say("000000").text == other.say("000000").text, guess
    assert "no longer counts" in chat.say("000000").text
    assert "no longer counts" in other.say("000000").text


def test_five_wrong_guesses_close_the_code_also_for_the_right_one(chat: Chat) -> None:
    chat.say(str(Command("sign_in", {"email": KIM})))
    wrong = "111111" if chat.letters.code() != "111111" else "222222"
    for _ in range(5):
        assert "not the code" in chat.say(str(Command("sign_in", {"code": wrong}))).text
    answer = chat.say(str(Command("sign_in", {"code": chat.letters.code()})))
    assert "There is no code" in answer.text
    assert "Please sign in first" in chat.say(ORDER).text


def test_a_code_is_too_old_after_ten_minutes_and_works_once(chat: Chat) -> None:
    chat.say(str(Command("sign_in", {"email": KIM})))
    chat.rig.clock.advance(minutes=10)
    assert "There is no code" in chat.say(chat.letters.code()).text
    chat.prove_by_mail()
    used = chat.letters.code()
    other = Chat(chat.rig, "chat-2")
    assert "There is no code" in other.say(str(Command("sign_in", {"code": used}))).text
    assert "There is no code" in chat.say(str(Command("sign_in", {"code": used}))).text


def test_a_code_counts_in_the_chat_it_was_asked_for_in_only(chat: Chat) -> None:
    chat.say(str(Command("sign_in", {"email": KIM})))
    thief = Chat(chat.rig, "chat-2")
    assert "There is no code" in thief.say(str(Command("sign_in", {"code": chat.letters.code()}))).text
    assert "Please sign in first" in thief.say(ORDER).text


def test_a_chat_gets_three_codes_in_a_quarter_of_an_hour(chat: Chat) -> None:
    for email in (KIM, "nobody@example.net", KIM):
        assert "on its way" in chat.say(str(Command("sign_in", {"email": email}))).text
    assert "enough codes for now" in chat.say(str(Command("sign_in", {"email": KIM}))).text
    chat.rig.clock.advance(minutes=15)
    assert "on its way" in chat.say(str(Command("sign_in", {"email": KIM}))).text


def test_many_chats_do_not_get_one_address_more_than_five_letters_an_hour_and_cannot_tell(chat: Chat) -> None:
    chats = [Chat(chat.rig, f"many-{n}", chat.letters) for n in range(8)]
    answers = {each.say(str(Command("sign_in", {"email": KIM}))).text for each in chats}
    assert len(answers) == 1
    assert len(chat.letters.taken) == 5


def test_a_letter_that_fails_is_replaced_by_one_with_a_new_code(chat: Chat) -> None:
    chat.letters.failures = 1
    chat.say(str(Command("sign_in", {"email": KIM})))
    assert chat.letters.taken == []
    chat.rig.clock.advance(seconds=3)
    assert chat.mail() == 1
    assert chat.mail() == 0
    assert "Thank you, Kim Lee" in chat.say(chat.letters.code()).text


def test_a_new_code_makes_the_old_one_worthless(chat: Chat) -> None:
    chat.say(str(Command("sign_in", {"email": KIM})))
    first = chat.letters.code()
    chat.say(str(Command("sign_in", {"email": KIM})))
    if first != chat.letters.code():
        assert "not the code" in chat.say(first).text
    assert "Thank you" in chat.say(chat.letters.code()).text


def test_a_link_signs_its_contact_in_once(chat: Chat) -> None:
    token = a_link(chat.rig)
    answer = chat.say("/start", kind="start", link=token)
    assert "Thank you, Kim Lee" in answer.text
    thief = Chat(chat.rig, "chat-2")
    assert "has been used" in thief.say("/start", kind="start", link=token).text
    assert "Please sign in first" in thief.say(ORDER).text
    with chat.rig.assistant.store.unit_of_work(now=chat.rig.clock(), read_only=True) as uow:
        row = uow.session.scalars(select(ContactLink)).one()
    assert token not in row.token_hash
    assert row.created_by.startswith("user:")


def test_an_old_and_a_replaced_link_open_nothing(chat: Chat) -> None:
    replaced = a_link(chat.rig)
    token = a_link(chat.rig)
    assert "has been used" in chat.say("/start", kind="start", link=replaced).text
    chat.rig.clock.advance(days=3)
    assert "has been used" in chat.say("/start", kind="start", link=token).text
    assert "has been used" in chat.say("/start", kind="start", link="x" * 64).text


def test_ones_own_number_however_it_is_written_is_a_proof(chat: Chat) -> None:
    set_phones(chat.rig, kim="(212) 555-0187")
    chat.say(ORDER)
    answer = chat.say(kind="contact", phone="12125550187", own=True)
    assert "Thank you, Kim Lee" in answer.text
    assert "3 orders on the way" in answer.text


def test_a_number_several_contacts_have_and_one_nobody_has_are_answered_alike(chat: Chat) -> None:
    set_phones(chat.rig, kim="+1 212 555 0187", jo="+1 (212) 555-0187")
    several = chat.say(kind="contact", phone="+12125550187", own=True)
    nobody = chat.say(kind="contact", phone="+12125550199", own=True)
    assert several.text == nobody.text
    assert "isn't enough" in several.text


def test_somebody_elses_contact_is_no_proof(chat: Chat) -> None:
    set_phones(chat.rig, kim="+1 212 555 0187")
    assert "only take your own number" in chat.say(kind="contact", phone="+12125550187", own=False).text
    assert "Please sign in first" in chat.say(ORDER).text


def test_an_invoice_asks_for_a_code_also_from_somebody_known_by_phone(chat: Chat) -> None:
    set_phones(chat.rig, kim="+1 212 555 0187")
    chat.say(kind="contact", phone="+12125550187", own=True)
    assert "3 orders on the way" in chat.say(ORDER).text
    asked = chat.say(INVOICE)
    assert "surer that it's you" in asked.text
    assert "Share my phone number" not in asked.labels
    chat.say(token=asked.token("E-mail me a code"))
    assert chat.letters.taken[-1][0] == KIM
    answer = chat.say(chat.letters.code())
    assert "Thank you" in answer.text
    assert "18 invoices" in answer.text


def test_a_proof_grows_old_for_each_kind_of_data_by_its_own_measure(chat: Chat) -> None:
    chat.prove_by_mail()
    assert "18 invoices" in chat.say(INVOICE).text
    chat.rig.clock.advance(days=1, seconds=1)
    assert "surer that it's you" in chat.say(INVOICE).text
    assert "orders on the way" in chat.say(ORDER).text
    chat.rig.clock.advance(days=29)
    assert "It has been a while" in chat.say(ORDER).text


def test_the_store_withholds_what_the_proof_does_not_open_whatever_a_skill_forgets(chat: Chat) -> None:
    set_phones(chat.rig, kim="+1 212 555 0187")
    chat.say(kind="contact", phone="+12125550187", own=True)
    store, pipeline = chat.rig.assistant.store, chat.rig.assistant.pipeline
    with store.unit_of_work(now=chat.rig.clock()) as uow:
        inbox = uow.session.scalars(select(Inbox).order_by(Inbox.id.desc())).first()
        assert inbox is not None
        speaker, _ = pipeline.identify(uow, inbox)
        assert speaker.actor.withheld == {DataClass.INVOICES, DataClass.ADDRESSES}
        assert uow.session.scalars(select(Order)).first() is not None
        assert uow.session.scalars(select(Invoice)).first() is None


def test_anothers_order_number_opens_nothing_after_a_proof(chat: Chat) -> None:
    kims = an_order(chat.rig, KIM)
    chat.prove_by_mail(JO)
    answer = chat.say(str(Command("order_status", {"order_number": kims})))
    assert "can't find an order" in answer.text


def test_unlinking_ends_it_here_and_everywhere_else_on_demand(chat: Chat) -> None:
    chat.prove_by_mail()
    other = Chat(chat.rig, "chat-2", chat.letters)
    other.prove_by_mail()
    left = chat.say(str(Command("sign_out")))
    assert "no longer know who you are" in left.text
    assert "Please sign in first" in chat.say(ORDER).text
    assert "orders on the way" in other.say(ORDER).text
    assert "in every chat" in chat.say(token=left.token("Sign out everywhere")).text
    assert "Please sign in first" in other.say(ORDER).text


def test_signing_out_everywhere_ends_links_and_codes_on_their_way(chat: Chat) -> None:
    chat.prove_by_mail()
    token = a_link(chat.rig)
    other = Chat(chat.rig, "chat-2", chat.letters)
    other.say(str(Command("sign_in", {"email": KIM})))
    chat.say(str(Command("sign_out", {"everywhere": "yes"})))
    assert "There is no code" in other.say(chat.letters.code()).text
    assert "has been used" in other.say("/start", kind="start", link=token).text


def test_a_visitor_cannot_sign_anybody_out(chat: Chat) -> None:
    chat.prove_by_mail()
    stranger = Chat(chat.rig, "chat-2")
    assert "aren't signed in" in stranger.say(str(Command("sign_out", {"everywhere": "yes"}))).text
    assert "orders on the way" in chat.say(ORDER).text


def test_proving_to_be_somebody_else_ends_who_one_was(chat: Chat) -> None:
    chat.prove_by_mail(KIM)
    chat.say(str(Command("sign_out")))
    chat.prove_by_mail(JO)
    assert "3 orders" not in chat.say(ORDER).text
    with chat.rig.assistant.store.unit_of_work(now=chat.rig.clock(), read_only=True) as uow:
        identity = uow.session.scalars(select(ChannelIdentity).where(ChannelIdentity.external_id == "chat-1")).one()
        contact = uow.session.get_one(Contact, identity.contact_id)
        assert contact.email == JO


def test_a_request_that_waited_too_long_does_not_come_back(chat: Chat) -> None:
    chat.say(ORDER)
    chat.rig.clock.advance(hours=1, seconds=1)
    answer = chat.prove_by_mail()
    assert "Thank you" in answer.text
    assert "orders on the way" not in answer.text


def test_who_is_known_is_not_asked_for_an_address(chat: Chat) -> None:
    chat.prove_by_mail()
    assert "You are signed in as Kim Lee" in chat.say(str(Command("sign_in"))).text


def test_the_usual_policy_is_that_of_the_configuration_file(chat: Chat) -> None:
    proofs = chat.rig.assistant.pipeline.policy.proofs
    assert proofs[DataClass.INVOICES] == {ProofMethod.EMAIL_CODE: timedelta(days=1)}
    assert set(proofs[DataClass.ORDERS]) == set(ProofMethod)
